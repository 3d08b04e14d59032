// SPDX-License-Identifier: Apache-2.0
// A page that a plugin brings. It is there while the plugin's pages are on, and leaves at once when they go off.

import { h, text } from "../components/dom.js";
import { empty, pageHead } from "../components/page.js";
import { pluginStage } from "../components/plugin-stage.js";

export default async function view({ api, events, user, navigate, pages, route }) {
    if (!pages.loaded) await pages.load();
    const place = h("div", { class: "plugin-place" });
    const titled = pageHead({ title: "" });
    const heading = titled.querySelector("h1");
    let shown = null;
    let stage = null;
    const name = pages.find(route.plugin, route.page)?.title ?? route.plugin;
    text(heading, name);

    function put(title) {
        text(heading, title);
        document.title = `${title} – Gatehouse`;
    }

    function draw() {
        const page = pages.find(route.plugin, route.page);
        const key = JSON.stringify(page);
        if (shown === key) return;
        shown = key;
        stage?.dispose();
        stage = null;
        if (page) {
            put(page.title);
            stage = pluginStage({ page, api, events, user, navigate, onTitle: (title) => put(title || page.title) });
            place.replaceChildren(stage.element);
        } else place.replaceChildren(h("div", { class: "card", role: "status" }, empty({
            icon: "page", title: "This page is switched off",
            text: `It belongs to the plugin ${route.plugin}. It comes back here as soon as the plugin's pages are on.`,
        })));
    }

    const off = pages.on("changed", draw);
    draw();
    return { title: name, element: h("div", { class: "page" }, titled, place), dispose() {
        off();
        stage?.dispose();
    } };
}
