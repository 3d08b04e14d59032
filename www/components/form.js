// SPDX-License-Identifier: Apache-2.0
// Labelled fields and forms that show their errors beside the field or on top.

import { describe } from "../lib/api.js";
import { button, freshId, h, icon } from "./dom.js";

/** A labelled control. `control` is "input", "textarea" or a list of `{value, label}` for a choice. */
export function field(label, { control = "input", hint = "", value = "", class: style = "", ...attributes } = {}) {
    const id = freshId("field");
    const hintId = `${id}-hint`;
    const common = { id, "aria-describedby": hint ? hintId : null, ...attributes };
    let input;
    if (Array.isArray(control)) {
        input = h("select", { class: `select ${style}`, ...common },
            control.map((option) => h(
                "option",
                { value: option.value, selected: option.value === value },
                option.label
            )));
    } else {
        const classes = control === "textarea" ? `textarea ${style}` : `input ${style}`;
        input = h(control, { class: classes, ...common, props: { value } });
    }
    const element = h("div", { class: "field" }, h("label", { for: id }, label), input,
        hint && h("p", { class: "hint", id: hintId }, hint));
    return { element, input, get value() {
        return input.value;
    } };
}

/** A form around fields; `submit` may throw, its text is shown. While it runs the button waits. */
export function form({ fields, action, submit, extra = [], primary = true, label = null }) {
    const problem = h("div", { role: "alert" });
    const send = button(action, { class: primary ? "primary" : "", type: "submit" });
    const element = h("form", { "aria-label": label, onsubmit: async (event) => {
        event.preventDefault();
        problem.replaceChildren();
        send.disabled = true;
        for (const { input } of fields) input.removeAttribute("aria-invalid");
        try {
            await submit();
        } catch (thrown) {
            problem.replaceChildren(errorLine(describe(thrown)));
            const wrong = fields.find(({ input }) => input.name && input.name === thrown.data?.parameter);
            wrong?.input.setAttribute("aria-invalid", "true");
            (wrong ?? fields[0])?.input.focus();
        } finally {
            send.disabled = false;
        }
    } }, problem, fields.map(({ element: line }) => line), h("div", { class: "form-actions" }, send, extra));
    return element;
}

export const errorLine = (text) => h("div", { class: "form-error" }, icon("warning"), h("span", {}, text));
