// SPDX-License-Identifier: Apache-2.0
// Pieces that several views show of a job: state, progress, target, the table, cancelling.

import { describe } from "../lib/api.js";
import { ago, duration, plural, stamp } from "../lib/format.js";
import {
    errorText, isActive, isHeld, isRunning, kindLabel, mayCancel, percentOf, runSeconds, stateOfJob, targetOf,
} from "../lib/jobs.js";
import { jobPath, machinePath } from "../lib/routes.js";
import { button, h, icon, link, show, text } from "./dom.js";
import { confirm } from "./dialog.js";
import { notify } from "./notices.js";

export function jobBadge(job) {
    const state = stateOfJob(job);
    return h("span", { class: `state tone-${state.tone}`, data: { state: job.status } },
        icon(isRunning(job) ? "refresh" : state.icon, isRunning(job) ? "spin" : ""), state.label);
}

/** A bar with its number beside it; `{element, update(job)}`. */
export function jobProgress() {
    const bar = h("progress", { class: "progress", max: 100, "aria-label": "Progress" });
    const number = h("span", { class: "number small-text" });
    const message = h("div", { class: "sub clip" });
    const line = h("div", { class: "progress-line" }, bar, number);
    return { element: h("div", { class: "job-progress" }, line, message), update(job) {
        const percent = percentOf(job);
        show(line, percent !== null && (isActive(job) || job.status === "error"));
        if (percent !== null) bar.value = percent;
        text(number, percent === null ? "" : `${percent} %`);
        const words = errorText(job) ?? job.message ?? "";
        text(message, words);
        message.title = words;
        message.classList.toggle("tone-bad", Boolean(job.error));
    } };
}

export function targetCell(job) {
    const { text: words, machine } = targetOf(job);
    return machine ? link(machinePath(machine), {}, words) : words;
}

/** When a job starts or started, in a few words. */
export function whenText(job) {
    const next = job.nextAt ?? job.notBefore;
    if (isActive(job) && !job.startedAt && next && Date.parse(next) > Date.now()) return `at ${stamp(next)}`;
    return ago(job.createdAt);
}

/** Makes a call about a job; `jobs` is the collection that takes the job as it is then. */
async function change(api, jobs, method, job) {
    try {
        const { answer, told } = await jobs.ask(() => api.call(method, { job: job.id }));
        for (const changed of answer.jobs ?? [answer.job]) if (changed) jobs.take(changed, told);
    } catch (problem) {
        notify(describe(problem), "bad");
    }
}

/** Lets a job that is on hold go on. */
export const releaseJob = (api, jobs, job) => change(api, jobs, "job.release", job);

/** Cancels a job after asking. */
export async function cancelJob(api, jobs, job) {
    const agreed = await confirm({
        title: `Cancel job ${job.id}?`, action: "Cancel the job", danger: true,
        text: isRunning(job) ? `${kindLabel(job.kind)} is under way. It is asked to stop; what it did stays done.`
            : `${kindLabel(job.kind)} will not be done.`,
    });
    if (agreed) await change(api, jobs, "job.cancel", job);
}

export const jobColumns = [
    { name: "job", label: "Job" }, { name: "target", label: "On" }, { name: "state", label: "State" },
    { name: "progress", label: "Progress" }, { name: "submitter", label: "By" }, { name: "when", label: "When" },
    { name: "took", label: "Took" }, { name: "actions", label: "Actions", hidden: true },
];

/** A row of a table of jobs, changed in place: `{element, update(job)}`. */
export function jobRow(id, { api, jobs, without = [] }) {
    let job = null;
    const cells = Object.fromEntries(jobColumns.filter(({ name }) => !without.includes(name)).map((column) => [
        column.name, h("td", { role: "cell", "data-label": column.label,
            class: `col-${column.name}${column.hidden || column.name === "job" ? " unlabelled" : ""}` }),
    ]));
    const progress = jobProgress();
    const cancel = button("Cancel", { class: "small quiet-danger", "aria-label": `Cancel job ${id}`,
        onclick: () => cancelJob(api, jobs, job) });
    const release = button("Release", { class: "small", "aria-label": `Release job ${id}`,
        onclick: () => releaseJob(api, jobs, job) });
    cells.progress?.append(progress.element);
    cells.actions?.append(h("div", { class: "buttons" }, release, cancel));
    return {
        element: h("tr", { role: "row", data: { key: id } }, Object.values(cells)),
        update(next) {
            job = next;
            cells.job.replaceChildren(link(jobPath(id), { class: "job-link" }, kindLabel(job.kind)),
                h("span", { class: "sub" }, ` #${id}`),
                job.cron ? h("div", { class: "sub mono nowrap" }, job.cron) : "");
            cells.target?.replaceChildren(targetCell(job));
            cells.state.replaceChildren(jobBadge(job));
            cells.submitter?.replaceChildren(job.submitter ?? "–");
            cells.when.replaceChildren(h("span", { class: "nowrap", title: stamp(job.createdAt) }, whenText(job)));
            const seconds = runSeconds(job);
            cells.took?.replaceChildren(seconds === null ? "–" : duration(seconds));
            progress.update(job);
            show(release, isHeld(job));
            show(cancel, mayCancel(job));
        },
    };
}

/** The table around the rows. */
export function jobTable(rows, without = []) {
    const heads = jobColumns.filter(({ name }) => !without.includes(name)).map((column) => h("th", {
        scope: "col", role: "columnheader", class: `col-${column.name}`,
    }, column.hidden ? h("span", { class: "unseen" }, column.label) : column.label));
    return h("table", { class: "table jobs-table", role: "table", "aria-label": "Jobs" },
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), rows);
}

/** What is said while jobs are on hold: why, and how they go on. */
export const heldBanner = (api, count) => (count ? h("div", { class: "banner", role: "status" }, icon("pause"),
    h("p", {}, h("strong", {}, `${plural(count, "job")} on hold. `),
        "They come from a backup and wait until somebody releases them; ",
        "a repeated one then goes on with its next time."),
    button("Release all", { class: "small", onclick: async () => {
        const agreed = await confirm({ title: "Release every job on hold?", action: "Release all",
            text: "What waits for its turn is then done at once." });
        if (!agreed) return;
        await api.call("job.release", { all: true }).catch((problem) => notify(describe(problem), "bad"));
    } })) : null);

/** What is said while nothing carries jobs out. */
export const schedulerBanner = (scheduler) => (scheduler === "off" ? h("div", { class: "banner", role: "status" },
    icon("warning"), h("p", {}, h("strong", {}, "The scheduler is off. "),
        "Jobs are taken in and kept, but none is carried out until the scheduler plugin is switched on.")) : null);
