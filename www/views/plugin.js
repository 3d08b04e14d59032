// SPDX-License-Identifier: Apache-2.0
// One plugin: switches, permissions, figures, where it comes from, and its log.

import { memory, stamp } from "../lib/format.js";
import { reaches } from "../lib/machine-states.js";
import { complete, differences, has, micros, missingPermissions, parts } from "../lib/plugins.js";
import { pagePath } from "../lib/routes.js";
import { button, h, icon, link } from "../components/dom.js";
import { card, empty, forSuperusers, pageHead } from "../components/page.js";
import { pluginActions, switchLabel } from "../components/plugin-actions.js";
import { pluginLog } from "../components/plugin-log.js";
import { differenceText, marks, permissionList, pluginBadge, sinceText } from "../components/plugin-parts.js";
import { isSomebodyHere } from "../components/presence.js";
import { toggle } from "../components/switch.js";

const back = { href: "/plugins", label: "Plugins" };
const refresh = 5000;

export default async function view({ api, events, user, route }) {
    if (!reaches(user.level, "superUser")) return forSuperusers("Plugin");
    const name = route.plugin;
    let plugin;
    try {
        ({ plugin } = await api.call("plugin.show", { name }));
    } catch (problem) {
        if (problem.word !== "notFound") throw problem;
        return { title: "Not found", element: h("div", { class: "page" }, pageHead({ title: "Plugin", back }),
            h("div", { class: "card" }, empty({
                icon: "search", title: "There is no such plugin", text: problem.message,
            }))) };
    }
    let ended = false;
    const page = build(api, name, complete(plugin), (next) => page.update(complete(next)));
    const load = async () => {
        try {
            const { plugin: next } = await api.call("plugin.show", { name });
            if (!ended) page.update(complete(next));
        } catch (problem) {
            if (!ended && problem.word === "notFound") page.gone(problem.message);
        }
    };
    const off = [
        events.on("ready", load),
        events.on("plugin.changed", (change) => {
            if (change.name !== name && change.plugin?.name !== name) return;
            if (change.plugin) page.update(complete(change.plugin));
            else load();
            page.log.refresh();
        }),
    ];
    const timer = setInterval(() => isSomebodyHere() && load(), refresh);
    return { title: name, element: page.element, dispose() {
        ended = true;
        clearInterval(timer);
        off.forEach((stop) => stop());
        page.log.dispose();
    } };
}

function build(api, name, first, take) {
    let plugin = first;
    const act = pluginActions(api, take);
    const log = pluginLog(api, name);
    const state = h("span", { class: "head-state", role: "status" });
    const error = h("div", {});
    const chips = h("div", { class: "chips marks" });
    const lead = h("p", {});
    const switches = makeSwitches(() => plugin, name, act);
    const other = h("div", {});
    const permissions = h("div", {});
    const figures = h("dl", { class: "facts" });
    const facts = h("dl", { class: "facts" });
    const restart = button("Restart", { icon: "refresh", onclick: () => act.restart(plugin) });
    const reset = button("Reset to the file", { icon: "history", onclick: () => act.reset(plugin) });
    const grant = button("Grant all", { class: "small", onclick: () => act.grant(plugin) });
    const withdraw = button("Withdraw", { class: "small quiet-danger", onclick: () => act.withdraw(plugin) });
    const head = pageHead({ title: name, back, actions: [restart, reset] });
    head.querySelector("h1").after(state, lead);
    const cards = h("div", { class: "columns" },
        h("div", { class: "column" },
            card("Switches", { icon: "power", body: false }, switches.element, other),
            card("Log", { icon: "terminal", body: false }, log.element)),
        h("div", { class: "column" },
            card("Permissions", { icon: "key", actions: [grant, withdraw], body: false }, permissions),
            card("Figures", { icon: "chart" }, figures),
            card("Facts", { icon: "info" }, facts)));
    const element = h("div", { class: "page machine-page plugin-page" }, head, error, chips, cards);

    function update(next) {
        plugin = next;
        state.replaceChildren(...[pluginBadge(plugin), " ", sinceText(plugin)].filter(Boolean));
        lead.textContent = plugin.description;
        error.replaceChildren(...(plugin.error ? [h("div", { class: "banner tone-bad", role: "alert" }, icon("warning"),
            h("p", {}, plugin.error))] : []));
        chips.replaceChildren(...marks(plugin));
        restart.disabled = !plugin.enabled;
        const differs = differences(plugin);
        reset.disabled = differs.length === 0;
        switches.update(plugin);
        other.replaceChildren(...(differs.length ? [h("div", { class: "card-note" }, "Other than in the file: ",
            h("ul", { class: "plain-lines" }, differs.map((each) => h("li", {}, differenceText(each)))))] : []));
        grant.hidden = missingPermissions(plugin).length === 0;
        withdraw.hidden = plugin.granted.length === 0;
        permissions.replaceChildren(plugin.asked.length ? permissionList(plugin.asked, plugin.granted)
            : h("p", { class: "card-note" }, "It asks for none."));
        figures.replaceChildren(...lines(figuresOf(plugin)));
        facts.replaceChildren(...lines(factsOf(plugin)));
    }

    update(plugin);
    return { element, update, log, gone(reason) {
        log.dispose();
        element.replaceChildren(pageHead({ title: name, back }), h("div", { class: "card" },
            empty({ icon: "plugin", title: "The plugin is gone", text: reason })));
    } };
}

