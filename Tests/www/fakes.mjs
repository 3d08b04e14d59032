// SPDX-License-Identifier: Apache-2.0
// Doubles for what the library modules are given from outside: time, the API and the event stream.

import { Emitter } from "../../www/lib/events.js";

/** Timers that run when a test moves the time on. */
export class FakeTime {
    #tasks = new Map();
    #next = 1;
    time = Date.parse("2026-01-01T00:00:00Z");
    now = () => this.time;
    setTimeout = (work, pause) => {
        this.#tasks.set(this.#next, { at: this.time + pause, work });
        return this.#next++;
    };
    clearTimeout = (id) => this.#tasks.delete(id);

    get pending() {
        return this.#tasks.size;
    }

    async pass(milliseconds) {
        const end = this.time + milliseconds;
        for (;;) {
            const due = [...this.#tasks].filter(([, task]) => task.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
            if (!due) break;
            this.#tasks.delete(due[0]);
            this.time = due[1].at;
            due[1].work();
            await settled();
        }
        this.time = end;
    }
}

/** Lets promises that are ready run. */
export const settled = () => new Promise((resolve) => {
    setImmediate(resolve);
});

/** An API whose answers are functions by method; calls are written down. */
export class FakeAPI {
    calls = [];

    constructor(answers) {
        this.answers = answers;
    }

    async call(method, params = {}) {
        this.calls.push({ method, params });
        if (!this.answers[method]) throw new Error(`not expected: ${method}`);
        return this.answers[method](params);
    }
}

export const FakeEvents = Emitter;

/** Stands for the browser's EventSource. */
export class FakeSource extends Emitter {
    readyState = 0;
    addEventListener = (topic, listener) => this.on(topic, listener);

    send(topic, data) {
        this.emit(topic, { data: JSON.stringify(data) });
    }

    fail(readyState) {
        this.readyState = readyState;
        this.onerror();
    }

    close() {
        this.closed = true;
    }
}
