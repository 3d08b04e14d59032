// SPDX-License-Identifier: Apache-2.0
// The load of the nodes over time: one line a node, on Chart.js.

import "./vendor/chartjs/chart.js";
import { h } from "./elements.js";
import { line, tick, tickTimes } from "./model.js";

const colours = {
    light: ["#0a6a72", "#b35c00", "#4a4db0", "#a3246f", "#14703c", "#7a5b12", "#5b6b7c", "#b3261e"],
    dark: ["#55c3c8", "#efb65f", "#abaeff", "#f08ac4", "#62cf91", "#d8c274", "#a9b6c4", "#ff918a"],
};

/** `{element, update(lines, range, now), theme(name), dispose()}`; `lines` are `{name, points}`. */
export function nodeChart({ label, key }) {
    const canvas = h("canvas", { role: "img", "aria-label": label });
    const names = h("ul", { class: "ov-key" });
    const element = h("div", {}, h("div", { class: "ov-chart" }, canvas), names);
    const state = { range: { seconds: 3600 }, theme: "light" };
    const chart = new globalThis.Chart(canvas, {
        type: "line",
        data: { datasets: [] },
        options: {
            animation: false, parsing: false, normalized: true, spanGaps: false, maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false, axis: "x" },
            plugins: { legend: { display: false }, tooltip: { displayColors: false, callbacks: {
                title: ([item]) => (item ? new Date(item.parsed.x).toLocaleString() : ""),
                label: ({ dataset, parsed }) => `${dataset.label}: ${Math.round(parsed.y * 10) / 10} %`,
            } } },
            scales: {
                x: { type: "linear", grid: { display: false }, border: { display: false }, ticks: { maxRotation: 0 },
                    afterBuildTicks: (axis) => {
                        const most = axis.width < 420 ? 4 : 7;
                        axis.ticks = tickTimes(axis.min, axis.max, most).map((value) => ({ value }));
                    },
                    afterTickToLabelConversion: (axis) => axis.ticks.forEach((each) => {
                        each.label = tick(each.value, state.range);
                    }) },
                y: { min: 0, max: 100, border: { display: false }, ticks: {
                    maxTicksLimit: 5, callback: (value) => `${value} %`,
                } },
            },
        },
    });

    function paint() {
        const dark = state.theme === "dark";
        const [muted, grid, ground, text] = dark ? ["#98a5b3", "#263039", "#0e1318", "#e3e9ef"]
            : ["#566270", "#e0e5ea", "#f4f6f8", "#17212b"];
        for (const axis of Object.values(chart.options.scales)) {
            axis.ticks.color = muted;
            axis.grid.color = grid;
        }
        Object.assign(chart.options.plugins.tooltip, { backgroundColor: text, titleColor: ground, bodyColor: ground });
        chart.data.datasets.forEach((set, at) => {
            set.borderColor = colours[state.theme][at % 8];
            set.pointBackgroundColor = set.borderColor;
            set.pointHoverBackgroundColor = set.borderColor;
        });
        [...names.children].forEach((name, at) => name.style.setProperty("--line", colours[state.theme][at % 8]));
        chart.update("none");
    }

    return { element, update(lines, range, now) {
        state.range = range;
        Object.assign(chart.options.scales.x, { min: now - range.seconds * 1000, max: now });
        chart.data.datasets = lines.map(({ name, points }) => ({
            label: name, data: line(points, key, range.step), borderWidth: 1.5, pointHitRadius: 8,
            // A line needs two points; the first ones are drawn as dots.
            pointRadius: points.length < 3 ? 2 : 0,
        }));
        const now_ = lines.map(({ name, points }) => {
            const value = points.at(-1)?.[key];
            return [name, typeof value === "number" ? `${Math.round(value)} %` : "no figures"];
        });
        names.replaceChildren(...now_.map(([name, value]) => h("li", {}, `${name} `, h("span", {}, value))));
        canvas.setAttribute("aria-label", `${label}: ${now_.map(([name, value]) => `${name} ${value}`).join(", ")}`);
        paint();
    }, theme(name) {
        state.theme = name;
        paint();
    }, dispose: () => chart.destroy() };
}
