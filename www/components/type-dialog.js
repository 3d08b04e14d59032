// SPDX-License-Identifier: Apache-2.0
// "Type text": sends a text to the guest key by key.

import { layouts } from "../lib/layouts.js";
import { plan, type } from "../lib/typing.js";
import { h, show, text } from "./dom.js";
import { openDialog } from "./dialog.js";
import { field } from "./form.js";

const remembered = "gatehouse.layout";
const slow = 400;

/** Opens the dialog; `sendKey(keysym, code, down)` presses, `connected()` says whether it still can. */
export async function typeDialog({ sendKey, connected, machine }) {
    const entry = field("Text", {
        control: "textarea",
        class: "mono",
        rows: 6,
        spellcheck: "false",
        autocomplete: "off",
        autofocus: true,
    });
    const layout = field("Keyboard layout of the guest", {
        control: Object.entries(layouts).map(([value, { label }]) => ({ value, label })), value: recall(),
        hint: "The guest sees keys, not characters: with another layout than this it would read other characters.",
    });
    const enter = h("input", { type: "checkbox" });
    const hidden = h("input", {
        type: "checkbox",
        onchange: () => entry.input.classList.toggle("secret", hidden.checked),
    });
    const missing = h("p", { class: "wrong", role: "status" });
    const bar = h("progress", { class: "progress", max: 1, value: 0, "aria-label": "Typed", hidden: true });
    const status = h("p", { class: "hint", role: "status" });
    const planned = () => plan(entry.value + (enter.checked ? "\n" : ""), layout.value);
    const judge = () => {
        const { missing: absent } = planned();
        text(
            missing,
            absent.length ? `Not on this layout: ${absent.slice(0, 12).join(" ")}. The guest may ignore these.` : ""
        );
    };
    entry.input.addEventListener("input", judge);
    layout.input.addEventListener("change", judge);

    let running = null;
    async function send() {
        const work = planned();
        if (!work.characters.length) return;
        remember(layout.value);
        running = new AbortController();
        show(bar, true);
        const count = await type(work, sendKey, {
            delay: 15, signal: running.signal,
            onProgress: (done, all) => {
                bar.value = done / all;
                if (!connected()) running.abort();
                if (done % 25 === 0 || done === all) text(status, `${done} of ${all} characters`);
            },
            sleep: (delay) => new Promise((resolve) => {
                setTimeout(resolve, delay);
            }),
        });
        const whole = count === work.characters.length;
        running = null;
        if (!whole) text(status, `Stopped after ${count} of ${work.characters.length} characters.`);
        else if (work.characters.length > slow / 15) text(status, "Done.");
        return whole;
    }

    await openDialog({
        title: `Type text into ${machine.name}`, wide: true,
        body: [entry.element, missing, layout.element,
            h("div", { class: "form-actions" }, h("label", { class: "check" }, enter, "Press Enter afterwards"),
                h("label", { class: "check" }, hidden, "Hide the text")), bar, status],
        actions: [{ label: "Cancel", value: null }, { label: "Type", value: "type", style: "primary" }],
        beforeClose: async (value, dialog) => {
            if (value !== "type") {
                running?.abort();
                return true;
            }
            if (running) return false;
            const go = [...dialog.querySelectorAll("button")].at(-1);
            go.disabled = true;
            const whole = await send();
            go.disabled = false;
            return whole === true;
        },
    });
    entry.input.value = "";
}

function recall() {
    try {
        return localStorage.getItem(remembered) ?? "us";
    } catch {
        return "us";
    }
}

function remember(value) {
    try {
        localStorage.setItem(remembered, value);
    } catch {
        // Asked again next time.
    }
}
