// SPDX-License-Identifier: Apache-2.0
// The plugin table: what is there, how it is, and the switches.

import { plural } from "../lib/format.js";
import { reaches } from "../lib/machine-states.js";
import { Collection } from "../lib/store.js";
import { button, h, icon, text } from "../components/dom.js";
import { KeyedList, oncePerFrame } from "../components/keyed-list.js";
import { empty, failure, pageHead } from "../components/page.js";
import { pluginActions } from "../components/plugin-actions.js";
import { columns, pluginRow } from "../components/plugin-row.js";
import { isSomebodyHere } from "../components/presence.js";

const refresh = 5000;

export default async function view({ api, events, user, navigate }) {
    const may = reaches(user.level, "superUser");
    const plugins = new Collection((plugin) => plugin.name);
    const act = pluginActions(api, take);
    const lead = h("p", { role: "status" });
    const reload = may && button("Reload folders", { icon: "refresh", onclick: async () => {
        reload.disabled = true;
        await act.reload();
        reload.disabled = false;
        load();
    } });
    const head = pageHead({ title: "Plugins", actions: [reload].filter(Boolean) });
    head.querySelector(".headline").append(lead);
    const open = h("div", {});
    const body = h("div", { class: "card table-card" });
    const rows = h("tbody", { role: "rowgroup" });
    const list = new KeyedList(rows, (name) => pluginRow(name, { act, may, navigate }));
    const table = h("table", { class: "table plugins-table", role: "table", "aria-label": "Plugins" },
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.filter((each) => may || !each.may)
            .map((column) => h("th", { scope: "col", role: "columnheader", class: `col-${column.name}` },
                column.hidden ? h("span", { class: "unseen" }, column.label) : column.label)))), rows);
    let ended = false;
    let changes = 0;
    let loading = null;

    function take(plugin) {
        changes += 1;
        plugins.set({ ...plugins.get(plugin.name), ...plugin });
    }

    function load() {
        loading ??= read().finally(() => {
            loading = null;
        });
        return loading;
    }

    async function read() {
        try {
            let before;
            let answer;
            do {
                // What changed while the server was asked is newer than its answer.
                before = changes;
                answer = await api.call("plugin.list");
            } while (!ended && changes !== before);
            if (ended) return;
            sandboxNotice(may ? answer.sandbox : null);
            plugins.reset(answer.plugins);
        } catch (problem) {
            if (!ended) body.replaceChildren(failure(problem, load));
        }
    }

    function sandboxNotice(sandbox) {
        if (!sandbox || sandbox.available) return open.replaceChildren();
        return open.replaceChildren(h("div", { class: "banner" }, icon("warning"), h("p", {},
            h("strong", {}, "Plugins run without a sandbox. "),
            `Each is as trusted as the daemon's user. ${sandbox.reason ?? ""}`)));
    }

    const draw = oncePerFrame(() => {
        if (ended) return;
        const all = plugins.values().sort((a, b) => a.name.localeCompare(b.name));
        list.show(all.map((plugin) => [plugin.name, plugin]));
        if (!all.length) body.replaceChildren(none(may));
        else if (body.firstChild !== table) body.replaceChildren(table);
        const bad = all.filter((plugin) => plugin.error).length;
        const on = all.filter((plugin) => plugin.state !== "disabled").length;
        text(lead, `${plural(all.length, "plugin")}, ${on} on${bad ? `, ${bad} with an error` : ""}`);
    });

    const off = [
        plugins.watch(draw),
        events.on("ready", load),
        events.on("plugin.changed", ({ plugin, name }) => {
            if (plugin) take(plugin);
            else if (!may && name) plugins.remove(name);
            else load();
        }),
    ];
    const timer = setInterval(() => isSomebodyHere() && load(), refresh);
    await load();
    return { title: "Plugins", element: h("div", { class: "page" }, head, open, body), dispose() {
        ended = true;
        clearInterval(timer);
        off.forEach((stop) => stop());
    } };
}

const none = (may) => empty({
    icon: "plugin", title: "No plugins",
    text: may ? "Put a plugin's folder into one of the search folders of the configuration, then reload the folders."
        : "No plugin is switched on.",
});
