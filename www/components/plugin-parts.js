// SPDX-License-Identifier: Apache-2.0
// Pieces that several views show of a plugin: its state, marks, permissions in words, what differs from the file.

import { ago, memory, plural, stamp } from "../lib/format.js";
import { allows, isWeighty, micros, permissionText, stateOfPlugin, trustNote } from "../lib/plugins.js";
import { h, icon } from "./dom.js";

export function pluginBadge(plugin) {
    const state = stateOfPlugin(plugin);
    return h("span", { class: `state tone-${state.tone}`, data: { state: plugin.state } },
        icon(state.icon), state.label);
}

/** "since 4 min ago", with the exact time as a tip. */
export const sinceText = (plugin) => plugin.since && h("span", {
    class: "sub nowrap", title: stamp(plugin.since),
}, `since ${ago(plugin.since).replace(/ ago$/, "")}`);

/** Short marks: no sandbox, trusted pages, something newer in the folder. */
export function marks(plugin) {
    const note = trustNote(plugin);
    return [
        note && h("span", { class: "chip tone-warn wide-chip" }, icon("warning"), note),
        plugin.trusted && h("span", { class: "chip" }, "pages run in the console itself"),
        plugin.reloadPending && h("span", { class: "chip accent" }, "newer version in the folder"),
    ].filter(Boolean);
}

export const differenceText = ({ label, file, now }) => `${label}: ${file} in the file, ${now} now`;

/** Calls, how long they take, and memory, in short lines. */
export function callFigures(plugin) {
    const { calls, failures, medianMicroseconds: median, p99Microseconds: p99, process, memoryKiB } = plugin;
    const count = calls ? `${calls}${failures ? `, ${failures} failed` : ""}` : process === null ? "–" : "none yet";
    return [
        h("span", { class: calls ? "nowrap" : "muted" }, count),
        calls > 0 && h("div", { class: "sub nowrap" }, `median ${micros(median)}, p99 ${micros(p99)}`),
        process !== null && h("div", { class: "sub nowrap" }, memory(memoryKiB)),
    ].filter(Boolean);
}

export const restartText = (plugin) => (plugin.restarts ? plural(plugin.restarts, "restart") : null);

/** The permissions that a plugin asks for, in plain words, with what it has. */
export function permissionList(words, granted = null) {
    return h("ul", { class: "permissions" }, words.map((word) => {
        const has = granted !== null && allows(granted, word);
        return h("li", { data: { permission: word } },
            granted === null ? icon(isWeighty(word) ? "warning" : "info", isWeighty(word) ? "tone-warn" : "tone-calm")
                : icon(has ? "check" : "minus", has ? "tone-good" : "tone-calm"),
            h("div", { class: "grow" },
                h("div", {}, permissionText(word), granted !== null && !has && h(
                    "span",
                    { class: "muted" },
                    " (not granted)"
                )),
                h("div", { class: "sub mono" }, word)));
    }));
}
