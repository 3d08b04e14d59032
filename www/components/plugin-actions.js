// SPDX-License-Identifier: Apache-2.0
// Doing something with a plugin: switch it or a part of it, grant, restart, return to the file.

import { describe } from "../lib/api.js";
import { differences, missingPermissions, partLabel } from "../lib/plugins.js";
import { h } from "./dom.js";
import { confirm, openDialog } from "./dialog.js";
import { notify } from "./notices.js";
import { differenceText, permissionList } from "./plugin-parts.js";

/** The actions on plugins; `after(plugin)` gets what the server answers. */
export function pluginActions(api, after) {
    async function modify(name, members) {
        const { plugin } = await api.call("plugin.modify", { name, ...members });
        if (plugin) after(plugin);
    }

    async function attempt(work, done) {
        try {
            await work();
            if (done) notify(done, "good");
        } catch (problem) {
            if (problem.word !== "unauthenticated") notify(describe(problem), "bad");
        }
    }

    /** Switches a plugin; one that lacks permissions it asks for is granted them first, if the user agrees. */
    async function enable(plugin, enabled) {
        const missing = enabled ? missingPermissions(plugin) : [];
        if (!missing.length) return modify(plugin.name, { enabled });
        const answer = await askToGrant(plugin, missing);
        if (answer === "grant") return modify(plugin.name, { enabled, permissions: [...plugin.granted, ...missing] });
        if (answer === "without") return modify(plugin.name, { enabled });
        return undefined;
    }

    return {
        enable,
        part: (plugin, part, value) => modify(plugin.name, { [part]: value }),
        grant: (plugin) => attempt(
            () => modify(plugin.name, { permissions: [...plugin.granted, ...missingPermissions(plugin)] }),
            `${plugin.name} has all permissions that it asks for.`
        ),
        async withdraw(plugin) {
            const agreed = await confirm({
                title: `Withdraw the permissions of ${plugin.name}?`, action: "Withdraw", danger: true,
                text: "What it asks the server for is refused from then on. It goes on running.",
            });
            if (!agreed) return;
            await attempt(() => modify(plugin.name, { permissions: [] }), "The permissions were withdrawn.");
        },
        restart: (plugin) => attempt(async () => {
            const { plugin: next } = await api.call("plugin.restart", { name: plugin.name });
            if (next) after(next);
        }, `${plugin.name} was restarted.`),
        async reset(plugin) {
            const agreed = await confirm({
                title: `Return ${plugin.name} to the file?`, action: "Reset",
                text: "What was changed while it ran is forgotten, and the configuration file counts again:",
                details: [h("ul", { class: "plain-lines" },
                    differences(plugin).map((each) => h("li", {}, differenceText(each))))],
            });
            if (agreed) await attempt(() => api.call("plugin.reset", { name: plugin.name }), "The file counts again.");
        },
        reload: () => attempt(() => api.call("plugin.reload"), "The folders were read again."),
    };
}

const askToGrant = (plugin, missing) => openDialog({
    title: `Enable ${plugin.name}?`, wide: true, tone: "info",
    body: [
        h("p", {}, "It asks to be allowed the following. Without it, what it asks the server for is refused."),
        permissionList(missing),
        plugin.sandboxed ? null : h("p", { class: "tone-warn" }, "It runs without a sandbox, as trusted as the "
            + "daemon's user: grant it only if you trust who made it."),
    ].filter(Boolean),
    actions: [
        { label: "Cancel", value: null, autofocus: true },
        { label: "Enable without", value: "without" },
        { label: "Grant and enable", value: "grant", style: "primary", submit: true },
    ],
});

/** Words for a switch that a screen reader reads. */
export const switchLabel = (plugin, part) => (
    part === "enabled" ? `Plugin ${plugin}` : `${partLabel(part)} of ${plugin}`
);
