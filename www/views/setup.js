// SPDX-License-Identifier: Apache-2.0
// First set-up: whoever holds the token from the host makes the first administrator.

import { APIError } from "../lib/api.js";
import { tokenFrom } from "../lib/routes.js";
import { h, link } from "../components/dom.js";
import { field, form } from "../components/form.js";
import { gate } from "../components/gate.js";

export default async function view({ api, events }) {
    const given = tokenFrom(location.hash);
    // The token is worth a password until it is used: it must not stay in the address bar or the history.
    if (location.hash) history.replaceState({}, "", location.pathname);
    const { needed } = await api.call("setup.status");
    if (!needed) {
        return { title: "Set up", element: gate({
            title: "Already set up",
            lead: "This Gatehouse has an administrator.",
        },
            h("div", { class: "form-actions" }, link("/login", { class: "button primary" }, "Sign in"))) };
    }
    const token = field("Set-up token", {
        name: "token", required: true, autocomplete: "off", spellcheck: "false", value: given, class: "mono",
        hint: given ? "" : "Printed in the log of gatehoused when it starts without an administrator.",
    });
    const name = field("User name", {
        name: "name",
        required: true,
        autocomplete: "username",
        value: "admin",
        autocapitalize: "none",
        spellcheck: "false",
    });
    const password = field("Password", {
        name: "password",
        type: "password",
        required: true,
        autocomplete: "new-password",
        minlength: 8,
        hint: "At least 8 characters. A few words are better than one.",
    });
    const again = field("Repeat the password", {
        name: "again",
        type: "password",
        required: true,
        autocomplete: "new-password",
    });
    if (given) token.element.hidden = true;
    const entry = form({
        fields: [token, name, password, again],
        action: "Create the administrator",
        label: "Set up",
        submit: async () => {
            if (password.value !== again.value) {
                throw new APIError("invalidParameters", "The two passwords differ.", { parameter: "again" });
            }
            try {
                await api.call(
                    "setup.complete",
                    { token: token.value.trim(), name: name.value, password: password.value },
                    { quiet: true }
                );
            } catch (problem) {
                token.element.hidden = false;
                throw problem;
            }
            events.restart();
            location.replace("/");
        },
    });
    return { title: "Set up", element: gate({
        title: "Set up Gatehouse",
        lead: "Create the first administrator. This works once, with the token from the host.",
    }, entry) };
}
