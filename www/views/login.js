// SPDX-License-Identifier: Apache-2.0
// Sign-in.

import { safeNext } from "../lib/routes.js";
import { link } from "../components/dom.js";
import { field, form } from "../components/form.js";
import { gate } from "../components/gate.js";

export default async function view({ api, events }) {
    const query = new URLSearchParams(location.search);
    const next = safeNext(query.get("next") ?? "/");
    const status = await api.call("setup.status").catch(() => ({ needed: false }));
    const name = field("User name", {
        name: "name",
        autocomplete: "username",
        required: true,
        autofocus: true,
        autocapitalize: "none",
        spellcheck: "false",
    });
    const password = field("Password", {
        name: "password",
        type: "password",
        autocomplete: "current-password",
        required: true,
    });
    const entry = form({
        fields: [name, password],
        action: "Sign in",
        label: "Sign in",
        submit: async () => {
            try {
                await api.call("session.login", { name: name.value, password: password.value }, { quiet: true });
            } catch (problem) {
                password.input.value = "";
                throw problem;
            }
            events.restart();
            location.replace(next);
        },
    });
    const lead = query.get("ended") ? "You were signed out. Sign in again to go on." : null;
    const note = status.needed
        ? ["This Gatehouse has no administrator yet. ", link("/setup", {}, "Set it up")] : null;
    queueMicrotask(() => requestAnimationFrame(() => name.input.focus()));
    return { title: "Sign in", element: gate({ title: "Sign in", lead, note }, entry) };
}
