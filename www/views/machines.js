// SPDX-License-Identifier: Apache-2.0
// The list of machines: live, with the filter and the order kept in the address.

import { plural } from "../lib/format.js";
import { comparison, filterFrom, passes, queryOf } from "../lib/machine-filter.js";
import { button, h, icon, link, show, text } from "../components/dom.js";
import { oncePerFrame } from "../components/keyed-list.js";
import { machineFilterBar } from "../components/machine-filter-bar.js";
import { machineTable } from "../components/machine-table.js";
import { empty, failure, pageHead } from "../components/page.js";

export default async function view(context) {
    const { inventory } = context;
    let filter = filterFrom(location.search);
    const lead = h("p", { role: "status" });
    const troubled = h("div", {});
    const blank = h("div", {});
    const bar = machineFilterBar(filter, change);
    const table = machineTable(context, (column) => change(turned(filter, column)));
    const head = pageHead({ title: "Machines" });
    head.querySelector(".headline").append(lead);

    function change(members) {
        filter = { ...filter, ...members };
        history.replaceState({}, "", location.pathname + queryOf(filter));
        draw();
    }

    function draw() {
        const all = inventory.machines.values();
        const nodes = inventory.nodes.values();
        const passing = all.filter((machine) => passes(machine, filter)).sort(comparison(filter));
        table.update(filter, passing);
        bar.update(filter, all, nodes);
        text(lead, summary(all, passing));
        show(table.element, passing.length > 0);
        const away = nodes.filter((node) => node.state === "unreachable");
        redraw(troubled, away.map(({ name, reason }) => ({ name, reason })), (bad) => bad.map(trouble));
        redraw(blank, [kindOf(inventory, all, passing), passing.length ? null : filter],
            ([kind]) => blankFor(kind, { inventory, clear: bar.clear }));
    }

    const later = oncePerFrame(draw);
    const off = [inventory.machines.watch(later), inventory.nodes.watch(later)];
    document.addEventListener("keydown", table.key);
    draw();
    return {
        title: "Machines",
        element: h("div", { class: "page" }, head, troubled, bar.element,
            h("div", { class: "card table-card" }, table.element, blank)),
        dispose() {
            off.forEach((stop) => stop());
            document.removeEventListener("keydown", table.key);
        },
    };
}

const turned = (filter, name) => ({ sort: name, descending: filter.sort === name ? !filter.descending : false });

function summary(all, passing) {
    const running = all.filter((machine) => machine.state === "running").length;
    const total = `${plural(all.length, "machine")}, ${running} running`;
    return passing.length === all.length ? total : `${passing.length} of ${total}`;
}

/** Draws a place anew only when what it shows differs. */
function redraw(place, shown, make) {
    const key = JSON.stringify(shown);
    if (place.dataset.drawn === key) return;
    place.dataset.drawn = key;
    place.replaceChildren(...make(shown));
}

const trouble = ({ name, reason }) => h("div", { class: "banner", role: "status" }, icon("warning"), h("p", {},
    h("strong", {}, `${name} can not be reached. `), reason ?? "", " What is shown of its machines may be old. ",
    link("/nodes", {}, "Nodes")));

function kindOf(inventory, all, passing) {
    if (passing.length) return "";
    if (all.length) return "filtered";
    if (inventory.problem) return "problem";
    return inventory.machines.loaded ? "none" : "loading";
}

function blankFor(kind, { inventory, clear }) {
    switch (kind) {
    case "problem":
        return [failure(inventory.problem, () => inventory.load())];
    case "loading":
        return [h("p", { class: "card-note" }, "Loading the machines…")];
    case "filtered":
        return [empty({
            icon: "search",
            title: "No machine fits the filter",
            text: "Every word must be in the name, notes, node or state.",
            action: button("Clear the filter", { onclick: clear }),
        })];
    case "none":
        return [empty({
            icon: "machines",
            title: "No machines to show",
            text: "Machines appear here as soon as a node is online and you have a right on one of its machines. "
                + "An owner or a superuser can give you one.",
            action: link("/nodes", { class: "button" }, "Look at the nodes"),
        })];
    default:
        return [];
    }
}
