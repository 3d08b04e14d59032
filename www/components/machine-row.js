// SPDX-License-Identifier: Apache-2.0
// One machine's row in the list. Each cell is redrawn only when what it shows has changed.

import { memory } from "../lib/format.js";
import { actionsFor } from "../lib/machine-states.js";
import { machinePath } from "../lib/routes.js";
import { button, h, icon, link, text } from "./dom.js";
import { actionItems, runAction } from "./machine-actions.js";
import { consoleLink, lockChip, stateBadge } from "./machine-parts.js";
import { attachMenu } from "./menu.js";

const cell = (name, label, ...content) => h("td", { role: "cell", class: `col-${name}`, "data-label": label }, content);

/** `{element, update(machine)}` for `KeyedList`. */
export function machineRow({ api, inventory }) {
    let machine = null;
    const drawn = new Map();
    const name = link("#", { class: "row-link" });
    const notes = h("div", { class: "sub clip" });
    const state = cell("state", "State");
    const node = cell("node", "Node");
    const vcpus = cell("vcpus", "vCPUs");
    const size = cell("memory", "Memory");
    const consoles = h("div", { class: "consoles" });
    const doing = h("div", { class: "buttons" });
    const more = button("Actions", { icon: "more", bare: true, class: "small" });
    attachMenu(more, () => actionItems({ api, inventory }, machine));
    vcpus.classList.add("number");
    size.classList.add("number");

    const element = h("tr", { role: "row" },
        h("td", { role: "cell", class: "col-name name-cell" }, h("div", { class: "clip" }, name), notes),
        state, node, vcpus, size, cell("consoles", "Consoles", consoles), cell("actions", "Actions", doing));

    /** Runs `draw` when `key` differs from what `part` was drawn from last. */
    function part(id, key, draw) {
        const now = JSON.stringify(key);
        if (drawn.get(id) === now) return;
        drawn.set(id, now);
        draw();
    }

    function drawConsoles() {
        const buttons = ["vnc", "text"].map((type) => machine.consoles.includes(type)
            ? consoleLink(machine, type, { bare: true }) : null);
        const chips = ["vnc", "text"].map((type) => machine.locks?.[type] && lockChip(machine.locks[type], type));
        consoles.replaceChildren(...[...buttons, ...chips].filter(Boolean));
    }

    function drawActions() {
        const fitting = actionsFor(machine);
        const first = fitting.find((action) => action.name === "start" || action.name === "resume");
        const start = first && button(first.label, {
            icon: first.icon,
            class: "small",
            "aria-label": `${first.label} ${machine.name}`,
            disabled: machine.operation !== null,
            onclick: () => runAction({ api, inventory }, machine, first),
        });
        more.setAttribute("aria-label", `Actions for ${machine.name}`);
        more.hidden = fitting.length === 0;
        const locked = fitting.length === 0 && machine.level === "readOnlyAdmin"
            ? h(
                "span",
                { class: "chip", title: "You may look at this machine, not operate it." },
                icon("eye"),
                "Read only"
            ) : null;
        doing.replaceChildren(...[start, locked, more].filter(Boolean));
    }

    function update(next) {
        machine = next;
        const { locks, operation } = machine;
        element.dataset.machine = machine.id;
        text(name, machine.name);
        name.title = machine.name;
        name.setAttribute("href", machinePath(machine.id));
        text(notes, machine.notes.split("\n")[0]);
        notes.hidden = machine.notes === "";
        part("state", [machine.state, operation, machine.since], () => state.replaceChildren(stateBadge(machine)));
        text(node, machine.node);
        text(vcpus, machine.vcpus === null ? "–" : String(machine.vcpus));
        text(size, memory(machine.memoryKiB));
        part(
            "consoles",
            [machine.id, machine.name, machine.consoles, machine.level, locks, machine.state],
            drawConsoles
        );
        part("actions", [machine.name, machine.state, machine.level, operation], drawActions);
    }

    return { element, update };
}
