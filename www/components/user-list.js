// SPDX-License-Identifier: Apache-2.0
// Users for the superuser: list, create, change, password, sessions, remove.

import { describe } from "../lib/api.js";
import { ago, stamp } from "../lib/format.js";
import { levelLabel, levels } from "../lib/machine-states.js";
import { button, h } from "./dom.js";
import { confirm, openDialog } from "./dialog.js";
import { field } from "./form.js";
import { formDialog } from "./form-dialog.js";
import { attachMenu } from "./menu.js";
import { notify } from "./notices.js";
import { card, failure, table } from "./page.js";
import { sessionList } from "./sessions.js";

const levelChoices = levels.map(({ word, label, text }) => ({ value: word, label: `${label}: ${text}` }));

const nameField = () => field("User name", {
    name: "name",
    required: true,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
});
const passwordField = (label = "Password") => field(label, {
    name: "password",
    type: "password",
    required: true,
    minlength: 8,
    autocomplete: "new-password",
});
const personFields = (user = {}) => [
    field("Given name", { name: "givenName", value: user.givenName ?? "", autocomplete: "off" }),
    field("E-mail", { name: "email", type: "email", value: user.email ?? "", autocomplete: "off" }),
    field("Level", {
        name: "level",
        control: levelChoices,
        value: user.level ?? "none",
        hint: "Counts on every machine. Rights on single machines and nodes are given as privileges.",
    }),
    field("Notes", { name: "notes", control: "textarea", rows: 3, maxlength: 4000, value: user.notes ?? "" }),
];

const nameCell = (user) => [
    h("strong", {}, user.name),
    !user.active && [" ", h("span", { class: "chip tone-bad" }, "not active")],
    h("div", { class: "sub clip" }, [user.givenName, user.email].filter(Boolean).join(", ")),
];

/** The card with the users; `me` can not remove or deactivate itself. */
export function userList(api, me) {
    const place = h("div", {});

    async function load() {
        try {
            const { users } = await api.call("user.list");
            place.replaceChildren(table("Users", columns, users, { keyOf: (user) => user.name }));
        } catch (problem) {
            place.replaceChildren(failure(problem, load));
        }
    }

    const columns = [
        { label: "Name", class: "name-cell", bare: true, cell: nameCell },
        { label: "Level", cell: (user) => h("span", { class: user.level === "superUser" ? "chip accent" : "" },
            levelLabel(user.level)) },
        { label: "Groups", cell: (user) => (user.groups.length ? user.groups.join(", ") : "–") },
        {
            label: "Last sign-in",
            class: "nowrap",
            cell: (user) => h("span", { title: stamp(user.lastLoginAt) }, ago(user.lastLoginAt)),
        },
        {
            label: "Actions",
            hidden: true,
            cell: (user) => h(
                "div",
                { class: "buttons" },
                menuButton(user)
            ),
        },
    ];

    const menuButton = (user) => attachMenu(
        button(`Actions for ${user.name}`, { icon: "more", bare: true, class: "small" }),
        () => items(user)
    );

    const items = (user) => [
        { label: "Edit", icon: "edit", run: () => edit(user) },
        { label: "Set password", icon: "key", run: () => password(user) },
        {
            label: "Sessions",
            icon: "lock",
            run: () => openDialog({
                title: `Sessions of ${user.name}`, wide: true, body: sessionList(api, user.name), actions: [{
                    label: "Close",
                    value: null,
                    style: "primary",
                }],
            }),
        },
        null,
        {
            label: user.active ? "Deactivate" : "Activate",
            icon: user.active ? "disconnect" : "check",
            disabled: user.name === me.name,
            run: () => activate(user),
        },
        { label: "Remove", icon: "trash", danger: true, disabled: user.name === me.name, run: () => remove(user) },
    ];

    async function create() {
        const name = nameField();
        const word = passwordField();
        const [givenName, email, level, notes] = personFields();
        const made = await formDialog({
            title: "New user", action: "Create", fields: [name, word, givenName, email, level, notes],
            submit: () => api.call("user.create", {
                name: name.value.trim(),
                password: word.value,
                level: level.value,
                givenName: givenName.value.trim(),
                email: email.value.trim(),
                notes: notes.value.trim(),
            }),
        });
        if (made) done(`${name.value.trim()} was created.`);
    }

    async function edit(user) {
        const [givenName, email, level, notes] = personFields(user);
        const changed = await formDialog({
            title: `Edit ${user.name}`, action: "Save", fields: [givenName, email, level, notes],
            submit: () => api.call("user.modify", {
                user: user.name,
                givenName: givenName.value.trim(),
                email: email.value.trim(),
                level: level.value,
                notes: notes.value.trim(),
            }),
        });
        if (changed) done(`${user.name} was changed.`);
    }

    async function password(user) {
        const word = passwordField("New password");
        const own = user.name === me.name ? field("Current password", {
            name: "currentPassword",
            type: "password",
            required: true,
            autocomplete: "current-password",
        }) : null;
        const changed = await formDialog({
            title: `Set the password of ${user.name}`, action: "Set", fields: [own, word].filter(Boolean),
            submit: () => api.call(
                "user.setPassword",
                { user: user.name, password: word.value, ...(own && { currentPassword: own.value }) },
                { quiet: true }
            ),
        });
        if (changed) notify(`The password of ${user.name} was set.`, "good");
    }

    async function activate(user) {
        const question = {
            title: `Deactivate ${user.name}?`,
            action: "Deactivate",
            danger: true,
            text: "Sessions and open consoles of this user end at once. Nothing is removed.",
        };
        if (user.active && !(await confirm(question))) return;
        await attempt(
            () => api.call("user.modify", { user: user.name, active: !user.active }),
            `${user.name} is ${user.active ? "no longer active" : "active again"}.`
        );
    }

    async function remove(user) {
        const agreed = await confirm({
            title: `Remove ${user.name}?`,
            action: "Remove",
            danger: true,
            text: "The user, the sessions and the rights are removed. The audit trail keeps the name.",
        });
        if (agreed) await attempt(() => api.call("user.remove", { user: user.name }), `${user.name} was removed.`);
    }

    async function attempt(work, text) {
        try {
            await work();
            done(text);
        } catch (problem) {
            notify(describe(problem), "bad");
        }
    }

    function done(text) {
        notify(text, "good");
        load();
    }

    load();
    return { load, element: card(
        "Users",
        {
            icon: "users",
            body: false,
            actions: [button("New user", { icon: "plus", class: "small", onclick: create })],
        },
        place
    ) };
}
