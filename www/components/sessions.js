// SPDX-License-Identifier: Apache-2.0
// The sessions of a user, each can be ended.

import { describe } from "../lib/api.js";
import { ago, stamp } from "../lib/format.js";
import { button, h } from "./dom.js";
import { notify } from "./notices.js";
import { failure, table } from "./page.js";

/** "Firefox on Linux" of a user agent's text; unknown ones are shown as they are. */
export function agentName(agent) {
    if (!agent) return "–";
    const browser = [
        ["Edg/", "Edge"],
        ["OPR/", "Opera"],
        ["Firefox/", "Firefox"],
        ["Chrome/", "Chrome"],
        ["Safari/", "Safari"],
    ].find(([mark]) => agent.includes(mark))?.[1];
    const system = [
        ["Windows", "Windows"],
        ["Android", "Android"],
        ["iPhone", "iPhone"],
        ["Mac OS", "macOS"],
        ["Linux", "Linux"],
    ].find(([mark]) => agent.includes(mark))?.[1];
    return browser ? [browser, system].filter(Boolean).join(" on ") : agent.slice(0, 60);
}

/** A table in a place of its own; `user` is left out for one's own sessions. */
export function sessionList(api, user = null) {
    const place = h("div", {});
    async function load() {
        try {
            const { sessions } = await api.call("session.list", user ? { user } : {});
            place.replaceChildren(sessions.length ? list(sessions) : h(
                "p",
                { class: "card-note" },
                "Not signed in anywhere."
            ));
        } catch (problem) {
            place.replaceChildren(failure(problem, load));
        }
    }
    const list = (sessions) => table("Sessions", [
        {
            label: "Browser",
            bare: true,
            cell: (each) => [
                h("span", { title: each.userAgent }, agentName(each.userAgent)),
                " ",
                each.current && h("span", { class: "chip accent" }, "this one"),
                each.kind !== "web" && h("span", { class: "chip" }, each.kind),
            ],
        },
        { label: "From", class: "mono", cell: (each) => each.address ?? "–" },
        {
            label: "Signed in",
            class: "nowrap",
            cell: (each) => h("span", { title: stamp(each.createdAt) }, ago(each.createdAt)),
        },
        {
            label: "Last active",
            class: "nowrap",
            cell: (each) => h("span", { title: stamp(each.lastActiveAt) }, ago(each.lastActiveAt)),
        },
        {
            label: "Actions",
            hidden: true,
            cell: (each) => h(
                "div",
                { class: "buttons" },
                button(each.current ? "Sign out here" : "End this session", {
                    class: "small quiet-danger",
                    onclick: () => revoke(each),
                })
            ),
        },
    ], sessions, { keyOf: (each) => each.id });

    async function revoke(session) {
        try {
            if (session.current) {
                await api.call("session.logout");
                location.assign("/login");
                return;
            }
            await api.call("session.revoke", { session: session.id });
            notify("The session was ended.", "good");
        } catch (problem) {
            notify(describe(problem), "bad");
        }
        await load();
    }
    load();
    return place;
}
