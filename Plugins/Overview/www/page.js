// SPDX-License-Identifier: Apache-2.0
// The overview. The default export fills an element through a connection to the shell: `call`, `on`, `navigate`.

import { nodeChart } from "./charts.js";
import { card, h, place } from "./elements.js";
import { ago, gathered, joined, jobTone, jobWord, mostLines, ranges, tiles, withJob } from "./model.js";

const latest = 6;
const refresh = 30_000;

export default async function mount(element, gatehouse) {
    const sheet = h("link", { rel: "stylesheet", href: new URL("overview.css", import.meta.url).pathname });
    const own = document.querySelector('link[href$="overview.css"]') === null;
    if (own) document.head.append(sheet);
    const page = new Overview(element, gatehouse);
    await page.start();
    return { dispose() {
        page.dispose();
        if (own) sheet.remove();
    } };
}

class Overview {
    nodes = new Map();
    machines = new Map();
    alerts = [];
    unacknowledged = 0;
    jobs = [];
    active = new Map();
    scheduler = null;
    points = new Map();
    range = ranges[0];
    off = [];

    constructor(element, gatehouse) {
        this.gatehouse = gatehouse;
        this.tiles = h("div", { class: "ov-tiles" });
        this.cpu = nodeChart({ label: "CPU of the nodes", key: "cpuPercent" });
        this.memory = nodeChart({ label: "Memory of the nodes", key: "memoryPercent" });
        this.alertList = h("ul", { class: "ov-list" });
        this.jobList = h("ul", { class: "ov-list" });
        this.note = h("p", { class: "ov-note", role: "status" });
        const choice = h("select", { "aria-label": "Time shown", onchange: () => {
            this.range = ranges.find(({ name }) => name === choice.value);
            this.points.clear();
            this.readSamples();
        } }, ranges.map(({ name, label }) => h("option", { value: name }, label)));
        const more = (path, words) => place(gatehouse, path, {}, words);
        element.replaceChildren(h("div", { class: "overview" }, this.tiles, this.note, h("div", { class: "ov-grid" },
            card("CPU", choice, this.cpu.element), card("Memory", null, this.memory.element),
            card("Latest alerts", more("/alerts", "All alerts"), this.alertList),
            card("Latest jobs", more("/jobs", "All jobs"), this.jobList))));
    }

    async start() {
        const { gatehouse } = this;
        this.theme(gatehouse.theme);
        const readAll = gathered(() => this.read(), 300);
        const alerts = gathered(() => this.readAlerts(), 300);
        const samples = gathered(() => this.readSamples(), 500);
        this.gathered = [readAll, alerts, samples];
        this.draw = gathered(() => this.show(), 100);
        this.hear("theme", (theme) => this.theme(theme));
        this.hear("ready", readAll);
        this.hear("machine.changed", ({ machine }) => this.put(this.machines, machine.id, machine));
        this.hear("machine.removed", ({ id }) => this.machines.delete(id) && this.draw());
        this.hear("node.changed", ({ node }) => this.put(this.nodes, node.name, node));
        this.hear("sample.added", samples);
        this.hear("alert.changed", alerts);
        this.hear("job.changed", ({ job }) => this.job(job));
        // Only what does not count as use of the viewer's session is asked again without a reason.
        this.timer = setInterval(() => document.hidden || this.again(), refresh);
        await this.read();
    }

    /** Without a topic that was not granted the page is only less fresh. */
    hear(topic, listener) {
        try {
            this.off.push(this.gatehouse.on(topic, listener));
        } catch {
            // As old as the page then.
        }
    }

    put(kept, key, value) {
        kept.set(key, value);
        this.draw();
    }

    job(job) {
        if (!job) return;
        this.jobs = withJob(this.jobs, job, latest);
        this.active.set(job.id, job);
        this.draw();
    }

    async read() {
        await Promise.all([this.readPlaces(), this.readAlerts(), this.readJobs()]);
        await this.readSamples();
    }

    async again() {
        await this.readAlerts();
        await this.readSamples();
        this.draw();
    }

    /** What can not be read leaves its place as it is and is told once, in one line. */
    async ask(method, parameters, take) {
        try {
            take(await this.gatehouse.call(method, parameters));
            if (this.failed === method) this.note.textContent = this.failed = "";
        } catch (problem) {
            if (this.ended) return;
            this.failed = method;
            this.note.textContent = problem.message;
        }
    }

