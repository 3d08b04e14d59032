// SPDX-License-Identifier: Apache-2.0
// The alerts: what went over a limit or broke, what is still so, and who has seen it.

import { isOver, severityOf } from "../lib/alerts.js";
import { describe } from "../lib/api.js";
import { ago, clock, plural, stamp } from "../lib/format.js";
import { machinePath } from "../lib/routes.js";
import { button, h, icon, link, show, text } from "../components/dom.js";
import { confirm } from "../components/dialog.js";
import { notify } from "../components/notices.js";
import { empty, failure, pageHead, table } from "../components/page.js";

const limit = 100;
const choices = [
    { value: "", label: "All alerts" }, { value: "new", label: "Not acknowledged" },
    { value: "seen", label: "Acknowledged" },
];

export default async function view({ api, events }) {
    const chosen = new URLSearchParams(location.search).get("show") ?? "";
    const lead = h("p", { role: "status" });
    const body = h("div", { class: "card table-card" });
    const all = button("Acknowledge all", {
        icon: "check", onclick: () => attempt(() => api.call("alert.acknowledgeAll")),
    });
    const head = pageHead({ title: "Alerts", actions: [all] });
    head.querySelector(".headline").append(lead);
    const choice = h("select", { class: "select", "aria-label": "Which alerts", onchange: () => {
        history.replaceState({}, "", location.pathname + (choice.value ? `?show=${choice.value}` : ""));
        load();
    } }, choices.map(({ value, label }) => h("option", { value, selected: value === chosen }, label)));
    let alerts = [];
    let turn = 0;

    async function load({ older = false } = {}) {
        const mine = ++turn;
        const acknowledged = { new: { acknowledged: false }, seen: { acknowledged: true } }[choice.value] ?? {};
        const before = older ? { before: alerts.at(-1).id } : {};
        try {
            // What was read in several pages before is read again in as many.
            const wanted = older ? limit : Math.min(500, Math.max(limit, alerts.length));
            const answer = await api.call("alert.list", { ...acknowledged, ...before, limit: wanted });
            if (mine !== turn) return;
            alerts = older ? [...alerts, ...answer.alerts] : answer.alerts;
            draw(answer);
        } catch (problem) {
            if (mine === turn) body.replaceChildren(failure(problem, load));
        }
    }

    function draw({ more, unacknowledged }) {
        text(lead, unacknowledged ? `${plural(unacknowledged, "alert")} not acknowledged`
            : "Everything is acknowledged");
        all.disabled = unacknowledged === 0;
        const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
        body.replaceChildren(...(alerts.length ? [table("Alerts", columns, alerts, {
            keyOf: (alert) => alert.id, class: "alerts-table",
        })] : [empty({ icon: "alert", title: "No alerts",
            text: "Alerts come when a machine crashes, a node can not be reached, or load stays over its limit." })]));
        const older = button("Show older alerts", { onclick: () => load({ older: true }) });
        const foot = h("div", { class: "table-foot" }, older);
        show(foot, more);
        body.append(foot);
        if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"] button`)?.focus();
    }

    async function attempt(work) {
        try {
            await work();
        } catch (problem) {
            if (problem.word !== "unauthenticated") notify(describe(problem), "bad");
        }
        await load();
    }

    async function remove(alert) {
        const agreed = await confirm({
            title: "Delete this alert?", action: "Delete", danger: true, text: alert.message,
        });
        if (agreed) await attempt(() => api.call("alert.delete", { alert: alert.id }));
    }

    const columns = [
        { label: "Severity", cell: (alert) => {
            const { label, icon: name, tone } = severityOf(alert);
            return h("span", { class: `state tone-${tone}`, data: { severity: alert.severity } }, icon(name), label);
        } },
        { label: "What", class: "wrap", cell: (alert) => [
            h("span", { class: alert.acknowledged ? "" : "unread" }, alert.message),
            h("div", { class: "sub" }, isOver(alert) ? `over since ${clock(alert.clearedAt)}` : "still so"),
        ] },
        { label: "On", cell: (alert) => (alert.subject?.machine
            ? link(machinePath(alert.subject.machine), {}, alert.subject.name) : alert.subject?.name ?? "–") },
        { label: "When", class: "nowrap", cell: (alert) => h("span", { title: stamp(alert.at) }, ago(alert.at)) },
        { label: "Actions", hidden: true, cell: (alert) => h("div", { class: "buttons" },
            alert.acknowledged ? h("span", { class: "muted small-text" }, "acknowledged")
                : button("Acknowledge", { class: "small", "aria-label": `Acknowledge: ${alert.message}`,
                    onclick: () => attempt(() => api.call("alert.acknowledge", { alert: alert.id })) }),
            button(`Delete: ${alert.message}`, { icon: "trash", bare: true, class: "small",
                onclick: () => remove(alert) })) },
    ];

    const off = [events.on("alert.changed", () => load()), events.on("ready", () => load())];
    await load();
    return {
        title: "Alerts",
        element: h("div", { class: "page" }, head, h("div", { class: "filters" }, choice), body),
        dispose() {
            turn += 1;
            off.forEach((stop) => stop());
        },
    };
}
