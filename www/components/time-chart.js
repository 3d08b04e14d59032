// SPDX-License-Identifier: Apache-2.0
// A chart of values over time on Chart.js, which is loaded with the first chart.

import { line, pieced, tick, tickTimes } from "../lib/series.js";
import { h, text } from "./dom.js";
import { watchTheme } from "./theme-watch.js";

let library = null;

/** Chart.js is a plain script that leaves its class in the window. */
function loadLibrary() {
    library ??= import("../vendor/chartjs/chart.js").then(() => globalThis.Chart);
    return library;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of a token as the theme has it now; a canvas does not know light-dark(). */
function colour(name, probe) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
}

/**
 * `sets` are `{key, label, tone}` with a colour token's name; `write(value)` gives a value as text; `most` is the
 * upper end of the axis when it is known, `ticks(most)` its lines. Answers `{element, update(points, range, now)}`.
 */
export function timeChart({ label, sets, write, most = null, ticks = null, sentence }) {
    const canvas = h("canvas", { role: "img", "aria-label": label });
    const probe = h("span", { hidden: true });
    const words = h("p", { class: "chart-words small-text muted" });
    const element = h("figure", { class: "chart" },
        h("figcaption", { class: "chart-head" }, h("h3", {}, label), h("div", { class: "chart-key" },
            sets.length > 1 && sets.map((set) => h("span", { class: `key-${set.tone}` }, set.label)))),
        h("div", { class: "chart-box" }, canvas), probe, words);
    let chart = null;
    let ended = false;
    let shown = null;

    async function make() {
        const Chart = await loadLibrary();
        if (ended || chart) return;
        chart = new Chart(canvas, configuration(sets, write));
        paint();
        if (shown) put();
    }

    function paint() {
        if (!chart) return;
        sets.forEach((set, at) => {
            const main = colour(`--${set.tone}`, probe);
            const data = chart.data.datasets[at];
            Object.assign(data, { borderColor: main, pointBackgroundColor: main, pointHoverBackgroundColor: main,
                backgroundColor: colour(`--${set.tone}-soft`, probe), fill: sets.length === 1 });
        });
        const { scales, plugins } = chart.options;
        for (const axis of [scales.x, scales.y]) {
            axis.ticks.color = colour("--muted", probe);
            axis.grid.color = colour("--line", probe);
        }
        Object.assign(plugins.tooltip, { backgroundColor: colour("--text", probe), titleColor: colour("--bg", probe),
            bodyColor: colour("--bg", probe) });
        chart.options.font = { family: token("--font"), size: 11.5 };
        chart.update("none");
    }

    function put() {
        const { points, range, now } = shown;
        const { x, y } = chart.options.scales;
        const from = now - range.seconds * 1000;
        Object.assign(x, { min: from, max: now, seconds: range.seconds });
        const highest = Math.max(0, ...sets.flatMap(({ key }) => points.map((point) => point[key] ?? 0)));
        y.max = most === null ? undefined : Math.max(most, highest);
        y.lines = ticks ? ticks(Math.max(highest, y.max ?? 0)) : null;
        if (y.lines) y.max = y.lines.at(-1);
        const drawn = pieced(points, range);
        sets.forEach((set, at) => {
            const data = line(drawn, set.key, range.piece ?? range.step);
            // A line needs two points; the first ones are drawn as dots.
            Object.assign(chart.data.datasets[at], { data, pointRadius: data.length < 3 ? 2 : 0 });
        });
        chart.update("none");
    }

    const off = watchTheme(paint);
    make().catch(() => text(words, "The chart could not be drawn: the chart library is missing."));
    return { element, update(points, range, now) {
        shown = { points, range, now };
        const said = sentence(points);
        text(words, said);
        canvas.setAttribute("aria-label", `${label}. ${said}`);
        if (chart) put();
    }, dispose() {
        ended = true;
        off();
        chart?.destroy();
    } };
}

function configuration(sets, write) {
    return {
        type: "line",
        data: { datasets: sets.map(({ label }) => ({
            label, data: [], borderWidth: 1.5, pointRadius: 0, pointHitRadius: 8, pointHoverRadius: 3, tension: 0,
        })) },
        options: {
            animation: false, parsing: false, normalized: true, spanGaps: false, maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false, axis: "x" },
            plugins: { legend: { display: false }, tooltip: { displayColors: false, callbacks: {
                title: ([item]) => (item ? new Date(item.parsed.x).toLocaleString() : ""),
                label: (item) => `${sets.length > 1 ? `${item.dataset.label}: ` : ""}${write(item.parsed.y)}`,
            } } },
            scales: {
                x: { type: "linear", grid: { display: false }, border: { display: false }, ticks: { maxRotation: 0 },
                    afterBuildTicks: (axis) => {
                        const most = axis.width < 420 ? 4 : 7;
                        axis.ticks = tickTimes(axis.min, axis.max, most).map((value) => ({ value }));
                    },
                    afterTickToLabelConversion: (axis) => axis.ticks.forEach((each) => {
                        each.label = tick(each.value, axis.options.seconds ?? 3600);
                    }) },
                y: { min: 0, border: { display: false }, ticks: { maxTicksLimit: 5, callback: (value) => write(value) },
                    afterBuildTicks: (axis) => {
                        if (axis.options.lines) axis.ticks = axis.options.lines.map((value) => ({ value }));
                    } },
            },
        },
    };
}
