// SPDX-License-Identifier: Apache-2.0
// Tabs: one list of buttons, one panel below; the chosen one is kept in the address.

import { freshId, h } from "./dom.js";

/** `tabs` are `{name, label, make()}`; `make` gives the panel's element when it is first shown. */
export function tabbed(label, tabs) {
    const panelId = freshId("panel");
    const panel = h("div", { id: panelId, role: "tabpanel", tabindex: "-1" });
    const made = new Map();
    const buttons = tabs.map((tab) => h(
        "button",
        { type: "button", role: "tab", id: freshId("tab"), "aria-controls": panelId, onclick: () => choose(tab.name) },
        tab.label
    ));

    function choose(name, keep = true) {
        const index = Math.max(0, tabs.findIndex((tab) => tab.name === name));
        buttons.forEach((each, at) => {
            each.setAttribute("aria-selected", String(at === index));
            each.tabIndex = at === index ? 0 : -1;
        });
        const tab = tabs[index];
        if (!made.has(tab.name)) made.set(tab.name, tab.make());
        panel.setAttribute("aria-labelledby", buttons[index].id);
        panel.replaceChildren(made.get(tab.name));
        if (keep) history.replaceState({}, "", location.pathname + (index ? `?tab=${tab.name}` : ""));
    }

    const bar = h("div", { class: "tabs", role: "tablist", "aria-label": label, onkeydown: (event) => {
        const at = buttons.indexOf(document.activeElement);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = (to + buttons.length) % buttons.length;
        choose(tabs[next].name);
        buttons[next].focus();
    } }, buttons);
    choose(new URLSearchParams(location.search).get("tab"), false);
    return h("div", {}, bar, panel);
}
