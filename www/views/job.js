// SPDX-License-Identifier: Apache-2.0
// One job: what it does, how far it is, what it gave, and what happened to it.

import { duration, stamp } from "../lib/format.js";
import { isActive, isHeld, jobStates, kindLabel, mayCancel, runSeconds } from "../lib/jobs.js";
import { jobPath } from "../lib/routes.js";
import { Collection } from "../lib/store.js";
import { button, h, link, show, text } from "../components/dom.js";
import { cancelJob, jobBadge, jobProgress, releaseJob, targetCell } from "../components/job-parts.js";
import { card, empty, pageHead, table } from "../components/page.js";

const back = { href: "/jobs", label: "Jobs" };

export default async function view({ api, events, route }) {
    const jobs = new Collection((job) => job.id);
    let page = null;
    let history = [];
    let ended = false;
    let waiting = null;
    // Heard before the first question: what is told while it is answered must not be lost.
    const off = [
        events.on("ready", () => page && load().catch(() => {})),
        events.on("job.changed", ({ job }) => {
            if (job?.id !== route.job) return;
            jobs.set(job);
            if (page) waiting ??= setTimeout(follow, 300);
        }),
    ];
    function dispose() {
        ended = true;
        clearInterval(timer);
        clearTimeout(waiting);
        off.forEach((stop) => stop());
    }
    const timer = setInterval(() => !document.hidden && page?.tick(), 1000);
    async function load() {
        const { answer, told } = await jobs.ask(() => api.call("job.get", { job: route.job }));
        if (ended) return;
        jobs.take(answer.job, told);
        history = answer.events ?? [];
        page?.happened(history);
    }
    async function follow() {
        waiting = null;
        const after = history.at(-1)?.id ?? 0;
        const more = await api.call("job.events", { job: route.job, after }).catch(() => ({ events: [] }));
        const fresh = more.events.filter(({ id }) => id > (history.at(-1)?.id ?? 0));
        if (!ended && fresh.length) page.happened(history = [...history, ...fresh]);
    }
    try {
        await load();
    } catch (problem) {
        dispose();
        if (problem.word !== "notFound") throw problem;
        return { title: "Not found", element: h("div", { class: "page" }, pageHead({ title: "Job", back }),
            h("div", { class: "card" }, empty({
                icon: "search", title: "There is no such job", text: problem.message,
            }))) };
    }
    page = build(api, jobs, jobs.get(route.job));
    page.update(jobs.get(route.job));
    page.happened(history);
    jobs.watch(() => page.update(jobs.get(route.job)));
    return { title: `Job ${route.job}`, element: page.element, dispose };
}

function build(api, jobs, first) {
    let job = first;
    const state = h("span", { class: "head-state", role: "status" });
    const progress = jobProgress();
    const facts = h("dl", { class: "facts" });
    const took = h("span", {});
    const output = h("div", {});
    const happened = h("div", {});
    const cancel = button("Cancel the job", { icon: "close", class: "quiet-danger",
        onclick: () => cancelJob(api, jobs, job) });
    const release = button("Release the job", { icon: "start",
        onclick: () => releaseJob(api, jobs, job) });
    const head = pageHead({ title: `${kindLabel(job.kind)} #${job.id}`, back, actions: [release, cancel] });
    head.querySelector("h1").after(state);
    const element = h("div", { class: "page machine-page" }, head, h("div", { class: "columns" },
        h("div", { class: "column" },
            card("Progress", { icon: "job" }, progress.element, took),
            card("What happened", { icon: "history", body: false }, happened),
            card("Output", { icon: "terminal" }, output)),
        h("div", { class: "column" }, card("Facts", { icon: "info" }, facts))));

    function update(next) {
        job = next;
        state.replaceChildren(jobBadge(job));
        progress.update(job);
        show(release, isHeld(job));
        show(cancel, mayCancel(job));
        facts.replaceChildren(...factsOf(job).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
        output.replaceChildren(job.output === null || job.output === undefined
            ? h("p", { class: "muted" }, isActive(job) ? "None yet." : "None.")
            : h("pre", { class: "output", tabindex: "0", role: "group", "aria-label": "What it gave" },
                JSON.stringify(job.output, null, 2)));
        tick();
    }

    function showHistory(events) {
        happened.replaceChildren(events.length ? eventTable(events) : h("p", { class: "card-note" }, "Nothing yet."));
    }

    function tick() {
        const seconds = runSeconds(job);
        text(took, seconds === null ? "It has not started." : `${isActive(job) ? "Running for" : "Took"} ${
            duration(seconds)}.`);
    }

    return { element, update, tick, happened: showHistory };
}

const eventTable = (events) => table("Events", [
    { label: "When", class: "number nowrap", cell: (event) => stamp(event.at) },
    { label: "State", class: "nowrap", cell: (event) => jobStates[event.status]?.label ?? event.status ?? "–" },
    { label: "What", class: "wrap", cell: (event) => event.message ?? "" },
], [...events].reverse());

const factsOf = (job) => [
    ["Kind", h("span", { class: "mono" }, job.kind)],
    ["On", targetCell(job)],
    ["Submitted by", job.submitter ?? "–"],
    ["Submitted", stamp(job.createdAt)],
    ["Started", stamp(job.startedAt)],
    ["Finished", stamp(job.finishedAt)],
    job.notBefore && ["Not before", stamp(job.notBefore)],
    job.cron && ["Repeats", h("span", { class: "mono" }, job.cron)],
    job.nextAt && ["Next", stamp(job.nextAt)],
    ["Priority", job.priority ?? "–"],
    ["Attempt", `${job.attempt ?? 0} of ${job.attempts ?? 1}`],
    ["After", job.dependencies?.length ? job.dependencies.map((id) => [link(jobPath(id), {}, `#${id}`), " "]) : "–"],
    ["Parameters", h("pre", { class: "output small" }, JSON.stringify(job.parameters ?? {}, null, 2))],
].filter(Boolean);
