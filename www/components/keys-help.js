// SPDX-License-Identifier: Apache-2.0
// The list of keys, opened by "?".

import { h } from "./dom.js";
import { openDialog } from "./dialog.js";

export const appKeys = [
    [["/"], "Go to the filter"],
    [["↑", "↓"], "Move between machines in the list"],
    [["Enter"], "Open the machine"],
    [["v"], "Open the machine's screen (VNC)"],
    [["t"], "Open the machine's text console"],
    [["."], "Open the machine's actions"],
    [["?"], "Show this list"],
    [["Esc"], "Close a dialog or a menu"],
];

export const consoleKeys = [
    [["Ctrl", "Alt", "Shift"], "Leave the console: go to the toolbar"],
    [["Esc"], "In the toolbar: go back into the console"],
    [["←", "→"], "Move in the toolbar"],
];

export function showKeys(keys) {
    return openDialog({
        title: "Keys",
        body: h("dl", { class: "keys-list" }, keys.map(([names, meaning]) => [
            h("dt", {}, names.map((name) => h("kbd", {}, name))), h("dd", {}, meaning)])),
        actions: [{ label: "Close", value: null, style: "primary", submit: true, autofocus: true }],
    });
}

/** Whether a key press belongs to a field or to something else that takes keys. */
export const typing = (event) => event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
    event.target.closest?.("input, textarea, select, [contenteditable], dialog, [role=menu]") !== null;
