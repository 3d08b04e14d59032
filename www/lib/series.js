// SPDX-License-Identifier: Apache-2.0
// History of load for charts: which part is asked for, how new points join it, and how values are written.

export const ranges = [
    { name: "1h", label: "1 hour", seconds: 3600, resolution: "10s", step: 10 },
    { name: "6h", label: "6 hours", seconds: 6 * 3600, resolution: "1m", step: 60 },
    { name: "2d", label: "2 days", seconds: 2 * 86_400, resolution: "15m", step: 900 },
    // A month of quarters of an hour is drawn in pieces of two hours: more lines than pixels say nothing.
    { name: "30d", label: "30 days", seconds: 30 * 86_400, resolution: "15m", step: 900, piece: 7200 },
];

export const rangeNamed = (name) => ranges.find((range) => range.name === name) ?? ranges[0];

/** The parameters of `sample.range` for a subject; with `after` only what is newer than the last point. */
export function rangeParameters(subject, range, now, after = null) {
    const from = after ?? now - range.seconds * 1000;
    return { ...subject, from: new Date(from).toISOString(), resolution: range.resolution };
}

/** Points as `{time, ...values}` in order of time. */
export function readPoints(points) {
    return points.map((point) => ({ ...point, time: Date.parse(point.at) }))
        .filter(({ time }) => Number.isFinite(time))
        .sort((a, b) => a.time - b.time);
}

/** Old and new points as one row: a newer value of the same time wins, what left the range is dropped. */
export function joined(old, fresh, range, now) {
    const first = fresh[0]?.time ?? Infinity;
    const kept = old.filter(({ time }) => time < first && time >= now - range.seconds * 1000);
    return [...kept, ...fresh];
}

/** The means of pieces of time, where the range is drawn in pieces. */
export function pieced(points, { piece }) {
    if (!piece) return points;
    const groups = new Map();
    for (const point of points) {
        const time = Math.floor(point.time / (piece * 1000)) * piece * 1000;
        if (!groups.has(time)) groups.set(time, []);
        groups.get(time).push(point);
    }
    return [...groups].map(([time, members]) => ({ time, ...means(members) }));
}

function means(points) {
    const names = new Set(points.flatMap((point) => Object.keys(point).filter((name) => name !== "time")));
    const found = {};
    for (const name of names) {
        const all = summary(points, name);
        if (all) found[name] = all.mean;
    }
    return found;
}

/** `{x, y}` for one value; a hole in the history becomes a hole in the line, not a slope. */
export function line(points, key, step) {
    const drawn = [];
    let last = null;
    for (const point of points) {
        const y = typeof point[key] === "number" ? point[key] : null;
        if (last !== null && point.time - last > step * 2500) drawn.push({ x: last + step * 1000, y: null });
        drawn.push({ x: point.time, y });
        last = point.time;
    }
    return drawn;
}

/** The last known value. */
export function latest(points, key) {
    for (let at = points.length - 1; at >= 0; at -= 1) {
        if (typeof points[at][key] === "number") return points[at][key];
    }
    return null;
}

/** The middle and the highest value. */
export function summary(points, key) {
    const values = points.map((point) => point[key]).filter((value) => typeof value === "number");
    if (!values.length) return null;
    return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, most: Math.max(...values) };
}

export const percent = (value) => (value === null || value === undefined ? "–" : `${tidy(value)} %`);

const rateUnits = ["B/s", "KiB/s", "MiB/s", "GiB/s"];

/** Bytes per second: 1536 → "1.5 KiB/s". */
export function rate(value) {
    if (value === null || value === undefined) return "–";
    let unit = 0;
    let rest = value;
    while (rest >= 1024 && unit < rateUnits.length - 1) {
        rest /= 1024;
        unit += 1;
    }
    return `${tidy(rest)} ${rateUnits[unit]}`;
}

const tidy = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** A time on the axis: the clock for hours, the day for more. */
export function tick(time, seconds) {
    const at = new Date(time);
    const two = (number) => String(number).padStart(2, "0");
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
    if (seconds <= 6 * 3600) return clock;
    const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    return seconds <= 2 * 86_400 ? `${day} ${clock}` : day;
}

/** Round times for the axis, at most `most` of them, in this computer's time zone. */
export function tickTimes(from, to, most = 7) {
    const steps = [60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 432_000];
    const step = (steps.find((each) => (to - from) / 1000 / each <= most) ?? steps.at(-1)) * 1000;
    const shift = new Date(to).getTimezoneOffset() * 60_000;
    const times = [];
    for (let time = Math.ceil((from - shift) / step) * step + shift; time <= to; time += step) times.push(time);
    return times;
}

/** Round values for an axis of bytes, so that 1 KiB/s and not 1000 B/s is a line. */
export function byteTicks(most, count = 4) {
    if (!(most > 0)) return [0, 1024];
    let unit = 1;
    while (most / unit > 1024) unit *= 1024;
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 256, 512, 1024].map((each) => each * unit);
    const step = steps.find((each) => most / each <= count) ?? steps.at(-1);
    const values = [];
    for (let value = 0; value < most + step; value += step) values.push(value);
    return values;
}
