// SPDX-License-Identifier: Apache-2.0
// What an alert's severity is called, and how many nobody has seen yet.

import { Emitter } from "./events.js";

export const severities = {
    info: { label: "Note", icon: "info", tone: "info" },
    warning: { label: "Warning", icon: "warning", tone: "warn" },
    error: { label: "Error", icon: "state-crashed", tone: "bad" },
};

export const severityOf = (alert) => severities[alert.severity] ?? {
    label: alert.severity, icon: "info", tone: "calm",
};

/** Whether what it tells of is still so. */
export const isOver = (alert) => Boolean(alert.clearedAt);

/** Keeps the number of alerts that this user has not acknowledged; emits "count". */
export class Unacknowledged extends Emitter {
    count = 0;
    #loading = null;

    constructor({ api, events }) {
        super();
        this.api = api;
        events.on("ready", () => this.load());
        events.on("alert.changed", ({ unacknowledged }) => {
            if (typeof unacknowledged === "number") this.#take(unacknowledged);
            else this.load();
        });
    }

    /** Asks the server; calls that overlap share one answer. A server that does not tell is no fault to show here. */
    load() {
        this.#loading ??= this.api.call("alert.list", { limit: 1 }, { quiet: true })
            .then(({ unacknowledged = 0 }) => this.#take(unacknowledged), () => {})
            .finally(() => {
                this.#loading = null;
            });
        return this.#loading;
    }

    #take(count) {
        if (count === this.count) return;
        this.count = count;
        this.emit("count", count);
    }
}
