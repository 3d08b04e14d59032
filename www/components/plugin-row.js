// SPDX-License-Identifier: Apache-2.0
// One plugin as a row of the table: made once, then changed in place, so that a switch keeps the focus.

import { complete, differences, has, parts } from "../lib/plugins.js";
import { pluginPath } from "../lib/routes.js";
import { button, h, link, show, text } from "./dom.js";
import { attachMenu } from "./menu.js";
import { switchLabel } from "./plugin-actions.js";
import {
    callFigures, differenceText, marks, pluginBadge, restartText, sinceText,
} from "./plugin-parts.js";
import { toggle } from "./switch.js";

/** The columns; those marked `may` are for superusers. */
export const columns = [
    { name: "name", label: "Name" },
    { name: "state", label: "State" },
    { name: "enabled", label: "Plugin", may: true },
    ...parts.map((part) => ({ name: part.name, label: part.label, may: true })),
    { name: "calls", label: "Calls, memory", may: true },
    { name: "actions", label: "Actions", hidden: true, may: true },
];

/** `{element, update(plugin)}` */
export function pluginRow(name, { act, may, navigate }) {
    let plugin = null;
    const shown = columns.filter((column) => may || !column.may);
    const cells = Object.fromEntries(shown.map((column) => [column.name, h("td", {
        role: "cell", class: `col-${column.name}${column.hidden || column.name === "name" ? " unlabelled" : ""}`,
        "data-label": column.label,
    })]));
    const element = h("tr", { role: "row", data: { key: name } }, Object.values(cells));
    const switches = may ? makeSwitches() : {};
    const words = h("span", { class: "sub" });
    const other = h("div", { class: "differs", hidden: true }, words, " ", button("Reset", {
        class: "small", "aria-label": `Reset ${name} to the file`, onclick: () => act.reset(plugin),
    }));
    if (may) cells.actions.append(h("div", { class: "buttons" }, attachMenu(
        button(`Actions for ${name}`, { icon: "more", bare: true, class: "small" }), () => items()
    )));

    function makeSwitches() {
        const own = { enabled: toggle({
            label: switchLabel(name, "enabled"), change: (value) => act.enable(plugin, value),
        }) };
        cells.enabled.append(own.enabled.element);
        for (const part of parts) own[part.name] = toggle({
            label: switchLabel(name, part.name), change: (value) => act.part(plugin, part.name, value),
        });
        return own;
    }

    const items = () => [
        { label: "Details and log", icon: "info", run: () => navigate(pluginPath(name)) },
        { label: "Restart", icon: "refresh", disabled: !plugin.enabled, run: () => act.restart(plugin) },
        { label: "Reset to the file", icon: "history", disabled: !differences(plugin).length,
            run: () => act.reset(plugin) },
    ];

    function update(next) {
        plugin = complete(next);
        element.dataset.state = plugin.state;
        const chips = marks(plugin);
        cells.name.replaceChildren(
            h("div", {}, may ? link(pluginPath(name), {}, name) : h("strong", {}, name), " ",
                h("span", { class: "sub" }, plugin.version ?? "no version")),
            h("div", { class: "sub" }, plugin.description),
            ...(may && chips.length ? [h("div", { class: "chips marks" }, chips)] : []), other
        );
        cells.state.replaceChildren(...[
            pluginBadge(plugin), sinceText(plugin) && h("div", {}, sinceText(plugin)),
            may && restartText(plugin) && h("div", { class: "sub" }, restartText(plugin)),
            plugin.error && h("div", { class: "node-reason tone-bad", role: "status" }, plugin.error),
        ].filter(Boolean));
        if (may) details();
    }

    function details() {
        const differs = differences(plugin);
        show(other, differs.length > 0);
        text(words, `Other than in the file: ${differs.map(differenceText).join("; ")}`);
        switches.enabled.update({ checked: plugin.enabled });
        for (const part of parts) {
            const cell = cells[part.name];
            cell.classList.toggle("absent", !has(plugin, part.name));
            if (!has(plugin, part.name)) {
                cell.replaceChildren(h("span", { class: "muted", title: "no such part" }, "–"));
            } else if (cell.firstChild !== switches[part.name].element) {
                cell.replaceChildren(switches[part.name].element);
            }
            switches[part.name].update({ checked: Boolean(plugin[part.name]), dim: !plugin.enabled });
        }
        cells.calls.replaceChildren(...callFigures(plugin));
    }

    return { element, update };
}
