// SPDX-License-Identifier: Apache-2.0
// What the overview counts and draws. Nothing here touches the page.

export const ranges = [
    { name: "1h", label: "1 hour", seconds: 3600, resolution: "10s", step: 10 },
    { name: "6h", label: "6 hours", seconds: 6 * 3600, resolution: "1m", step: 60 },
    { name: "2d", label: "2 days", seconds: 2 * 86_400, resolution: "15m", step: 900 },
];

/** How many nodes are drawn; more lines can not be told apart. */
export const mostLines = 8;

export const count = (items, passes) => items.filter(passes).length;

/** The figures at the top: `{label, value, note, tone, path}`. */
export function tiles({ nodes, machines, unacknowledged, jobs, scheduler }) {
    const away = count(nodes, ({ state }) => state === "unreachable");
    const crashed = count(machines, ({ state }) => state === "crashed");
    const active = count(jobs, isActive);
    return [
        { label: "Nodes", value: nodes.length, path: "/nodes",
            note: away ? `${away} can not be reached` : `${count(nodes, ({ state }) => state === "online")} online`,
            tone: away ? "bad" : "good" },
        { label: "Machines", value: machines.length, path: "/",
            note: `${count(machines, ({ state }) => state === "running")} running${
                crashed ? `, ${crashed} crashed` : ""}`,
            tone: crashed ? "bad" : "good" },
        { label: "Alerts", value: unacknowledged, path: "/alerts",
            note: unacknowledged ? "not acknowledged" : "all acknowledged", tone: unacknowledged ? "warn" : "good" },
        { label: "Jobs", value: active, path: "/jobs?show=active",
            note: scheduler === "off" ? "waiting: the scheduler is off" : "not finished",
            tone: scheduler === "off" && active ? "warn" : "good" },
    ];
}

const finished = ["completed", "cancelled", "error", "dependencyFailed"];
export const isActive = ({ status }) => !finished.includes(status);

const jobWords = {
    inserted: "waits for its time", rescheduled: "waits for its next time", fetched: "waits for other jobs",
    enqueued: "in the queue",
    launching: "starting", executing: "running", completed: "done", cancelled: "cancelled", error: "failed",
    dependencyFailed: "one before it failed",
};

export function jobWord(job) {
    const word = jobWords[job.status] ?? job.status;
    const isCounting = job.status === "executing" && typeof job.percent === "number";
    return isCounting ? `${word}, ${Math.round(job.percent)} %` : word;
}

export const jobTone = (job) => (["error", "dependencyFailed"].includes(job.status) ? "bad"
    : job.status === "completed" ? "good" : "calm");

/** Puts a changed job into the latest ones, the newest first. */
export function withJob(jobs, job, most) {
    return [job, ...jobs.filter(({ id }) => id !== job.id)].sort((a, b) => b.id - a.id).slice(0, most);
}

/** The points of one value for a chart; a hole in the history stays a hole in the line. */
export function line(points, key, step) {
    const drawn = [];
    let last = null;
    for (const { time, [key]: value } of points) {
        if (last !== null && time - last > step * 2500) drawn.push({ x: last + step * 1000, y: null });
        drawn.push({ x: time, y: typeof value === "number" ? value : null });
        last = time;
    }
    return drawn;
}

/** Old and new points as one row without what left the range. */
export function joined(old, answered, range, now) {
    const fresh = answered.map((point) => ({ ...point, time: Date.parse(point.at) }));
    const first = fresh[0]?.time ?? Infinity;
    return [...old.filter(({ time }) => time < first && time >= now - range.seconds * 1000), ...fresh];
}

/** Round times for the axis. */
export function tickTimes(from, to, most) {
    const steps = [300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000);
    const step = steps.find((each) => (to - from) / each <= most) ?? steps.at(-1);
    const shift = new Date(to).getTimezoneOffset() * 60_000;
    const times = [];
    for (let time = Math.ceil((from - shift) / step) * step + shift; time <= to; time += step) times.push(time);
    return times;
}

/** "12:30", with the day before it where the range is longer than a day. */
export function tick(time, range) {
    const at = new Date(time);
    const two = (number) => String(number).padStart(2, "0");
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return range.seconds > 86_400 ? `${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}` : clock;
}

/** "just now", "4 min ago". */
export function ago(time, now = Date.now()) {
    const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
    if (seconds < 45) return "just now";
    if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
    if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
    return `${Math.round(seconds / 86_400)} d ago`;
}

/** Calls `work` once for many requests, `pause` milliseconds after the first of them. */
export function gathered(work, pause, timers = globalThis) {
    let waiting = null;
    const ask = () => {
        waiting ??= timers.setTimeout(() => {
            waiting = null;
            work();
        }, pause);
    };
    ask.stop = () => {
        if (waiting !== null) timers.clearTimeout(waiting);
        waiting = null;
    };
    return ask;
}
