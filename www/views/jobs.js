// SPDX-License-Identifier: Apache-2.0
// The jobs: what waits, what runs and how far it is, what came of the others.

import { plural } from "../lib/format.js";
import { choices, isActive, isRunning } from "../lib/jobs.js";
import { h, icon, text } from "../components/dom.js";
import { jobList } from "../components/job-list.js";
import { pageHead } from "../components/page.js";

export default async function view({ api, events }) {
    const query = new URLSearchParams(location.search);
    const filter = { choice: query.get("show") ?? "", words: query.get("q") ?? "" };
    const lead = h("p", { role: "status" });
    const head = pageHead({ title: "Jobs" });
    head.querySelector(".headline").append(lead);
    const list = jobList({ api, events, filter, onDraw: (jobs) => {
        const running = jobs.filter(isRunning).length;
        const waiting = jobs.filter(isActive).length - running;
        text(lead, `${plural(jobs.length, "job")}, ${running} running, ${waiting} waiting`);
    }, none: "Operations of machines can be put off on a machine's page; scripts submit jobs with job.submit." });

    function change(members) {
        Object.assign(filter, members);
        const kept = new URLSearchParams();
        if (filter.words) kept.set("q", filter.words);
        if (filter.choice) kept.set("show", filter.choice);
        history.replaceState({}, "", location.pathname + (kept.size ? `?${kept}` : ""));
        list.filter(members);
    }

    const words = h("input", {
        class: "input", type: "search", "aria-label": "Filter", placeholder: "Filter by kind, machine, user…",
        spellcheck: "false", data: { filter: "" }, props: { value: filter.words },
        oninput: () => change({ words: words.value.trim() }),
    });
    const choice = h("select", { class: "select", "aria-label": "Which jobs", onchange: () => change({
        choice: choice.value,
    }) }, choices.map(({ value, label }) => h("option", { value, selected: value === filter.choice }, label)));
    return {
        title: "Jobs",
        element: h("div", { class: "page" }, head, list.banner,
            h("div", { class: "filters" },
                h("div", { class: "search" }, icon("search"), words, h("kbd", {}, "/")), choice),
            h("div", { class: "card table-card" }, list.element)),
        dispose: list.dispose,
    };
}
