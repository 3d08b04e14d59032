// SPDX-License-Identifier: Apache-2.0
// A switch: a button that is on or off, says so in a word, and shows while the server is asked.

import { describe } from "../lib/api.js";
import { attribute, h, text } from "./dom.js";
import { notify } from "./notices.js";

/**
 * `change(wanted)` asks the server; it may answer false when the user thought better of it. The switch moves only
 * when `update()` says so: what it shows is always what holds.
 */
export function toggle({ label, change, focus = null }) {
    const word = h("span", { class: "switch-word", "aria-hidden": "true" });
    const element = h("button", {
        type: "button", role: "switch", class: "switch", "aria-label": label, title: label,
        data: focus ? { focus } : {}, onclick: flip,
    }, h("span", { class: "switch-track", "aria-hidden": "true" }, h("span", { class: "switch-thumb" })), word);
    let on = false;
    let idle = false;

    async function flip() {
        if (element.getAttribute("aria-busy") === "true" || idle) return;
        element.setAttribute("aria-busy", "true");
        try {
            await change(!on);
        } catch (problem) {
            notify(describe(problem), "bad");
        } finally {
            element.removeAttribute("aria-busy");
        }
    }

    return {
        element,
        /** Shows on or off; `disabled` says that it can not be moved, `dim` that it has no effect now. */
        update({ checked, disabled = false, dim = false }) {
            on = checked;
            idle = disabled;
            element.setAttribute("aria-checked", String(checked));
            attribute(element, "aria-disabled", disabled ? "true" : null);
            element.classList.toggle("dim", dim);
            text(word, checked ? "On" : "Off");
        },
    };
}
