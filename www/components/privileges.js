// SPDX-License-Identifier: Apache-2.0
// Rights on a machine or a node: who has which level, give and take away.

import { describe } from "../lib/api.js";
import { levelLabel, levels } from "../lib/machine-states.js";
import { button, h, icon } from "./dom.js";
import { confirm, openDialog } from "./dialog.js";
import { field } from "./form.js";
import { notify } from "./notices.js";

const grantable = levels.filter(({ word }) => !["superUser", "none"].includes(word));

/** A list of privileges on `target` (`{machine: id}` or `{node: name}`) that redraws itself. */
export function privilegeList(api, target) {
    const place = h("div", {});
    async function load() {
        try {
            const { privileges } = await api.call("privilege.list", target);
            place.replaceChildren(draw(privileges));
        } catch (problem) {
            place.replaceChildren(h("p", { class: "card-note" }, describe(problem)));
        }
    }
    const summary = (privilege) => [
        privilege.group && "Group",
        levelLabel(privilege.level),
        privilege.node && !target.node && `on all of ${privilege.node}`,
    ].filter(Boolean).join(", ");

    const draw = (privileges) => privileges.length
        ? h("ul", { class: "plain-list" }, privileges.map((privilege) => h("li", {},
            icon(privilege.group ? "users" : "user"),
            h("div", { class: "grow" }, privilege.user ?? privilege.group,
                h("div", { class: "sub muted" }, summary(privilege))),
            button(`Take the right of ${privilege.user ?? privilege.group} away`, {
                icon: "trash",
                bare: true,
                class: "small",
                onclick: () => revoke(privilege),
            }))))
        : h("p", { class: "card-note" }, "Nobody has rights here by a privilege of its own.");

    async function revoke(privilege) {
        const who = privilege.user ?? privilege.group;
        const agreed = await confirm({
            title: "Take this right away?",
            text: `${who} loses “${levelLabel(privilege.level)}” here. Open consoles that rest on it are closed.`,
            action: "Take away",
            danger: true,
        });
        if (!agreed) return;
        await attempt(() => api.call("privilege.revoke", { privilege: privilege.id }));
    }

    async function grant() {
        const [users, groups] = await Promise.all([
            api.call("user.list", {}, { quiet: true }).then((answer) => answer.users, () => null),
            api.call("group.list", {}, { quiet: true }).then((answer) => answer.groups, () => null),
        ]);
        const kind = field("Who", { control: [
            { value: "user", label: "A user" },
            { value: "group", label: "A group" },
        ] });
        const name = field("Name", { required: true, list: "grant-names", autocomplete: "off" });
        const names = h(
            "datalist",
            { id: "grant-names" },
            [...(users ?? []), ...(groups ?? [])].map((each) => h("option", { value: each.name }))
        );
        const level = field("Level", {
            control: grantable.map(({ word, label, text }) => ({
                value: word,
                label: `${label}: ${text}`,
            })), value: "admin",
        });
        const answer = await openDialog({
            title: "Give a right", body: [kind.element, name.element, names, level.element],
            actions: [{ label: "Cancel", value: null }, {
                label: "Give",
                value: "give",
                style: "primary",
                submit: true,
            }],
            beforeClose: (value) => value !== "give" || name.input.reportValidity(),
        });
        if (answer !== "give") return;
        await attempt(() => api.call("privilege.grant", {
            [kind.value]: name.value.trim(),
            ...target,
            level: level.value,
        }));
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
    return {
        element: place,
        load,
        action: button("Give a right", { icon: "plus", class: "small quiet", onclick: grant }),
    };
}
