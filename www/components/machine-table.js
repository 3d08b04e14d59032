// SPDX-License-Identifier: Apache-2.0
// The table of machines: heads that sort, rows that are kept.

import { attribute, h, icon } from "./dom.js";
import { typing } from "./keys-help.js";
import { KeyedList } from "./keyed-list.js";
import { machineRow } from "./machine-row.js";

const columns = [
    { name: "name", label: "Name" },
    { name: "state", label: "State" },
    { name: "node", label: "Node" },
    { name: "vcpus", label: "vCPUs" },
    { name: "memoryKiB", label: "Memory", class: "col-memory" },
    { name: "consoles", label: "Consoles", fixed: true },
    { name: "actions", label: "Actions", fixed: true, hidden: true },
];

/** `{element, update(filter, machines), key(event)}`; `sort(column)` is told which head was used. */
export function machineTable(context, sort) {
    const body = h("tbody", { role: "rowgroup" });
    const rows = new KeyedList(body, () => machineRow(context));
    const heads = columns.map((column) => h("th",
        { scope: "col", role: "columnheader", class: column.class ?? `col-${column.name}` },
        headContent(column, sort)));
    const element = h("table", { class: "table machines-table", role: "table", "aria-label": "Machines" },
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), body);

    function update(filter, machines) {
        rows.show(machines.map((machine) => [machine.id, machine]));
        columns.forEach((column, at) => {
            const order = filter.descending ? "descending" : "ascending";
            attribute(heads[at], "aria-sort", filter.sort === column.name ? order : null);
        });
    }

    return { element, update, key: (event) => rowKey(event, body) };
}

function headContent(column, sort) {
    if (column.hidden) return h("span", { class: "unseen" }, column.label);
    if (column.fixed) return column.label;
    return h("button", { type: "button", class: "sort", onclick: () => sort(column.name) }, column.label, icon("up"));
}

function rowKey(event, body) {
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
