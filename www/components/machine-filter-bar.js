// SPDX-License-Identifier: Apache-2.0
// Search, state and node above the list of machines.

import { states } from "../lib/machine-states.js";
import { button, h, icon, show } from "./dom.js";

/** `{element, update(filter, machines, nodes), clear()}`; `change(members)` is told what the user set. */
export function machineFilterBar(filter, change) {
    const search = h("input", {
        class: "input",
        type: "search",
        "aria-label": "Filter machines",
        placeholder: "Filter by name, notes, node…",
        spellcheck: "false",
        autocomplete: "off",
        data: { filter: "" },
        props: { value: filter.search },
        oninput: () => change({ search: search.value.trimStart() }),
    });
    const state = select("State", (value) => change({ state: value }));
    const node = select("Node", (value) => change({ node: value }));
    const clear = () => {
        search.value = "";
        change({ search: "", state: "", node: "" });
        search.focus();
    };
    const clearButton = button("Clear", { class: "quiet", onclick: clear });

    function update(now, machines, nodes) {
        const counts = tally(machines);
        const shownStates = Object.entries(states).filter(([word]) => counts.states.has(word) || now.state === word);
        choices(state, "All states", now.state, shownStates.map(([word, { label }]) => (
            { value: word, label: `${label} (${counts.states.get(word) ?? 0})` })));
        const names = new Set([...nodes.map((each) => each.name), ...counts.nodes.keys()]);
        if (now.node) names.add(now.node);
        choices(node, "All nodes", now.node, [...names].sort().map((name) => (
            { value: name, label: `${name} (${counts.nodes.get(name) ?? 0})` })));
        show(clearButton, now.search !== "" || now.state !== "" || now.node !== "");
    }

    const element = h("div", { class: "filters", role: "search" },
        h("div", { class: "search" }, icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")),
        state, node, clearButton);
    return { element, update, clear };
}

const select = (label, chosen) => h("select", {
    class: "select",
    "aria-label": label,
    onchange: (event) => chosen(event.target.value),
});

function tally(machines) {
    const counts = { states: new Map(), nodes: new Map() };
    for (const machine of machines) {
        counts.states.set(machine.state, (counts.states.get(machine.state) ?? 0) + 1);
        counts.nodes.set(machine.node, (counts.nodes.get(machine.node) ?? 0) + 1);
    }
    return counts;
}

/** Redraws the options only when they differ: an open list must not close under the user's hand. */
function choices(element, all, value, options) {
    const key = JSON.stringify(options);
    if (element.dataset.drawn !== key) {
        element.dataset.drawn = key;
        element.replaceChildren(...[{ value: "", label: all }, ...options].map((option) => (
            h("option", { value: option.value }, option.label))));
    }
    if (element.value !== value) element.value = value;
}
