// SPDX-License-Identifier: Apache-2.0
// What a job's status is called, which jobs a list shows, and in what order.

import { actions } from "./machine-states.js";

export const jobStates = {
    inserted: { label: "Waits for its time", icon: "clock", tone: "calm" },
    rescheduled: { label: "Waits for its next time", icon: "clock", tone: "calm" },
    fetched: { label: "Waits for other jobs", icon: "clock", tone: "calm" },
    enqueued: { label: "In the queue", icon: "state-shutdown", tone: "info" },
    launching: { label: "Starting", icon: "refresh", tone: "info" },
    executing: { label: "Running", icon: "state-running", tone: "info" },
    completed: { label: "Done", icon: "check", tone: "good" },
    cancelled: { label: "Cancelled", icon: "close", tone: "calm" },
    error: { label: "Failed", icon: "warning", tone: "bad" },
    dependencyFailed: { label: "One before it failed", icon: "warning", tone: "bad" },
};

const finished = new Set(["completed", "cancelled", "error", "dependencyFailed"]);

export function stateOfJob(job) {
    const state = jobStates[job.status] ?? { label: job.status, icon: "state-unknown", tone: "calm" };
    if (isHeld(job)) return { label: "On hold", icon: "pause", tone: "warn" };
    return job.cancelRequested && isActive(job) ? { ...state, label: "Being cancelled", tone: "warn" } : state;
}

/** Whether it waits until somebody releases it. */
export const isHeld = (job) => Boolean(job.held) && isActive(job) && !isRunning(job);
export const isActive = (job) => !finished.has(job.status);
export const isRunning = (job) => job.status === "executing" || job.status === "launching";
export const mayCancel = (job) => isActive(job) && !job.cancelRequested;

/** What a job does, in words where its kind is an operation of a machine. */
export const kindLabel = (kind) => actions.find(({ method }) => method === kind)?.label ?? kind;

/** What a job is about: `{text, machine?}`. */
export function targetOf(job) {
    if (job.machine) return { text: job.machineName ?? job.machine, machine: job.machine };
    return { text: job.node ?? "–" };
}

/** The choices of the list's filter. */
export const choices = [
    { value: "", label: "All jobs" },
    { value: "active", label: "Not finished" },
    { value: "held", label: "On hold" },
    ...[
        "executing", "enqueued", "inserted", "rescheduled", "completed", "error", "cancelled", "dependencyFailed",
    ].map((value) => ({ value, label: jobStates[value].label })),
];

/** The parameters of `job.list` for a choice. */
export function listParameters(choice) {
    if (choice === "active") return { active: true };
    if (choice === "held") return { held: true, active: true };
    return choice ? { status: choice } : {};
}

/** Whether a job belongs to what is chosen: `{choice, words, machine}`. */
export function passes(job, { choice = "", words = "", machine = null } = {}) {
    if (machine && job.machine !== machine) return false;
    if (choice === "active" && !isActive(job)) return false;
    if (choice === "held" && !isHeld(job)) return false;
    if (choice && choice !== "active" && choice !== "held" && job.status !== choice) return false;
    const text = [
        job.id, job.kind, kindLabel(job.kind), job.machineName, job.node, job.submitter, job.message, job.error,
    ].filter((value) => value !== null && value !== undefined).join(" ").toLowerCase();
    return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The newest first. */
export const newestFirst = (a, b) => b.id - a.id;

/** Percent from 0 to 100, or null where the job does not say. */
export function percentOf(job) {
    if (typeof job.percent !== "number") return null;
    return Math.min(100, Math.max(0, Math.round(job.percent)));
}

/** How long it ran, in seconds; null before it started. */
export function runSeconds(job, now = Date.now()) {
    if (!job.startedAt) return null;
    return Math.max(0, ((job.finishedAt ? Date.parse(job.finishedAt) : now) - Date.parse(job.startedAt)) / 1000);
}

/** An error of a job as a sentence; the server may give a text or an object with one. */
export function errorText(job) {
    if (!job.error) return null;
    return typeof job.error === "string" ? job.error : job.error.message ?? JSON.stringify(job.error);
}

/** Operations that can be put off, for the dialog. */
export const operations = actions.map(({ method, label, ask }) => ({ value: method, label, ask }));

/** The parameters of `job.submit` for an operation of a machine; `at` is a local date and time, empty for now. */
export function submission({ kind, machine, at = "", cron = "" }) {
    const order = { kind, parameters: { machine }, machine };
    if (cron.trim()) order.cron = cron.trim().replace(/\s+/g, " ");
    else if (at) order.notBefore = new Date(at).toISOString();
    return order;
}
