// SPDX-License-Identifier: Apache-2.0
// The list of machines: live, with the filter and the order kept in the address.

import { plural } from "../lib/format.js";
import { comparison, filterFrom, passes, queryOf } from "../lib/machine-filter.js";
import { states } from "../lib/machine-states.js";
import { attribute, button, h, icon, link, show, text } from "../components/dom.js";
import { KeyedList, oncePerFrame } from "../components/keyed-list.js";
import { machineRow } from "../components/machine-row.js";
import { empty, failure, pageHead } from "../components/page.js";
import { typing } from "../components/keys-help.js";

const columns = [
    { name: "name", label: "Name" }, { name: "state", label: "State" }, { name: "node", label: "Node" },
    { name: "vcpus", label: "vCPUs" }, { name: "memoryKiB", label: "Memory", class: "col-memory" },
    { name: "consoles", label: "Consoles", fixed: true }, { name: "actions", label: "Actions", fixed: true, hidden: true },
];

export default async function view(context) {
    const { inventory } = context;
    let filter = filterFrom(location.search);
    const parts = build(context, () => filter, (changes) => {
        filter = { ...filter, ...changes };
        history.replaceState({}, "", location.pathname + queryOf(filter));
        draw();
    });
    const rows = new KeyedList(parts.body, () => machineRow(context));

    function draw() {
        const all = inventory.machines.values();
        const passing = all.filter((machine) => passes(machine, filter)).sort(comparison(filter));
        rows.show(passing.map((machine) => [machine.id, machine]));
        parts.summary(all, passing);
        parts.heads(filter);
        parts.options(inventory);
        parts.troubles(inventory.nodes.values());
        parts.blank({ all, passing, filter, inventory });
    }

    const later = oncePerFrame(draw);
    const off = [inventory.machines.watch(later), inventory.nodes.watch(later)];
    const keys = (event) => rowKeys(event, parts.body);
    document.addEventListener("keydown", keys);
    draw();
    return {
        title: "Machines",
        element: parts.element,
        dispose() {
            off.forEach((stop) => stop());
            document.removeEventListener("keydown", keys);
        },
    };
}

