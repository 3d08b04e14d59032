// SPDX-License-Identifier: Apache-2.0
// A dialog with fields that stays open, with the reason, until the server took what was entered.

import { describe } from "../lib/api.js";
import { h } from "./dom.js";
import { openDialog } from "./dialog.js";
import { errorLine } from "./form.js";

/** Answers true when `submit()` went through. `fields` come from `field()`. */
export async function formDialog({ title, lead = null, fields, action, submit, wide = false }) {
    const problem = h("div", { role: "alert" });
    const answer = await openDialog({
        title, wide,
        body: [lead && h("p", {}, lead), problem, fields.map(({ element }) => element)].filter(Boolean),
        actions: [{ label: "Cancel", value: null }, { label: action, value: "submit", style: "primary", submit: true }],
        onOpen: () => fields[0]?.input.focus(),
        beforeClose: async (value) => {
            if (value !== "submit") return true;
            if (!fields.every(({ input }) => input.reportValidity())) return false;
            try {
                await submit();
                return true;
            } catch (thrown) {
                problem.replaceChildren(errorLine(describe(thrown)));
                const wrong = fields.find(({ input }) => input.name && input.name === thrown.data?.parameter);
                wrong?.input.setAttribute("aria-invalid", "true");
                wrong?.input.focus();
                return false;
            }
        },
    });
    return answer === "submit";
}
