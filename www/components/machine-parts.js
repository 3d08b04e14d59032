// SPDX-License-Identifier: Apache-2.0
// Pieces that several views show of a machine: its state, who holds a console, the console buttons.

import { clock, duration, stamp } from "../lib/format.js";
import { actions, consoleAvailability, nodeStateOf, stateOf } from "../lib/machine-states.js";
import { consolePath } from "../lib/routes.js";
import { attribute, h, icon } from "./dom.js";
import { openConsole } from "./console-window.js";

/** Icon and word of a state, or of the operation under way. */
export function stateBadge(machine) {
    const state = stateOf(machine);
    if (machine.operation) {
        const doing = actions.find(
            ({ name, method }) => name === machine.operation.name || method === machine.operation.name
        )?.doing ?? "Busy";
        const title = `by ${machine.operation.by ?? "the system"}`;
        return h("span", { class: "operation", data: { state: machine.state }, title },
            icon("refresh", "spin"), `${doing}…`);
    }
    const title = machine.since ? `since ${clock(machine.since)}` : null;
    return h("span", { class: `state tone-${state.tone}`, data: { state: machine.state }, title }, icon(state.icon),
        state.label);
}

export const nodeBadge = (node) => {
    const state = nodeStateOf(node);
    return h("span", { class: `state tone-${state.tone}`, data: { state: node.state } }, icon(state.icon), state.label);
};

const phases = { entering: "Being brought to rest", entered: "In maintenance", leaving: "Leaving maintenance" };

/** "In maintenance since 12:03, by root". */
export const maintenanceText = ({ maintenance }) =>
    `${phases[maintenance.phase] ?? "In maintenance"} since ${stamp(maintenance.since)}, by ${maintenance.by}`;

/** Who has a console: "You", a name, or "In use" when the caller may not know. */
export const holderName = (lock) => {
    if (lock.sameSession) return "You, in another window";
    if (lock.self) return "You";
    return lock.holder ?? "Somebody";
};

/** "alice since 12:03 (25 min)". */
export function holderText(lock, now = Date.now()) {
    const for_ = duration((now - Date.parse(lock.since)) / 1000);
    const from = lock.address ? `, from ${lock.address}` : "";
    return `${holderName(lock)} since ${clock(lock.since)} (${for_}${from})`;
}

/** A chip for a console in use. */
export const lockChip = (lock, type) => h("span", {
    class: "chip tone-warn",
    title: `${type === "vnc" ? "Screen" : "Text console"}: ${holderText(lock)}`,
},
    icon("lock"), h("span", { class: "clip" }, lock.self ? "You" : lock.holder ?? "In use"));

const consoles = { vnc: { icon: "screen", label: "VNC console" }, text: { icon: "terminal", label: "Text console" } };

/** A link that opens a console in its own window; one that can not be opened says why. */
export function consoleLink(machine, type, { bare = false } = {}) {
    const { icon: name, label } = consoles[type];
    const may = consoleAvailability(machine, type);
    const lock = machine.locks?.[type];
    const held = lock ? ` Held by ${holderText(lock)}.` : "";
    const element = h("a", {
        class: `button console-button ${bare ? "bare outlined small" : ""} ${lock ? "held" : ""}`,
        href: may.open ? consolePath(machine.id, type) : null,
        role: may.open ? null : "link",
        "aria-label": bare ? `${label} of ${machine.name}` : null,
        title: `${label}.${held} ${may.why ?? ""}`.trim(),
        data: { console: type },
    }, icon(name), !bare && h("span", { class: "label" }, label));
    attribute(element, "aria-disabled", may.open ? null : "true");
    element.addEventListener("click", (event) => may.open && openConsole(event, machine.id, type));
    return element;
}
