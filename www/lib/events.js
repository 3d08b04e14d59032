// SPDX-License-Identifier: Apache-2.0
// The event stream of one browser: opens it, keeps it open, hands out what arrives.

/** Topics the server sends; an EventSource must be asked for each by name. */
export const topics = [
    "ready", "machine.changed", "machine.removed", "node.changed", "console.changed", "session.ending",
    "session.ended", "user.changed", "privilege.changed", "plugin.changed", "job.changed", "alert.changed",
    "sample.added", "events.dropped",
];

const CLOSED = 2;

/**
 * Keeps one EventSource open. `onEvent(topic, data)` gets each event, `onStatus("connecting"|"open"|"closed")`
 * the state. The browser reconnects after a broken line by itself; after a refusal (no session, server
 * starting) it calls `onRefused()` and tries again with growing pauses of at most `longest` milliseconds.
 */
export class EventStream {
    #source = null;
    #timer = null;
    #failures = 0;
    #options;

    constructor(options) {
        this.#options = {
            path: "/api/events", setTimer: globalThis.setTimeout.bind(globalThis),
            clearTimer: globalThis.clearTimeout.bind(globalThis), longest: 30_000,
            onEvent: () => {}, onStatus: () => {}, onRefused: () => {}, ...options,
        };
        this.status = "closed";
    }

    start() {
        if (this.#source || this.#timer) return;
        this.#open();
    }

    stop() {
        if (this.#timer) this.#options.clearTimer(this.#timer);
        this.#timer = null;
        this.#source?.close();
        this.#source = null;
        this.#failures = 0;
        this.#say("closed");
    }

    restart() {
        this.stop();
        this.start();
    }

    #open() {
        this.#say("connecting");
        const source = this.#options.makeSource(this.#options.path);
        this.#source = source;
        for (const topic of topics) source.addEventListener(topic, (event) => this.#arrived(source, topic, event));
        source.onerror = () => this.#failed(source);
    }

    #arrived(source, topic, event) {
        if (source !== this.#source) return;
        let data = {};
        try {
            data = JSON.parse(event.data || "{}");
        } catch {
            return;
        }
        if (topic === "ready") {
            this.#failures = 0;
            this.#say("open");
        }
        this.#options.onEvent(topic, data);
    }

    #failed(source) {
        if (source !== this.#source) return;
        this.#say("connecting");
        if (source.readyState !== CLOSED) return;
        source.close();
        this.#source = null;
        this.#failures += 1;
        this.#options.onRefused();
        const pause = Math.min(this.#options.longest, 1000 * 2 ** (this.#failures - 1));
        this.#timer = this.#options.setTimer(() => {
            this.#timer = null;
            this.#open();
        }, pause);
    }

    #say(status) {
        if (status === this.status) return;
        this.status = status;
        this.#options.onStatus(status);
    }
}

/** A set of listeners by topic. `on` answers with a function that takes the listener off again. */
export class Emitter {
    #listeners = new Map();

    on(topic, listener) {
        if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
        this.#listeners.get(topic).add(listener);
        return () => this.#listeners.get(topic)?.delete(listener);
    }

    emit(topic, data) {
        for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(data);
    }
}
