// SPDX-License-Identifier: Apache-2.0
// One's own account: who one is, password, sessions.

import { APIError } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { levelLabel } from "../lib/machine-states.js";
import { h } from "../components/dom.js";
import { field, form } from "../components/form.js";
import { notify } from "../components/notices.js";
import { card, pageHead } from "../components/page.js";
import { sessionList } from "../components/sessions.js";

/** Fields and form for a new password of one's own. */
function passwordForm(api, user) {
    const now = field("Current password", {
        name: "currentPassword",
        type: "password",
        autocomplete: "current-password",
        required: true,
    });
    const next = field("New password", {
        name: "password",
        type: "password",
        autocomplete: "new-password",
        required: true,
        minlength: 8,
        hint: "At least 8 characters. A few words are better than one.",
    });
    const again = field("Repeat the new password", {
        name: "again",
        type: "password",
        autocomplete: "new-password",
        required: true,
    });
    return form({
        fields: [now, next, again], action: "Change the password", label: "Change the password",
        submit: async () => {
            if (next.value !== again.value) throw new APIError(
                "invalidParameters",
                "The two new passwords differ.",
                { parameter: "again" }
            );
            // A wrong current password must not look like a lost session.
            await api.call(
                "user.setPassword",
                { user: user.name, password: next.value, currentPassword: now.value },
                { quiet: true }
            );
            for (const each of [now, next, again]) each.input.value = "";
            notify("The password was changed.", "good");
        },
    });
}

export default async function view({ api, user }) {
    const facts = [
        ["User name", user.name], [
            "Given name",
            user.givenName || "–",
        ], ["E-mail", user.email || "–"], ["Level", levelLabel(user.level)],
        ["Groups", user.groups?.length ? user.groups.join(", ") : "–"], ["Last sign-in", ago(user.lastLoginAt)],
    ];
    const element = h("div", { class: "page narrow" }, pageHead({ title: "Account" }), h("div", { class: "stack" },
        h("div", { class: "pair" },
            card(
                "You",
                { icon: "user" },
                h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
            ),
            card("Password", { icon: "key" }, passwordForm(api, user))),
        card("Sessions", { icon: "lock", body: false }, sessionList(api))));
    return { title: "Account", element };
}
