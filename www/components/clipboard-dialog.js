// SPDX-License-Identifier: Apache-2.0
// The guest's clipboard, as far as the console protocol carries it.

import { openDialog } from "./dialog.js";
import { field } from "./form.js";
import { notify } from "./notices.js";

/** `received` is the last text the guest copied; `send(text)` puts one into the guest's clipboard. */
export async function clipboardDialog({ received, send }) {
    const entry = field("Text", {
        control: "textarea", class: "mono", rows: 8, value: received, autofocus: true, spellcheck: "false",
        hint: "This works when the guest runs a clipboard agent. If nothing arrives, use “Type text”.",
    });
    const answer = await openDialog({
        title: "Clipboard of the guest", wide: true, body: [entry.element],
        actions: [
            { label: "Close", value: null },
            { label: "Copy here", value: "copy" },
            { label: "Send to the guest", value: "send", style: "primary" },
        ],
    });
    if (answer === "send") {
        send(entry.value);
        notify("Sent to the guest's clipboard.", "good");
    } else if (answer === "copy") await copy(entry.value);
}

/** Puts a text into this computer's clipboard and says so. */
export async function copy(value) {
    try {
        await navigator.clipboard.writeText(value);
        notify("Copied.", "good");
    } catch {
        notify("The browser did not allow copying. Select the text and copy it with the keyboard.", "bad");
    }
}
