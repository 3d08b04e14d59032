// SPDX-License-Identifier: Apache-2.0
// The audit trail: who did what, from where, and what came of it.

import { stamp } from "../lib/format.js";
import { reaches } from "../lib/machine-states.js";
import { button, h, icon } from "../components/dom.js";
import { empty, failure, forSuperusers, pageHead, table } from "../components/page.js";

const page = 100;
const outcomes = {
    ok: { label: "Done", tone: "good", icon: "check" },
    refused: { label: "Refused", tone: "warn", icon: "lock" },
    failed: { label: "Failed", tone: "bad", icon: "warning" },
};

const outcome = (entry) => {
    const { label, tone, icon: name } = outcomes[entry.outcome] ?? { label: entry.outcome, tone: "calm", icon: "info" };
    return h("span", { class: `state tone-${tone}` }, icon(name), label);
};

const columns = [
    { label: "When", class: "number nowrap", cell: (entry) => stamp(entry.at) },
    { label: "User", cell: (entry) => entry.user ?? h("span", { class: "muted" }, "nobody") },
    { label: "From", class: "mono", cell: (entry) => entry.address ?? "–" },
    { label: "Action", class: "mono", cell: (entry) => entry.action },
    { label: "On", class: "wrap", cell: (entry) => entry.target ?? "–" },
    { label: "Outcome", cell: outcome },
    { label: "Detail", class: "wrap", cell: (entry) => entry.detail ?? "" },
];

export default async function view({ api, user: me }) {
    if (!reaches(me.level, "superUser")) return forSuperusers("Audit");
    const query = new URLSearchParams(location.search);
    const user = input("User", "All users", query.get("user"), { data: { filter: "" } });
    const action = input("Action", "All actions, e.g. console.open", query.get("action"));
    const body = h("div", { class: "card table-card" });
    let entries = [];
    let turn = 0;
    let waiting = null;

    function input(label, placeholder, value, more = {}) {
        return h("input", {
            class: "input",
            type: "search",
            "aria-label": label,
            placeholder,
            spellcheck: "false",
            props: { value: value ?? "" },
            oninput: () => {
                clearTimeout(waiting);
                waiting = setTimeout(fresh, 250);
            }, ...more });
    }

    function fresh() {
        const kept = new URLSearchParams();
        if (user.value) kept.set("user", user.value);
        if (action.value) kept.set("action", action.value);
        history.replaceState({}, "", location.pathname + (kept.size ? `?${kept}` : ""));
        entries = [];
        return load();
    }

    async function load() {
        const mine = ++turn;
        const before = entries.at(-1)?.id;
        const filter = {
            ...(user.value && { user: user.value.trim() }),
            ...(action.value && { action: action.value.trim() }),
        };
        try {
            const answer = await api.call("audit.list", { ...filter, ...(before && { before }), limit: page });
            if (mine !== turn) return;
            entries = [...entries, ...answer.entries];
            draw(answer.more);
        } catch (problem) {
            if (mine === turn) body.replaceChildren(failure(problem, load));
        }
    }

    function draw(more) {
        if (!entries.length) {
            const filtered = user.value || action.value;
            body.replaceChildren(empty({
                icon: "audit",
                title: filtered ? "No entry fits the filter" : "Nothing recorded yet",
                text: "Sign-ins, changes and every use of a console are recorded here.",
            }));
            return;
        }
        body.replaceChildren(table("Audit", columns, entries, { keyOf: (entry) => entry.id, class: "audit-table" }),
            more ? h(
                "div",
                { class: "table-foot" },
                button("Older entries", { onclick: load })
            ) : h("p", { class: "card-note" }, "These are all entries."));
    }

    const head = pageHead({
        title: "Audit",
        lead: "What was done, newest first.",
        actions: [button("Refresh", { icon: "refresh", onclick: fresh })],
    });
    await load();
    return { title: "Audit", element: h("div", { class: "page" }, head,
        h(
            "div",
            { class: "filters two", role: "search" },
            h("div", { class: "search" }, icon("user"), user),
            h("div", { class: "search" }, icon("search"), action)
        ), body) };
}
