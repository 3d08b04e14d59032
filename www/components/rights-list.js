// SPDX-License-Identifier: Apache-2.0
// All privileges at one place, for the superuser.

import { describe } from "../lib/api.js";
import { levelLabel, levels } from "../lib/machine-states.js";
import { machinePath } from "../lib/routes.js";
import { button, h, icon, link } from "./dom.js";
import { confirm } from "./dialog.js";
import { field } from "./form.js";
import { formDialog } from "./form-dialog.js";
import { notify } from "./notices.js";
import { card, empty, failure, table } from "./page.js";

const grantable = levels.filter(({ word }) => !["superUser", "none"].includes(word)).map(
    ({ word, label, text }) => ({ value: word, label: `${label}: ${text}` })
);

export function rightsList(api, inventory) {
    const place = h("div", {});
    const machineName = (id) => inventory.machines.get(id)?.name ?? id;

    async function load() {
        try {
            const { privileges } = await api.call("privilege.list");
            place.replaceChildren(privileges.length ? table(
                "Rights",
                columns,
                privileges,
                { keyOf: (privilege) => privilege.id }
            )
                : empty({
                    icon: "key",
                    title: "No rights given",
                    text: "Give a user or a group a right on a machine, or on all machines of a node.",
                }));
        } catch (problem) {
            place.replaceChildren(failure(problem, load));
        }
    }

    const columns = [
        { label: "Who", cell: (privilege) => h(
            "span",
            { class: "state" },
            icon(privilege.group ? "users" : "user"),
            privilege.user ?? privilege.group
        ) },
        { label: "May", cell: (privilege) => levelLabel(privilege.level) },
        { label: "On", cell: (privilege) => (
            privilege.machine ? link(
                machinePath(privilege.machine),
                {},
                machineName(privilege.machine)
            ) : `all machines of ${privilege.node}`
        ) },
        {
            label: "Actions",
            hidden: true,
            cell: (privilege) => h(
                "div",
                { class: "buttons" },
                button(`Take the right of ${privilege.user ?? privilege.group} away`, {
                    icon: "trash",
                    bare: true,
                    class: "small",
                    onclick: () => revoke(privilege),
                })
            ),
        },
    ];

    async function grant() {
        const [users, groups] = await Promise.all([api.call("user.list"), api.call("group.list")]);
        const who = field("Who", { control: [
            ...users.users.map(({ name }) => ({ value: `user ${name}`, label: name })), ...groups.groups.map(
                ({ name }) => ({ value: `group ${name}`, label: `Group ${name}` })
            ),
        ] });
        const whole = ({ name }) => ({ value: `node ${name}`, label: `All machines of ${name}` });
        const targets = [...inventory.nodes.values().map(whole),
            ...inventory.machines.values().sort((a, b) => a.name.localeCompare(b.name)).map(
                ({ id, name, node }) => ({ value: `machine ${id}`, label: `${name} (${node})` })
            )];
        const target = field("On", { control: targets });
        const level = field("Level", { control: grantable, value: "admin" });
        const split = (value) => {
            const at = value.indexOf(" ");
            return { [value.slice(0, at)]: value.slice(at + 1) };
        };
        const given = await formDialog({
            title: "Give a right", action: "Give", fields: [who, target, level],
            submit: () => api.call("privilege.grant", {
                ...split(who.value),
                ...split(target.value),
                level: level.value,
            }),
        });
        if (given) await load();
    }

    async function revoke(privilege) {
        const who = privilege.user ?? privilege.group;
        const agreed = await confirm({
            title: "Take this right away?",
            action: "Take away",
            danger: true,
            text: `${who} loses “${levelLabel(privilege.level)}” here. Open consoles that rest on it are closed.`,
        });
        if (!agreed) return;
        try {
            await api.call("privilege.revoke", { privilege: privilege.id });
        } catch (problem) {
            notify(describe(problem), "bad");
        }
        await load();
    }

    load();
    const open = () => grant().catch((problem) => notify(describe(problem), "bad"));
    return card(
        "Rights",
        {
            icon: "key",
            body: false,
            actions: [button("Give a right", { icon: "plus", class: "small", onclick: open })],
        },
        place
    );
}
