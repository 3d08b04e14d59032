// SPDX-License-Identifier: Apache-2.0
// The picture of a machine's screen, renewed while somebody can see it.

import { clock } from "../lib/format.js";
import { h, icon, text } from "./dom.js";

const every = 10_000;
const afterFailure = 60_000;

/** `{element, update(machine), dispose()}` */
export function machinePicture(machine) {
    let current = machine;
    let timer = null;
    let address = null;
    let ended = false;
    const image = h("img", { class: "screen-image", alt: "", hidden: true });
    const note = h("p", { class: "screen-note" });
    const taken = h("span", { class: "screen-time" });
    const element = h(
        "figure",
        { class: "screen" },
        image,
        h("div", { class: "screen-blank" }, icon("picture"), note),
        taken
    );

    const wants = () => ["running", "paused", "shutdown"].includes(current.state) && current.consoles.includes("vnc");

    async function load() {
        clearTimeout(timer);
        if (ended || document.hidden) return;
        if (!wants()) return blank(
            current.consoles.includes("vnc")
                ? "No picture while the machine is not running."
                : "This machine has no screen."
        );
        let pause = every;
        try {
            const response = await fetch(
                `/api/machines/${encodeURIComponent(current.id).replace(/%40/g, "@")}/picture`, { cache: "no-store" }
            );
            if (!response.ok) throw new Error(String(response.status));
            display(await response.blob());
        } catch {
            if (!address) blank("No picture could be taken.");
            pause = afterFailure;
        }
        if (!ended) timer = setTimeout(load, pause);
    }

    function display(blob) {
        if (ended) return;
        const next = URL.createObjectURL(blob);
        image.onload = () => address !== next && URL.revokeObjectURL(next);
        image.src = next;
        if (address) URL.revokeObjectURL(address);
        address = next;
        image.alt = `Screen of ${current.name} at ${clock(new Date().toISOString())}`;
        image.hidden = false;
        text(taken, new Date().toLocaleTimeString());
    }

    function blank(reason) {
        image.hidden = true;
        text(note, reason);
        text(taken, "");
        if (address) URL.revokeObjectURL(address);
        address = null;
    }

    const seen = () => !document.hidden && load();
    document.addEventListener("visibilitychange", seen);
    text(note, "Taking a picture…");
    load();
    return {
        element,
        update(next) {
            const changed = next.state !== current.state;
            current = next;
            if (changed) load();
        },
        dispose() {
            ended = true;
            clearTimeout(timer);
            document.removeEventListener("visibilitychange", seen);
            if (address) URL.revokeObjectURL(address);
        },
    };
}
