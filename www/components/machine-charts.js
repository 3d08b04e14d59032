// SPDX-License-Identifier: Apache-2.0
// The load of a machine over time, live: CPU, memory, disks and network.

import { describe } from "../lib/api.js";
import { memory } from "../lib/format.js";
import {
    byteTicks, joined, latest, percent, rangeNamed, rangeParameters, ranges, rate, readPoints, summary,
} from "../lib/series.js";
import { h, text } from "./dom.js";
import { timeChart } from "./time-chart.js";

const key = "gatehouse.range";

/** "Now 12 %, 8 % on average, 40 % at most." */
const described = (name, write) => (points) => {
    const all = summary(points, name);
    return all ? `Now ${write(latest(points, name))}, ${write(all.mean)} on average, ${write(all.most)} at most.`
        : "Nothing was measured in this time.";
};

const twoRates = (first, second, words) => (points) => {
    const [a, b] = [latest(points, first), latest(points, second)];
    return a === null && b === null ? "Nothing was measured in this time."
        : `Now ${rate(a)} ${words[0]}, ${rate(b)} ${words[1]}.`;
};

const charts = (machine) => [
    timeChart({ label: "CPU", sets: [{ key: "cpuPercent", label: "CPU", tone: "accent" }], write: percent, most: 100,
        sentence: described("cpuPercent", percent) }),
    timeChart({ label: "Memory", sets: [{ key: "memoryKiB", label: "Memory", tone: "info" }], write: memory,
        most: machine.maxMemoryKiB ?? machine.memoryKiB ?? null,
        ticks: (most) => byteTicks(most * 1024).map((value) => value / 1024),
        sentence: described("memoryKiB", memory) }),
    timeChart({ label: "Disks", sets: [{ key: "diskRead", label: "read", tone: "accent" },
        { key: "diskWrite", label: "written", tone: "warn" }], write: rate, ticks: byteTicks,
        sentence: twoRates("diskRead", "diskWrite", ["read", "written"]) }),
    timeChart({ label: "Network", sets: [{ key: "netReceived", label: "received", tone: "accent" },
        { key: "netSent", label: "sent", tone: "warn" }], write: rate, ticks: byteTicks,
        sentence: twoRates("netReceived", "netSent", ["received", "sent"]) }),
];

/** `{element, actions, dispose()}` */
export function machineCharts({ api, events, machine }) {
    const all = charts(machine);
    const status = h("p", { class: "muted small-text", role: "status" });
    let range = rangeNamed(kept());
    let points = [];
    let turn = 0;
    let waiting = null;
    let ended = false;
    const choice = h("select", { class: "select small", "aria-label": "Time shown", onchange: () => {
        range = rangeNamed(choice.value);
        keep(choice.value);
        points = [];
        load();
    } }, ranges.map(({ name, label }) => h("option", { value: name, selected: name === range.name }, label)));

    async function load() {
        const mine = ++turn;
        clearTimeout(waiting);
        waiting = null;
        const now = Date.now();
        // The last point may still grow while its time is not over: it is read again.
        const after = points.length > 1 ? points.at(-2).time + 1 : null;
        try {
            const answer = await api.call("sample.range", rangeParameters({ machine: machine.id }, range, now, after));
            if (ended || mine !== turn) return;
            points = joined(points, readPoints(answer.points), range, now);
            text(status, points.length ? "" : "No history yet. It is gathered while the poller plugin is on.");
            for (const chart of all) chart.update(points, range, now);
        } catch (problem) {
            if (!ended && mine === turn) text(status, describe(problem));
        }
    }

    const soon = (data) => {
        if (data?.node && machine.node && data.node !== machine.node) return;
        if (document.hidden) return;
        waiting ??= setTimeout(load, 300);
    };
    const seen = () => !document.hidden && load();
    document.addEventListener("visibilitychange", seen);
    const off = [events.on("sample.added", soon), events.on("ready", load)];
    // Without news the axis moves on all the same.
    const timer = setInterval(() => !document.hidden && load(), 30_000);
    load();
    return {
        element: h("div", {}, status, h("div", { class: "charts" }, all.map(({ element }) => element))),
        actions: [choice],
        dispose() {
            ended = true;
            clearInterval(timer);
            clearTimeout(waiting);
            document.removeEventListener("visibilitychange", seen);
            off.forEach((stop) => stop());
            all.forEach((chart) => chart.dispose());
        },
    };
}

function kept() {
    try {
        return localStorage.getItem(key);
    } catch {
        return null;
    }
}

function keep(name) {
    try {
        localStorage.setItem(key, name);
    } catch {
        // Kept for this page only.
    }
}
