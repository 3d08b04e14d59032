// SPDX-License-Identifier: Apache-2.0
// The machines list's filter and order, as kept in the address.

import { stateOf } from "./machine-states.js";

export const sortColumns = ["name", "state", "node", "vcpus", "memoryKiB"];

/** `{search, state, node, sort, descending}` from an address's query. */
export function filterFrom(query) {
    const values = new URLSearchParams(query);
    const order = values.get("sort") ?? "name";
    const column = order.replace(/^-/, "");
    return {
        search: values.get("q") ?? "",
        state: values.get("state") ?? "",
        node: values.get("node") ?? "",
        sort: sortColumns.includes(column) ? column : "name",
        descending: order.startsWith("-") && sortColumns.includes(column),
    };
}

/** The query ("?q=web&state=running" or "") of a filter; what is usual is left out. */
export function queryOf(filter) {
    const values = new URLSearchParams();
    if (filter.search) values.set("q", filter.search);
    if (filter.state) values.set("state", filter.state);
    if (filter.node) values.set("node", filter.node);
    const order = `${filter.descending ? "-" : ""}${filter.sort}`;
    if (order !== "name") values.set("sort", order);
    const text = values.toString();
    return text ? `?${text}` : "";
}

/** Whether a machine passes. Every word of the search must be in its name, notes, node, UUID or state. */
export function passes(machine, filter) {
    if (filter.state && machine.state !== filter.state) return false;
    if (filter.node && machine.node !== filter.node) return false;
    if (!filter.search) return true;
    const text = [machine.name, machine.notes, machine.node, machine.uuid, stateOf(machine).label, machine.osType]
        .join("\n").toLowerCase();
    return filter.search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const order = ["running", "paused", "shutdown", "suspended", "crashed", "saved", "off", "unknown"];

const comparisons = {
    name: (a, b) => names.compare(a.name, b.name),
    node: (a, b) => names.compare(a.node, b.node),
    state: (a, b) => order.indexOf(a.state) - order.indexOf(b.state),
    vcpus: (a, b) => (a.vcpus ?? -1) - (b.vcpus ?? -1),
    memoryKiB: (a, b) => (a.memoryKiB ?? -1) - (b.memoryKiB ?? -1),
};

/** A comparison for `Array.sort`; equal ones go by name, then id, so that rows never jump about. */
export function comparison(filter) {
    const compare = comparisons[filter.sort];
    const sign = filter.descending ? -1 : 1;
    return (a, b) => sign * compare(a, b) || names.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}
