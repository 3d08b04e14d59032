// SPDX-License-Identifier: Apache-2.0
// A live list of jobs: reads them in pages, follows changes, keeps what passes the filter.

import { isHeld, listParameters, newestFirst, passes } from "../lib/jobs.js";
import { Collection } from "../lib/store.js";
import { button, h, show } from "./dom.js";
import { heldBanner, jobRow, jobTable, schedulerBanner } from "./job-parts.js";
import { KeyedList, oncePerFrame } from "./keyed-list.js";
import { empty, failure } from "./page.js";

const most = 2000;

/**
 * `filter` is `{choice, words, machine}`; `onDraw(jobs, scheduler)` is told what is shown. Answers with
 * `{element, banner, filter(members), load(), dispose()}`.
 */
export function jobList({ api, events, filter: first = {}, limit = 100, without = [], onDraw = () => {},
    none = "Nothing was submitted yet." }) {
    const jobs = new Collection((job) => job.id);
    const rows = h("tbody", { role: "rowgroup" });
    const list = new KeyedList(rows, (id) => jobRow(id, { api, jobs, without }));
    const table = jobTable(rows, without);
    const banner = h("div", {});
    const blank = h("div", {}, h("p", { class: "card-note" }, "Loading the jobs…"));
    const older = h("div", { class: "table-foot", hidden: true },
        button("Show older jobs", { onclick: () => read(oldest()) }));
    const element = h("div", {}, table, blank, older);
    let filter = first;
    let scheduler = null;
    let turn = 0;
    let ended = false;
    show(table, false);

    const oldest = () => Math.min(...jobs.values().map(({ id }) => id));

    async function read(before = null) {
        const mine = ++turn;
        try {
            const { answer, told } = await jobs.ask(() => api.call("job.list", {
                ...listParameters(filter.choice), ...(filter.machine ? { machine: filter.machine } : {}),
                ...(before === null ? {} : { before }), limit,
            }));
            if (ended || mine !== turn) return;
            scheduler = answer.scheduler;
            const known = before === null ? new Map() : new Map(jobs.values().map((job) => [job.id, job]));
            for (const job of answer.jobs) known.set(job.id, job);
            jobs.reset([...known.values()], told);
            show(older, answer.more);
        } catch (problem) {
            if (ended || mine !== turn) return;
            blank.replaceChildren(failure(problem, () => read()));
            show(table, false);
            show(older, false);
        }
    }

    const draw = oncePerFrame(() => {
        if (ended) return;
        const shown = jobs.values().filter((job) => passes(job, filter)).sort(newestFirst);
        list.show(shown.map((job) => [job.id, job]));
        show(table, shown.length > 0);
        blank.replaceChildren(...(shown.length ? [] : [jobs.size || filter.choice || filter.words
            ? empty({ icon: "search", title: "No job fits the filter", text: "Choose all jobs to see the others." })
            : empty({ icon: "job", title: "No jobs", text: none })]));
        const held = jobs.values().filter(isHeld).length;
        banner.replaceChildren(...[schedulerBanner(scheduler), heldBanner(api, held)].filter(Boolean));
        onDraw(shown, scheduler);
    });

    const off = [
        jobs.watch(draw),
        events.on("ready", () => read()),
        // What carries jobs out came or went; of a plugin that left only the name is told.
        events.on("plugin.changed", ({ plugin }) => (plugin?.parts?.includes("scheduler") ?? true) && read()),
        events.on("job.changed", ({ job }) => {
            if (!job || (filter.machine && job.machine !== filter.machine)) return;
            jobs.set(job);
            // A page that stays open for days must not grow with every job.
            if (jobs.size > most) jobs.reset(jobs.values().sort(newestFirst).slice(0, most / 2));
        }),
    ];
    // Times such as "4 min ago" and "Took" go on by themselves.
    const timer = setInterval(() => {
        if (!document.hidden) jobs.refresh();
    }, 15_000);
    read();
    return {
        element, banner,
        filter(members) {
            const anew = members.choice !== undefined && members.choice !== filter.choice;
            filter = { ...filter, ...members };
            if (anew) read();
            else draw();
        },
        load: read,
        /** Takes a job that was just submitted; an event may have told more of it already. */
        add: (job) => jobs.get(job.id) || jobs.set(job),
        dispose() {
            ended = true;
            clearInterval(timer);
            off.forEach((stop) => stop());
        },
    };
}
