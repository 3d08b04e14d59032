// SPDX-License-Identifier: Apache-2.0
// Who has a machine's consoles, with the ways in: open, take over, disconnect.

import { describe } from "../lib/api.js";
import { mayOperate } from "../lib/machine-states.js";
import { button, h, icon } from "./dom.js";
import { confirm } from "./dialog.js";
import { consoleLink, holderName, holderText } from "./machine-parts.js";
import { notify } from "./notices.js";

const names = { vnc: "Screen (VNC)", text: "Text console" };

/** Asks, then ends somebody's console. */
export async function disconnect(api, { machine, machineName, type, lock }) {
    const agreed = await confirm({
        title: "Disconnect this console?", action: "Disconnect", danger: true,
        text: `${holderName(lock)} loses the ${type === "vnc" ? "screen" : "text console"} of ${machineName} at once `
            + "and is told that you did it.",
    });
    if (!agreed) return false;
    try {
        await api.call("console.disconnect", { machine, type });
        notify("The console was disconnected.", "good");
        return true;
    } catch (problem) {
        notify(describe(problem), "bad");
        return false;
    }
}

export function machineConsoles(api, machine) {
    if (!machine.consoles.length) return h(
        "p",
        { class: "card-note" },
        "This machine has neither a screen nor a text console."
    );
    return h("ul", { class: "console-list" }, machine.consoles.map((type) => {
        const lock = machine.locks?.[type];
        return h("li", { data: { type } }, icon(type === "vnc" ? "screen" : "terminal"),
            h("div", { class: "grow" }, h("div", {}, names[type]),
                h("div", { class: lock ? "sub tone-warn" : "sub muted" }, lock ? holderText(lock) : "Free")),
            lock && mayOperate(machine) && button("Disconnect", {
                class: "small quiet-danger", "aria-label": `Disconnect ${names[type]}`,
                onclick: () => disconnect(api, { machine: machine.id, machineName: machine.name, type, lock }),
            }),
            consoleLink(machine, type, { bare: true }));
    }));
}
