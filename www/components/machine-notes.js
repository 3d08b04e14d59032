// SPDX-License-Identifier: Apache-2.0
// Notes on a machine: read, changed in place, never overwritten while somebody types.

import { describe } from "../lib/api.js";
import { button, h, text } from "./dom.js";
import { notify } from "./notices.js";

const longest = 10_000;

/** `{element, update(machine)}` */
export function machineNotes(api, machine, mayEdit) {
    let saved = machine.notes;
    const area = h("textarea", {
        class: "textarea notes-area",
        "aria-label": "Notes",
        maxlength: longest,
        readonly: !mayEdit,
        placeholder: mayEdit
            ? "What should the next person know about this machine?"
            : "No notes.", props: { value: saved } });
    const status = h("span", { class: "muted small-text", role: "status" });
    const save = button("Save notes", { class: "small primary", hidden: true, onclick: store });
    const revert = button("Revert", { class: "small quiet", hidden: true, onclick: () => {
        area.value = saved;
        judge();
    } });
    area.addEventListener("input", judge);
    area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) store();
    });

    function judge() {
        const changed = area.value !== saved;
        save.hidden = !changed;
        revert.hidden = !changed;
        text(status, changed ? "Not saved" : "");
    }

    async function store() {
        if (area.value === saved) return;
        const notes = area.value;
        save.disabled = true;
        try {
            await api.call("machine.setNotes", { machine: machine.id, notes });
            saved = notes;
            judge();
            text(status, "Saved");
        } catch (problem) {
            notify(describe(problem), "bad");
        } finally {
            save.disabled = false;
        }
    }

    return {
        element: h(
            "div",
            { class: "notes" },
            area,
            mayEdit && h("div", { class: "form-actions" }, save, revert, status)
        ),
        update(next) {
            const untouched = area.value === saved;
            saved = next.notes;
            if (untouched) area.value = saved;
            judge();
        },
    };
}
