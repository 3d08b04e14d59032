// SPDX-License-Identifier: Apache-2.0
// One node: what it is made of, its networks, its storage, its templates.

import { bytes, memory, plural, stamp } from "../lib/format.js";
import { describe } from "../lib/api.js";
import { h, link, text } from "../components/dom.js";
import { maintenanceText, nodeBadge } from "../components/machine-parts.js";
import { card, empty, pageHead, table } from "../components/page.js";

const back = { href: "/nodes", label: "Nodes" };

export default async function view({ api, inventory, route }) {
    let node;
    try {
        ({ node } = await api.call("node.show", { node: route.node }));
    } catch (problem) {
        if (problem.word !== "notFound") throw problem;
        return { title: "Not found", element: h("div", { class: "page" }, pageHead({ title: "Node", back }),
            h("div", { class: "card" }, empty({
                icon: "search", title: "There is no such node", text: problem.message,
            }))) };
    }
    const state = h("span", { class: "head-state", role: "status" });
    const head = pageHead({ title: node.name, back });
    head.querySelector("h1").after(state);
    const lists = [networks, pools, templates].map((list) => list(api, node.name));
    const update = () => {
        const now = inventory.nodes.get(node.name) ?? node;
        state.replaceChildren(nodeBadge(now), now.maintenance ? h(
            "span", { class: "sub tone-warn" }, `  ${maintenanceText(now)}`
        ) : "");
    };
    const off = inventory.nodes.watch(update);
    update();
    return { title: node.name, dispose: off, element: h("div", { class: "page machine-page" }, head,
        h("div", { class: "columns" },
            h("div", { class: "column" }, lists),
            h("div", { class: "column" }, card("Facts", { icon: "info" }, h("dl", { class: "facts" },
                factsOf(node).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])))))) };
}

const factsOf = (node) => {
    const details = node.details ?? {};
    const topology = details.cores && [
        plural(details.numaNodes, "NUMA node"), `${plural(details.sockets, "socket")} each`,
        `${plural(details.cores, "core")} each`, `${plural(details.threads, "thread")} each`,
    ].join(", ");
    return [
        ["Hypervisor", [node.hypervisor, node.version].filter(Boolean).join(" ") || "–"],
        ["Host name", node.hostname ?? "–"], ["Architecture", details.architecture ?? "–"],
        ["CPUs", node.cpus ?? "–"], topology && ["Topology", topology],
        details.megahertz && ["Frequency", `${details.megahertz} MHz`], ["Memory", memory(node.memoryKiB)],
        details.guests && ["Guests", details.guests.map(({ osType, architecture }) => `${osType} ${architecture}`)
            .join(", ") || "–"],
        ["Machines", link(`/?node=${encodeURIComponent(node.name)}`, {}, plural(node.machines, "machine"))],
        ["Since", stamp(node.since)],
    ].filter(Boolean);
};

/** A card with a list that is read when it is made; what may not be seen, or can not be asked, says why. */
function listCard(title, icon, read, none, columns) {
    const body = h("div", {}, h("p", { class: "card-note" }, "Loading…"));
    read().then((rows) => body.replaceChildren(rows.length ? table(title, columns, rows)
        : h("p", { class: "card-note" }, none))).catch((problem) => {
        const note = h("p", { class: "card-note" });
        text(note, describe(problem));
        body.replaceChildren(note);
    });
    return card(title, { icon, body: false }, body);
}

const networks = (api, node) => listCard("Networks", "network",
    async () => (await api.call("network.list", { node })).networks, "This node has no networks.", [
        { label: "Name", class: "name-cell", bare: true, cell: (network) => [h("strong", {}, network.name),
            network.description && h("div", { class: "sub clip", title: network.description }, network.description)] },
        { label: "Kind", cell: ({ kind }) => (kind === "host" ? "Bridge of the host" : "Virtual") },
        { label: "Bridge", class: "mono", cell: ({ bridge }) => bridge ?? "–" },
        { label: "Active", cell: ({ active }) => (active ? "Yes" : "No") },
        { label: "Default", cell: (network) => (network.default ? "Yes" : "") },
        { label: "VLANs", class: "number", cell: ({ vlans }) => vlans.join(", ") || "–" },
    ]);

const pools = (api, node) => listCard("Storage pools", "disk",
    async () => (await api.call("pool.list", { node })).pools, "This node has no storage pools.", [
        { label: "Name", class: "name-cell", bare: true, cell: (pool) => [h("strong", {}, pool.name),
            h("div", { class: "sub clip", title: pool.path ?? "" }, pool.path ?? "")] },
        { label: "Mechanism", cell: ({ mechanism }) => mechanism },
        { label: "Active", cell: ({ active }) => (active ? "Yes" : "No") },
        { label: "Size", class: "number nowrap", cell: ({ capacityBytes }) => size(capacityBytes) },
        { label: "Free", class: "number nowrap", cell: ({ availableBytes }) => size(availableBytes) },
    ]);

const templates = (api, node) => listCard("Templates", "copy",
    async () => (await api.call("template.list", { node })).templates,
    "No template was made on this node; gatehouse template create makes one from a machine.", [
        { label: "Name", class: "name-cell", bare: true, cell: (template) => [h("strong", {}, template.name),
            template.description && h("div", { class: "sub clip", title: template.description },
                template.description)] },
        { label: "vCPUs", class: "number", cell: ({ vcpus }) => vcpus ?? "–" },
        { label: "Memory", class: "number nowrap", cell: ({ memoryKiB }) => memory(memoryKiB) },
        { label: "Disks", class: "number", cell: ({ volumes }) => volumes.length },
        { label: "Made", class: "nowrap", cell: ({ createdAt }) => stamp(createdAt) },
    ]);

const size = (count) => (count === null || count === undefined ? "–" : bytes(count));