function build(context, current, change) {
    const filter = current();
    const lead = h("p", { role: "status" });
    const search = h("input", { class: "input", type: "search", "aria-label": "Filter machines", placeholder: "Filter by name, notes, node…",
        data: { filter: "" }, spellcheck: "false", autocomplete: "off", props: { value: filter.search }, oninput: () => change({ search: search.value.trimStart() }) });
    const state = h("select", { class: "select", "aria-label": "State", onchange: () => change({ state: state.value }) });
    const node = h("select", { class: "select", "aria-label": "Node", onchange: () => change({ node: node.value }) });
    const clear = button("Clear", { class: "quiet", onclick: () => {
        search.value = "";
        change({ search: "", state: "", node: "" });
        search.focus();
    } });
    const troubled = h("div", {});
    const body = h("tbody", { role: "rowgroup" });
    const heads = new Map();
    const head = h("tr", { role: "row" }, columns.map((column) => {
        const cell = h("th", { scope: "col", role: "columnheader", class: column.class ?? `col-${column.name}` });
        if (column.fixed) cell.append(column.hidden ? h("span", { class: "unseen" }, column.label) : column.label);
        else cell.append(h("button", { type: "button", class: "sort", onclick: () => change(turned(current(), column.name)) }, column.label, icon("up")));
        heads.set(column.name, cell);
        return cell;
    }));
    const table = h("table", { class: "table machines-table", role: "table", "aria-label": "Machines" }, h("thead", { role: "rowgroup" }, head), body);
    const blank = h("div", {});
    const titled = pageHead({ title: "Machines" });
    titled.querySelector(".headline").append(lead);
    return {
        body,
        element: h("div", { class: "page" }, titled, troubled,
            h("div", { class: "filters", role: "search" }, h("div", { class: "search" }, icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")), state, node, clear),
            h("div", { class: "card table-card" }, table, blank)),
        summary: (all, passing) => {
            const running = all.filter((machine) => machine.state === "running").length;
            const total = `${plural(all.length, "machine")}, ${running} running`;
            text(lead, passing.length === all.length ? total : `${passing.length} of ${total}`);
        },
        heads: (now) => heads.forEach((cell, name) => {
            attribute(cell, "aria-sort", now.sort === name ? (now.descending ? "descending" : "ascending") : null);
            show(clear, now.search !== "" || now.state !== "" || now.node !== "");
        }),
        options: (inventory) => {
            const counts = tally(inventory.machines.values());
            choices(state, "All states", Object.entries(states).filter(([word]) => counts.states.has(word) || current().state === word)
                .map(([word, { label }]) => ({ value: word, label: `${label} (${counts.states.get(word) ?? 0})` })), current().state);
            const names = new Set([...inventory.nodes.values().map((each) => each.name), ...counts.nodes.keys()]);
            if (current().node) names.add(current().node);
            choices(node, "All nodes", [...names].sort().map((name) => ({ value: name, label: `${name} (${counts.nodes.get(name) ?? 0})` })), current().node);
        },
        troubles: (nodes) => showTroubles(troubled, nodes),
        blank: (now) => {
            show(table, now.passing.length > 0);
            showBlank(blank, now, () => clear.click(), () => context.inventory.load());
        },
    };
}

const turned = (filter, name) => ({ sort: name, descending: filter.sort === name ? !filter.descending : false });

function tally(machines) {
    const counts = { states: new Map(), nodes: new Map() };
    for (const machine of machines) {
        counts.states.set(machine.state, (counts.states.get(machine.state) ?? 0) + 1);
        counts.nodes.set(machine.node, (counts.nodes.get(machine.node) ?? 0) + 1);
    }
    return counts;
}

function choices(select, all, options, value) {
    const key = JSON.stringify(options);
    if (select.dataset.drawn !== key) {
        select.dataset.drawn = key;
        select.replaceChildren(...[{ value: "", label: all }, ...options].map((option) => h("option", { value: option.value }, option.label)));
    }
    if (select.value !== value) select.value = value;
}

function showTroubles(place, nodes) {
    const bad = nodes.filter((node) => node.state === "unreachable");
    const key = JSON.stringify(bad.map((node) => [node.name, node.reason]));
    if (place.dataset.drawn === key) return;
    place.dataset.drawn = key;
    place.replaceChildren(...bad.map((node) => h("div", { class: "banner", role: "status" }, icon("warning"),
        h("p", {}, h("strong", {}, `${node.name} can not be reached. `), node.reason ?? "", " What is shown of its machines may be old. ", link("/nodes", {}, "Nodes")))));
}

function showBlank(place, { all, passing, filter, inventory }, clear, again) {
    const kind = passing.length ? "" : inventory.problem && !all.length ? "problem" : !inventory.machines.loaded ? "loading" : all.length ? "filtered" : "none";
    const key = `${kind}${kind === "filtered" ? JSON.stringify(filter) : ""}`;
    if (place.dataset.drawn === key) return;
    place.dataset.drawn = key;
    const drawings = {
        "": () => [],
        problem: () => [failure(inventory.problem, again)],
        loading: () => [h("p", { class: "card-note" }, "Loading the machines…")],
        filtered: () => [empty({ icon: "search", title: "No machine fits the filter", text: "Every word must be in the name, notes, node or state.", action: button("Clear the filter", { onclick: clear }) })],
        none: () => [empty({ icon: "machines", title: "No machines to show", text: "Machines appear here as soon as a node is online and you have a right on one of its machines. An owner or a superuser can give you one.",
            action: link("/nodes", { class: "button" }, "Look at the nodes") })],
    };
    place.replaceChildren(...drawings[kind]());
}

function rowKeys(event, body) {
    if (typing(event)) return;
    const rows = [...body.children];
    const at = rows.indexOf(document.activeElement?.closest("tr"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, j: at + 1, k: at - 1 }[event.key];
    if (to !== undefined && rows.length) {
        event.preventDefault();
        rows[Math.max(0, Math.min(rows.length - 1, to))].querySelector(".row-link").focus();
    } else if (at >= 0) {
        const target = { v: "[data-console=vnc]", t: "[data-console=text]", ".": "[aria-haspopup=menu]" }[event.key];
        if (target) rows[at].querySelector(target)?.click();
    }
}
