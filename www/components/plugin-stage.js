// SPDX-License-Identifier: Apache-2.0
// Shows a plugin's page: in a frame that can reach nothing but the shell, or, if the plugin is trusted, as a module.

import { PluginBroker, PluginGate } from "../lib/plugin-broker.js";
import { button, h, icon, show } from "./dom.js";
import { shownTheme, watchTheme } from "./theme-watch.js";

const patience = 8000;

/** `{element, dispose()}` for a page of `plugin.pages`; `onTitle(text)` gets a title that the page gives itself. */
export function pluginStage({ page, api, events, user, navigate, onTitle }) {
    const common = { page, api, events, user, navigate, onTitle };
    return page.module ? moduleStage(common) : frameStage(common);
}

function frameStage({ page, api, events, user, navigate, onTitle }) {
    const frame = h("iframe", {
        class: "plugin-frame waiting", sandbox: "allow-scripts", title: page.title, src: page.url,
        referrerpolicy: "no-referrer",
    });
    const late = h("div", { class: "banner", role: "status", hidden: true }, icon("warning"),
        h("p", {}, h("strong", {}, "The page does not answer. "), `It comes from the plugin ${page.plugin}.`),
        button("Load again", { class: "small", onclick: () => {
            show(late, false);
            frame.src = page.url;
            wait();
        } }));
    const broker = new PluginBroker({
        page, api, events, user, navigate, onTitle, theme: shownTheme(),
        post: (message) => frame.contentWindow?.postMessage(message, "*"),
        onHeight: (px) => {
            frame.style.height = `${px}px`;
        },
        onReady: () => {
            clearTimeout(waiting);
            show(late, false);
            frame.classList.remove("waiting");
        },
    });
    let waiting = null;
    const wait = () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => {
            show(late, true);
            frame.classList.remove("waiting");
        }, patience);
    };
    // The sender is known by its window: the origin of a sandboxed frame says nothing.
    const hear = (event) => event.source === frame.contentWindow && frame.contentWindow && broker.receive(event.data);
    window.addEventListener("message", hear);
    const off = watchTheme((theme) => broker.setTheme(theme));
    wait();
    return { element: h("div", { class: "plugin-stage" }, late, frame), dispose() {
        window.removeEventListener("message", hear);
        clearTimeout(waiting);
        off();
        broker.dispose();
    } };
}

/** A module's default export is called with an element and the same interface that a frame has. */
function moduleStage({ page, api, events, user, navigate, onTitle }) {
    const gate = new PluginGate({ page, api, events });
    const themed = new Set();
    const offs = [watchTheme((theme) => themed.forEach((listener) => listener(theme)))];
    const element = h("div", { class: "plugin-stage module" });
    const face = {
        get theme() {
            return shownTheme();
        },
        user: { name: user.name }, plugin: page.plugin, page: page.name, serverTime: new Date().toISOString(),
        call: (method, params) => gate.call(method, params),
        on(topic, listener) {
            if (topic === "theme") {
                themed.add(listener);
                return () => themed.delete(listener);
            }
            const off = gate.on(topic, listener);
            offs.push(off);
            return off;
        },
        title: onTitle, navigate, height() {},
    };
    let ended = false;
    let mounted = null;
    import(page.module).then(async ({ default: mount }) => {
        if (ended) return;
        mounted = await mount(element, face);
        if (ended) mounted?.dispose?.();
    }).catch((problem) => element.replaceChildren(h("div", { class: "banner", role: "alert" }, icon("warning"),
        h("p", {}, h("strong", {}, "The page could not be loaded. "), String(problem?.message ?? problem)))));
    return { element, dispose() {
        ended = true;
        mounted?.dispose?.();
        offs.forEach((off) => off());
    } };
}
