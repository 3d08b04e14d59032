// SPDX-License-Identifier: Apache-2.0
// A plugin's log as it grows: what it wrote to its error output, and what the host says of it.

import { describe } from "../lib/api.js";
import { stamp } from "../lib/format.js";
import { h, text } from "./dom.js";

const most = 1000;
const pause = 2000;

/** `{element, refresh(), dispose()}` */
export function pluginLog(api, name) {
    let last = null;
    let ended = false;
    let busy = false;
    const lines = h("div", {
        class: "log", role: "log", "aria-live": "off", "aria-label": `Log of ${name}`, tabindex: "0",
    });
    const status = h("span", { class: "muted small-text", role: "status" });
    const follow = h("input", { type: "checkbox", props: { checked: true }, onchange: toEnd });
    const element = h("div", {}, lines, h("div", { class: "log-foot" },
        h("label", { class: "check small-text" }, follow, "Follow"), status));
    lines.addEventListener("scroll", () => {
        const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 24;
        if (!atEnd && !busy) follow.checked = false;
    });

    function toEnd() {
        if (follow.checked) lines.scrollTop = lines.scrollHeight;
    }

    async function refresh() {
        if (busy || ended) return;
        busy = true;
        try {
            const known = last === null ? { limit: 200 } : { after: last, limit: most };
            const answer = await api.call("plugin.log", { name, ...known });
            if (ended) return;
            add(answer.lines ?? []);
            text(status, last === null ? "Nothing was written yet." : "");
        } catch (problem) {
            text(status, describe(problem));
        } finally {
            busy = false;
        }
    }

    function add(fresh) {
        if (!fresh.length) return;
        last = fresh.at(-1).number;
        lines.append(...fresh.map((line) => h("div", { class: line.host ? "log-line host" : "log-line" },
            h("time", { datetime: line.at }, stamp(line.at)), " ",
            line.host && h("span", { class: "log-host" }, "host "), h("span", {}, line.text))));
        while (lines.children.length > most) lines.firstChild.remove();
        toEnd();
    }

    const timer = setInterval(() => !document.hidden && refresh(), pause);
    refresh();
    return { element, refresh, dispose() {
        ended = true;
        clearInterval(timer);
    } };
}