function makeSwitches(plugin, name, act) {
    const rows = [
        { name: "enabled", label: "Plugin", text: "off ends its process, its routes and its pages" }, ...parts,
    ].map((part) => {
        const control = toggle({
            label: switchLabel(name, part.name),
            change: (value) => (part.name === "enabled" ? act.enable(plugin(), value)
                : act.part(plugin(), part.name, value)),
        });
        return { part, control, element: h("li", { data: { part: part.name } }, h("div", { class: "grow" },
            h("div", {}, part.label), h("div", { class: "sub muted" }, part.text)), control.element) };
    });
    return {
        element: h("ul", { class: "plain-list" }, rows.map(({ element }) => element)),
        update(next) {
            for (const { part, control, element } of rows) {
                const own = part.name === "enabled";
                element.hidden = !own && !has(next, part.name);
                control.update({ checked: Boolean(next[part.name]), dim: !own && !next.enabled });
            }
        },
    };
}

const lines = (pairs) => pairs.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]);
const listed = (values) => (values.length ? values.join(", ") : "–");

const figuresOf = (plugin) => [
    ["Calls", `${plugin.calls}, ${plugin.failures} failed, ${plugin.inFlight} under way`],
    ["Median, p99", `${micros(plugin.medianMicroseconds)}, ${micros(plugin.p99Microseconds)}`],
    ["Memory", plugin.process === null ? "–" : memory(plugin.memoryKiB)],
    ["Restarts", String(plugin.restarts)],
];

const factsOf = (plugin) => [
    ["Version", plugin.version ?? "–"],
    ["State since", plugin.since ? stamp(plugin.since) : "–"],
    ["Process", plugin.process === null ? "none" : String(plugin.process)],
    ["Sandbox", plugin.sandboxed ? "yes" : "no: as trusted as the daemon's user"],
    ["Routes", listed(plugin.routes)],
    ["Pages", plugin.pages.length ? plugin.pages.map((each) => {
        const page = typeof each === "string" ? { name: each, title: each } : each;
        return [plugin.enabled && plugin.frontend ? link(pagePath(plugin.name, page.name), {}, page.title)
            : page.title, " "];
    }) : "–"],
    ["Polls", listed(plugin.polls)],
    ["Job kinds", listed(plugin.jobKinds)],
    ["Folder", plugin.folder ? h("span", { class: "mono wrap" }, plugin.folder) : "missing"],
    ["Digest", plugin.digest ? h("span", { class: "mono wrap" }, plugin.digest) : "–"],
];
