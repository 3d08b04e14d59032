// SPDX-License-Identifier: Apache-2.0
// All consoles that are open now.

import { bytes, clock, duration } from "../lib/format.js";
import { machinePath } from "../lib/routes.js";
import { button, h, icon, link } from "../components/dom.js";
import { disconnect } from "../components/machine-consoles.js";
import { holderName } from "../components/machine-parts.js";
import { empty, failure, pageHead, table } from "../components/page.js";

const refresh = 10_000;

export default async function view({ api, events }) {
    const body = h("div", { class: "card table-card" });
    const lead = h("p", { role: "status" });
    const head = pageHead({ title: "Consoles", actions: [button("Refresh", {
        icon: "refresh",
        onclick: () => load(),
    })] });
    head.querySelector(".headline").append(lead);
    let ended = false;

    async function load() {
        try {
            const { consoles } = await api.call("console.list");
            if (!ended) draw(consoles);
        } catch (problem) {
            if (!ended) body.replaceChildren(failure(problem, load));
        }
    }

    function draw(consoles) {
        lead.textContent = consoles.length === 1 ? "1 console is open" : `${consoles.length} consoles are open`;
        const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
        body.replaceChildren(consoles.length ? list(consoles) : empty({
            icon: "terminal",
            title: "No console is open",
            text: "Open one from the list of machines. Everyone who may see a machine sees here who has its consoles.",
        }));
        if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"] button`)?.focus();
    }

    const list = (consoles) => table("Open consoles", [
        {
            label: "Machine",
            class: "name-cell",
            bare: true,
            cell: (each) => link(machinePath(each.machine), {}, each.machineName),
        },
        { label: "Console", cell: (each) => h(
            "span",
            { class: "state" },
            icon(each.console === "vnc" ? "screen" : "terminal"),
            each.console === "vnc" ? "Screen (VNC)" : "Text"
        ) },
        { label: "Held by", cell: (each) => [
            holderName(each),
            each.connected ? null : h("span", { class: "chip" }, "connecting"),
        ] },
        { label: "From", class: "mono", cell: (each) => each.address ?? "–" },
        {
            label: "Since",
            class: "nowrap",
            cell: (each) => `${clock(each.since)} (${duration((Date.now() - Date.parse(each.since)) / 1000)})`,
        },
        { label: "To the guest", class: "number nowrap", cell: (each) => bytes(each.bytesIn) },
        { label: "From the guest", class: "number nowrap", cell: (each) => bytes(each.bytesOut) },
        { label: "Actions", hidden: true, cell: (each) => h("div", { class: "buttons" }, button("Disconnect", {
            class: "small quiet-danger", "aria-label": `Disconnect ${each.console} of ${each.machineName}`,
            onclick: async () => (await disconnect(api, {
                machine: each.machine,
                machineName: each.machineName,
                type: each.console,
                lock: each,
            })) && load(),
        })) },
    ], consoles, { keyOf: (each) => `${each.machine}/${each.console}` });

    const off = [events.on("console.changed", load), events.on("ready", load)];
    const timer = setInterval(() => !document.hidden && load(), refresh);
    await load();
    return { title: "Consoles", element: h("div", { class: "page" }, head, body), dispose() {
        ended = true;
        clearInterval(timer);
        off.forEach((stop) => stop());
    } };
}
