// SPDX-License-Identifier: Apache-2.0
// Groups for the superuser: list, create, remove, members.

import { describe } from "../lib/api.js";
import { button, h } from "./dom.js";
import { confirm } from "./dialog.js";
import { field } from "./form.js";
import { formDialog } from "./form-dialog.js";
import { notify } from "./notices.js";
import { card, empty, failure, table } from "./page.js";

export function groupList(api) {
    const place = h("div", {});

    async function load() {
        try {
            const { groups } = await api.call("group.list");
            place.replaceChildren(groups.length ? table("Groups", columns, groups, { keyOf: (group) => group.name })
                : empty({
                    icon: "users",
                    title: "No groups",
                    text: "A group gets rights once; its members have them as long as they belong to it.",
                }));
        } catch (problem) {
            place.replaceChildren(failure(problem, load));
        }
    }

    const member = (group, name) => h("span", { class: "chip" }, name, button(`Take ${name} out of ${group.name}`, {
        icon: "close",
        bare: true,
        onclick: () => attempt(() => api.call("group.removeMember", { group: group.name, user: name })),
    }));

    const columns = [
        {
            label: "Name",
            class: "name-cell",
            bare: true,
            cell: (group) => [h("strong", {}, group.name), h("div", { class: "sub clip" }, group.description)],
        },
        { label: "Members", cell: (group) => h("div", { class: "chips" }, group.members.length
            ? group.members.map((name) => member(group, name))
            : h("span", { class: "muted" }, "nobody")) },
        { label: "Actions", hidden: true, cell: (group) => h("div", { class: "buttons" },
            button("Add a member", {
                icon: "plus",
                class: "small",
                "aria-label": `Add a member to ${group.name}`, onclick: () => add(group),
            }),
            button(`Remove ${group.name}`, {
                icon: "trash",
                bare: true,
                class: "small",
                onclick: () => remove(group),
            })) },
    ];

    async function create() {
        const name = field("Name", { name: "name", required: true, autocomplete: "off" });
        const description = field("Description", { name: "description", autocomplete: "off" });
        const made = await formDialog({
            title: "New group", action: "Create", fields: [name, description],
            submit: () => api.call("group.create", { name: name.value.trim(), description: description.value.trim() }),
        });
        if (made) load();
    }

    async function add(group) {
        const { users } = await api.call("user.list").catch(() => ({ users: [] }));
        const free = users.filter((user) => !group.members.includes(user.name));
        if (!free.length) return notify("Every user is a member already.", "info");
        const user = field("User", { name: "user", control: free.map(({ name, givenName }) => ({
            value: name,
            label: givenName ? `${name} (${givenName})` : name,
        })) });
        const added = await formDialog({
            title: `Add a member to ${group.name}`, action: "Add", fields: [user],
            submit: () => api.call("group.addMember", { group: group.name, user: user.value }),
        });
        if (added) await load();
        return undefined;
    }

    async function remove(group) {
        const agreed = await confirm({
            title: `Remove the group ${group.name}?`,
            action: "Remove",
            danger: true,
            text: "Its members lose the rights that the group has. The users stay.",
        });
        if (agreed) await attempt(() => api.call("group.remove", { group: group.name }));
    }

    async function attempt(work) {
        try {
            await work();
        } catch (problem) {
            notify(describe(problem), "bad");
        }
        await load();
    }

    load();
    return card(
        "Groups",
        {
            icon: "users",
            body: false,
            actions: [button("New group", { icon: "plus", class: "small", onclick: create })],
        },
        place
    );
}
