// SPDX-License-Identifier: Apache-2.0
// One machine: what it is, its picture, load, consoles, notes, disks, interfaces, jobs, rights and actions.

import { memory, stamp } from "../lib/format.js";
import { actionsFor, mayOperate, reaches, stateOf } from "../lib/machine-states.js";
import { button, h, text } from "../components/dom.js";
import { jobList } from "../components/job-list.js";
import { actionItems, runAction } from "../components/machine-actions.js";
import { machineCharts } from "../components/machine-charts.js";
import { machineConsoles } from "../components/machine-consoles.js";
import { machineNotes } from "../components/machine-notes.js";
import { consoleLink, stateBadge } from "../components/machine-parts.js";
import { machinePicture } from "../components/machine-picture.js";
import { attachMenu } from "../components/menu.js";
import { card, empty, pageHead, table } from "../components/page.js";
import { privilegeList } from "../components/privileges.js";
import { putOff } from "../components/put-off-dialog.js";

const back = { href: "/", label: "Machines" };

export default async function view(context) {
    const { api, inventory, route } = context;
    let machine;
    try {
        machine = await inventory.ask(() => api.call("machine.show", { machine: route.machine }));
    } catch (problem) {
        if (problem.word !== "notFound") throw problem;
        return { title: "Not found", element: gone(problem.message) };
    }
    const parts = build(context, machine);
    const off = inventory.machines.watch((change) => {
        if (change.kind === "remove" && change.key === machine.id) {
            parts.element.replaceChildren(gone("The machine was removed, or you may no longer see it."));
        } else if (change.kind === "reset" || change.key === machine.id) {
            const next = inventory.machines.get(machine.id);
            if (next) parts.update(machine = { ...machine, ...next });
        }
    });
    return {
        title: machine.name,
        element: parts.element,
        dispose() {
            off();
            parts.dispose();
        },
    };
}

const gone = (reason) => h("div", { class: "page" }, pageHead({ title: "Machine", back }),
    h("div", { class: "card" }, empty({ icon: "search", title: "There is no such machine", text: reason })));

function build({ api, events, inventory }, first) {
    let machine = first;
    const state = h("span", { class: "head-state", role: "status" });
    const actions = h("div", { class: "actions" });
    const consoles = h("div", {});
    const facts = h("dl", { class: "facts" });
    const picture = machinePicture(machine);
    const notes = machineNotes(api, machine, mayOperate(machine));
    const load = machineCharts({ api, events, machine });
    const jobs = jobList({ api, events, filter: { machine: machine.id }, limit: 10, without: ["target"],
        none: "No job was submitted for this machine." });
    const later = mayOperate(machine) && button("Do later…", { icon: "clock", class: "small", onclick: async () => {
        const job = await putOff(api, machine);
        if (job) jobs.add(job);
    } });
    const rights = reaches(machine.level, "owner") ? privilegeList(api, { machine: machine.id }) : null;
    const titled = pageHead({ title: machine.name, back });
    const heading = titled.querySelector("h1");
    heading.after(state);
    titled.append(actions);

    function update(next) {
        machine = next;
        text(heading, machine.name);
        state.replaceChildren(stateBadge(machine));
        actions.replaceChildren(...headActions({ api, inventory }, machine));
        consoles.replaceChildren(machineConsoles(api, machine));
        facts.replaceChildren(...factsOf(machine));
        picture.update(machine);
        notes.update(machine);
    }

    const element = h("div", { class: "page machine-page" }, titled, h("div", { class: "columns" },
        h("div", { class: "column" },
            h("section", { class: "card screen-card", "aria-label": "Picture of the screen" }, picture.element),
            card("Load", { icon: "chart", actions: load.actions }, load.element),
            card("Disks", { icon: "disk", body: false }, disks(machine)),
            card("Interfaces", { icon: "network", body: false }, interfaces(machine)),
            card("Jobs", { icon: "job", actions: [later].filter(Boolean), body: false }, jobs.banner, jobs.element)),
        h("div", { class: "column" },
            card("Consoles", { icon: "lock", body: false }, consoles),
            card("Notes", { icon: "notes" }, notes.element),
            card("Facts", { icon: "info" }, facts),
            rights && card("Rights", { icon: "key", actions: [rights.action], body: false }, rights.element))));
    update(machine);
    return { element, update, dispose() {
        for (const part of [picture, load, jobs]) part.dispose();
    } };
}

function headActions(context, machine) {
    const fitting = actionsFor(machine);
    const first = fitting.find(({ name }) => ["start", "resume", "shutdown"].includes(name));
    const lead = first && button(first.label, {
        icon: first.icon, disabled: machine.operation !== null,
        onclick: () => runAction(context, machine, first),
    });
    const more = fitting.length > 0 && attachMenu(button("Actions", {
        icon: "more",
        "aria-label": `Actions for ${machine.name}`,
    }),
        () => actionItems(context, machine));
    const links = machine.consoles.map((type, index) => {
        const link = consoleLink(machine, type);
        if (index === 0) link.classList.add("primary");
        return link;
    });
    return [...links, lead, more].filter(Boolean);
}

const yesNo = (value) => (value === null || value === undefined ? "–" : value ? "Yes" : "No");

function factsOf(machine) {
    const most = machine.maxMemoryKiB &&
        machine.maxMemoryKiB !== machine.memoryKiB ? ` of at most ${memory(machine.maxMemoryKiB)}` : "";
    const lines = [
        [
            "State",
            stateOf(machine).label + (machine.since ? ` since ${stamp(machine.since)}` : ""),
        ],
        ["Node", machine.node],
        ["vCPUs", machine.vcpus ?? "–"],
        ["Memory", memory(machine.memoryKiB) + most],
        ["Type", machine.osType ?? "–"],
        ["Starts with the node", yesNo(machine.autostart)],
        ["Persistent", yesNo(machine.persistent)],
        ["UUID", h("span", { class: "mono wrap" }, machine.uuid)],
    ];
    if (machine.duplicate) lines.push(["Note", "Another node has a machine with this UUID."]);
    return lines.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function disks(machine) {
    if (!machine.disks?.length) return h("p", { class: "card-note" }, "No disks.");
    return table("Disks", [
        { label: "Target", cell: (disk) => h("span", { class: "mono" }, disk.target) },
        { label: "Kind", cell: (disk) => [disk.device, disk.bus, disk.format].filter(Boolean).join(", ") },
        {
            label: "Source",
            class: "wrap",
            cell: (disk) => (
                disk.source ? h("span", { class: "mono" }, disk.source) : h("span", { class: "muted" }, "empty")
            ),
        },
        { label: "Access", cell: (disk) => (disk.readOnly ? "read only" : "read, write") },
    ], machine.disks);
}

function interfaces(machine) {
    if (!machine.interfaces?.length) return h("p", { class: "card-note" }, "No interfaces.");
    return table("Interfaces", [
        { label: "MAC", cell: (each) => h("span", { class: "mono nowrap" }, each.mac) },
        { label: "Connected to", cell: (each) => [each.type, each.source].filter(Boolean).join(" ") },
        { label: "Model", cell: (each) => each.model ?? "–" },
        { label: "On the node", cell: (each) => h("span", { class: "mono" }, each.target ?? "–") },
    ], machine.interfaces);
}
