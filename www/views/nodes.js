// SPDX-License-Identifier: Apache-2.0
// The nodes: what they are, how they are, switch them on and off.

import { describe } from "../lib/api.js";
import { ago, memory, plural, stamp } from "../lib/format.js";
import { reaches } from "../lib/machine-states.js";
import { nodePath } from "../lib/routes.js";
import { button, h, link } from "../components/dom.js";
import { confirm } from "../components/dialog.js";
import { oncePerFrame } from "../components/keyed-list.js";
import { maintenanceText, nodeBadge } from "../components/machine-parts.js";
import { notify } from "../components/notices.js";
import { empty, failure, pageHead, table } from "../components/page.js";

export default async function view({ api, inventory, user }) {
    const body = h("div", { class: "card table-card" });
    const lead = h("p", { role: "status" });
    const head = pageHead({ title: "Nodes" });
    head.querySelector(".headline").append(lead);
    const may = reaches(user.level, "maintenance");
    const mayMaintain = reaches(user.level, "superUser");

    function draw() {
        const nodes = inventory.nodes.values().sort((a, b) => a.name.localeCompare(b.name));
        const online = nodes.filter((node) => node.state === "online").length;
        lead.textContent = `${plural(nodes.length, "node")}, ${online} online`;
        const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
        body.replaceChildren(content(nodes));
        if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"] button`)?.focus();
    }

    function content(nodes) {
        if (!nodes.length && inventory.problem) return failure(inventory.problem, () => inventory.load());
        if (!nodes.length) return empty({
            icon: "node",
            title: "No nodes",
            text: "Nodes are named in the configuration of gatehoused. Add one there and restart the service.",
        });
        return table("Nodes", [
            {
                label: "Name",
                class: "name-cell",
                bare: true,
                cell: (node) => [link(nodePath(node.name), {}, h("strong", {}, node.name)), h(
                    "div",
                    { class: "sub clip", title: node.uri ?? "" },
                    node.uri ?? "static consoles"
                )],
            },
            { label: "State", cell: (node) => [
                nodeBadge(node),
                h("span", { class: "sub nowrap", title: stamp(node.since) }, `  ${ago(node.since)}`), node.reason && h(
                    "div",
                    { class: `node-reason ${node.state === "unreachable" ? "tone-bad" : "muted"}` }, node.reason
                ),
                node.maintenance && h("div", { class: "node-reason tone-warn" }, maintenanceText(node)),
            ] },
            { label: "Hypervisor", cell: (node) => [node.hypervisor, node.version].filter(Boolean).join(" ") || "–" },
            { label: "CPUs", class: "number", cell: (node) => node.cpus ?? "–" },
            { label: "Memory", class: "number nowrap", cell: (node) => memory(node.memoryKiB) },
            {
                label: "Machines",
                class: "number",
                cell: (node) => link(
                    `/?node=${encodeURIComponent(node.name)}`, {
                        "aria-label": `${plural(node.machines, "machine")} on ${node.name}`,
                    }, String(node.machines)
                ),
            },
            { label: "Actions", hidden: true, cell: (node) => may && h(
                "div", { class: "buttons" }, mayMaintain && node.state === "online" && node.kind === "libvirt"
                    && maintenance(node), toggle(node)
            ) },
        ], nodes, { keyOf: (node) => node.name });
    }

    const entering = (node, text) => button(text, {
        class: "small", "aria-label": `${text}: bring ${node.name} to rest`, onclick: () => enter(node),
    });

    const maintenance = (node) => (node.maintenance
        ? [
            // Some machines may not have come to rest.
            node.maintenance.phase === "entering" && entering(node, "Enter again"),
            button("Leave maintenance", {
                class: "small", "aria-label": `Have ${node.name} leave maintenance`, onclick: () => leave(node),
            }),
        ]
        : entering(node, "Maintenance"));

    async function enter(node) {
        const agreed = await confirm({
            title: `Bring ${node.name} to rest?`, action: "Enter maintenance", danger: true,
            text: "Its running machines move to other nodes where they can, and are saved or paused where not. "
                + "Consoles of machines that move are closed. Until it leaves maintenance the node takes no new work.",
        });
        if (agreed) await submit(node, "node.enterMaintenance");
    }

    async function leave(node) {
        const agreed = await confirm({
            title: `Have ${node.name} leave maintenance?`, action: "Leave maintenance",
            text: "Machines that were saved or paused go on. Those that moved away stay where they are.",
        });
        if (agreed) await submit(node, "node.leaveMaintenance");
    }

    async function submit(node, kind) {
        try {
            const { job } = await api.call("job.submit", { kind, node: node.name });
            notify(`Job ${job.id} was submitted; the page Jobs shows how far it is.`);
        } catch (problem) {
            notify(describe(problem), "bad");
        }
    }

    const toggle = (node) => (node.state === "disabled"
        ? button("Enable", {
            class: "small",
            "aria-label": `Enable ${node.name}`, onclick: () => change(node, "node.enable"),
        })
        : button("Disable", { class: "small", "aria-label": `Disable ${node.name}`, onclick: () => disable(node) }));

    async function disable(node) {
        const agreed = await confirm({
            title: `Disable ${node.name}?`, action: "Disable", danger: true,
            text: `Gatehouse closes its connection to ${node.name} and the consoles of its machines. `
                + "The machines themselves go on running.",
        });
        if (agreed) await change(node, "node.disable");
    }

    async function change(node, method) {
        try {
            const { node: changed } = await api.call(method, { node: node.name });
            if (changed) inventory.nodes.set(changed);
        } catch (problem) {
            notify(describe(problem), "bad");
        }
    }

    const off = inventory.nodes.watch(oncePerFrame(draw));
    draw();
    return { title: "Nodes", element: h("div", { class: "page" }, head, body), dispose: off };
}