    async readPlaces() {
        await Promise.all([
            this.ask("node.list", {}, ({ nodes }) => {
                this.nodes = new Map(nodes.map((node) => [node.name, node]));
            }),
            this.ask("machine.list", {}, ({ machines }) => {
                this.machines = new Map(machines.map((machine) => [machine.id, machine]));
            }),
        ]);
        this.draw();
    }

    readAlerts() {
        return this.ask("alert.list", { limit: latest }, ({ alerts, unacknowledged }) => {
            this.alerts = alerts;
            this.unacknowledged = unacknowledged;
            this.draw();
        });
    }

    async readJobs() {
        await this.ask("job.list", { active: true, limit: 500 }, ({ jobs }) => {
            this.active = new Map(jobs.map((job) => [job.id, job]));
        });
        await this.ask("job.list", { limit: latest }, ({ jobs, scheduler }) => {
            this.jobs = jobs;
            this.scheduler = scheduler;
        });
        this.draw();
    }

    async readSamples() {
        if (this.reading) return;
        this.reading = true;
        const { range } = this;
        const now = Date.now();
        for (const name of this.drawn()) {
            const known = this.points.get(name) ?? [];
            const from = known.length > 1 ? known.at(-2).time + 1 : now - range.seconds * 1000;
            const wish = { node: name, from: new Date(from).toISOString(), resolution: range.resolution };
            await this.ask("sample.range", wish, ({ points }) => {
                if (range === this.range) this.points.set(name, joined(known, points, range, now));
            });
        }
        this.reading = false;
        if (this.ended) return;
        // The range may have been changed meanwhile.
        if (range !== this.range) await this.readSamples();
        else this.chart(now);
    }

    drawn() {
        const measured = [...this.nodes.values()].filter(({ kind }) => kind !== "static");
        return measured.map(({ name }) => name).sort().slice(0, mostLines);
    }

    chart(now) {
        const lines = this.drawn().map((name) => ({ name, points: this.points.get(name) ?? [] }))
            .filter(({ points }) => points.length > 0);
        for (const chart of [this.cpu, this.memory]) chart.update(lines, this.range, now);
    }

    theme(name) {
        for (const chart of [this.cpu, this.memory]) chart.theme(name);
    }

    show() {
        if (this.ended) return;
        const { gatehouse } = this;
        const focused = document.activeElement?.getAttribute?.("href");
        this.tiles.replaceChildren(...tiles({
            nodes: [...this.nodes.values()], machines: [...this.machines.values()], jobs: [...this.active.values()],
            unacknowledged: this.unacknowledged, scheduler: this.scheduler,
        }).map(({ label, value, note, tone, path }) => place(gatehouse, path, { class: "ov-tile" },
            h("span", {}, label), h("strong", {}, String(value)), h("em", { class: `ov-${tone}` }, note))));
        this.alertList.replaceChildren(...this.alerts.length ? this.alerts.map((alert) => this.alertLine(alert))
            : [h("li", { class: "ov-none" }, "No alerts.")]);
        this.jobList.replaceChildren(...this.jobs.length ? this.jobs.map((job) => this.jobLine(job))
            : [h("li", { class: "ov-none" }, "No jobs.")]);
        if (focused) this.tiles.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }

    alertLine({ severity, message, at, acknowledged, clearedAt }) {
        const tone = { error: "bad", warning: "warn" }[severity] ?? "calm";
        return h("li", { class: acknowledged ? "" : "ov-unread" }, h("div", {}, h("b", { class: `ov-${tone}` },
            { error: "Error", warning: "Warning", info: "Note" }[severity] ?? severity), " ", message),
        h("small", {}, `${ago(at)}, ${clearedAt ? "over" : "still so"}`));
    }

    jobLine(job) {
        const on = job.machineName ?? job.node;
        return h("li", {}, h("div", {}, place(this.gatehouse, `/jobs/${job.id}`, {}, job.kind), on ? ` on ${on}` : ""),
            h("small", {}, h("span", { class: `ov-${jobTone(job)}` }, jobWord(job)), `, ${ago(job.createdAt)}`));
    }

    dispose() {
        this.ended = true;
        clearInterval(this.timer);
        for (const each of [...this.gathered, this.draw]) each.stop();
        for (const off of this.off) off?.();
        this.cpu.dispose();
        this.memory.dispose();
    }
}
