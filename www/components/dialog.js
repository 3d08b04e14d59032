// SPDX-License-Identifier: Apache-2.0
// Dialogs on the browser's own <dialog>: focus is kept inside, Escape closes, focus goes back afterwards.

import { button, freshId, h, icon } from "./dom.js";

/**
 * Opens a dialog. `body` is an element or a list, `actions` a list of `{label, value, style, submit}`.
 * Answers with the value of the action taken, or null when it was closed otherwise. `onOpen(dialog)` may
 * change it; `beforeClose(value)` may keep it open by answering false.
 */
export function openDialog({
    title,
    body = [],
    actions,
    tone = "",
    wide = false,
    onOpen = () => {},
    beforeClose = () => true,
}) {
    const titleId = freshId("dialog-title");
    const bodyId = freshId("dialog-body");
    return new Promise((resolve) => {
        let answer = null;
        const finish = async (value) => {
            if ((await beforeClose(value, dialog)) === false) return;
            answer = value;
            dialog.close();
        };
        const buttons = actions.map(({ label, value, style = "", autofocus = false }) =>
            button(label, { class: style, onclick: () => finish(value), autofocus }));
        const form = h("form", { method: "dialog", class: "dialog-form", onsubmit: (event) => {
            event.preventDefault();
            finish(actions.find((action) => action.submit)?.value ?? null);
        } },
        h("header", { class: "dialog-head" }, tone && icon(tone === "danger" ? "warning" : "info", `tone-${tone}`),
            h("h2", { id: titleId }, title)),
        h("div", { class: "dialog-body", id: bodyId }, body),
        h("footer", { class: "dialog-foot" }, buttons));
        const dialog = h("dialog", {
            class: wide ? "dialog wide" : "dialog",
            "aria-labelledby": titleId,
            "aria-describedby": bodyId,
            oncancel: (event) => {
                event.preventDefault();
                finish(null);
            },
        }, form);
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
        onOpen(dialog, finish);
    });
}

/** Asks before something that can not be undone. The safe answer has the focus. */
export async function confirm({ title, text, action, danger = false, details = [] }) {
    const answer = await openDialog({
        title,
        tone: danger ? "danger" : "",
        body: [h("p", {}, text), ...details],
        actions: [
            { label: "Cancel", value: false, autofocus: true },
            { label: action, value: true, style: danger ? "danger" : "primary" },
        ],
    });
    return answer === true;
}
