// SPDX-License-Identifier: Apache-2.0
// One console of one machine as the page lives through it: ask for a ticket, connect, and decide after each
// close what may happen next. Knows no page: `attach` opens the line, timers and events come in from outside.

import { closeMeaning, retryPause } from "./close-codes.js";

const reloadGrace = 2000;
const reloadPause = 250;

/**
 * Phases told to `onChange({phase, ...})`:
 *   opening, connecting, connected; locked {lock, freed}; retrying {meaning, attempt, pause};
 *   waiting {meaning}; closed {meaning}; refused {problem}
 */
export class ConsoleSession {
    #run = 0;
    #timer = null;
    #link = null;
    #attempt = 0;
    #off = [];

    constructor({
        api,
        events,
        machine,
        type,
        attach,
        onChange,
        isRunning = () => true,
        timers = globalThis,
        now = Date.now,
    }) {
        Object.assign(this, { api, machine, type, attach, onChange, isRunning, timers, now });
        this.state = { phase: "closed", meaning: closeMeaning(1000) };
        this.#off.push(
            events.on("console.changed", (change) => this.#lockChanged(change)),
            events.on("machine.changed", ({ machine: changed }) => this.#machineChanged(changed)),
        );
    }

    /** Connects, or connects again. `takeover` ends whoever has the console now. */
    connect({ takeover = false } = {}) {
        this.#attempt = 0;
        return this.#open(takeover);
    }

    /** Ends as if the server had closed with `code`, when the page knows it from elsewhere. */
    end(code, reason) {
        this.#abandon();
        this.#become({ phase: "closed", meaning: closeMeaning(code, reason) });
    }

    /** Ends for good, as the page goes away. */
    dispose() {
        this.#abandon();
        for (const off of this.#off) off();
    }

    #abandon() {
        this.#run += 1;
        if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
        this.#timer = null;
        this.#link?.close();
        this.#link = null;
    }

    #become(state) {
        this.state = state;
        this.onChange(state);
    }

    async #open(takeover, since = this.now()) {
        this.#abandon();
        const run = this.#run;
        this.#become({ phase: "opening" });
        let opened;
        try {
            opened = await this.api.call("console.open", {
                machine: this.machine,
                type: this.type,
                ...(takeover ? { takeover } : {}),
            });
        } catch (problem) {
            if (run === this.#run) this.#openFailed(problem, since);
            return;
        }
        if (run !== this.#run) return;
        this.#become({ phase: "connecting", lock: opened.lock });
        this.#link = this.attach({
            path: opened.path,
            protocols: ["binary", `ticket.${opened.ticket}`],
            onOpen: () => run === this.#run && this.#connected(opened.lock),
            onClose: (code, reason) => run === this.#run && this.#closed(code, reason),
        });
    }

    #connected(lock) {
        this.#attempt = 0;
        this.#become({ phase: "connected", lock });
    }

    #openFailed(problem, since) {
        const lock = problem.data?.lock;
        if (problem.word === "consoleLocked" && lock) {
            // A reloaded page is faster than the server's notice that the old one is gone.
            const mine = lock.sameSession && this.now() - since < reloadGrace;
            if (mine) return this.#later(reloadPause, () => this.#open(false, since));
            return this.#become({ phase: "locked", lock, freed: false });
        }
        if (problem.word === "unauthenticated") {
            return this.#become({ phase: "closed", meaning: closeMeaning(4002, problem.message) });
        }
        if (problem.word === "offline") return this.#retry({ ...closeMeaning(1006), text: problem.message });
        const asleep = ["consoleUnreachable", "conflict"].includes(problem.word) && !this.isRunning();
        if (asleep) return this.#become({ phase: "waiting", meaning: {
            ...closeMeaning(4004),
            title: "The machine is not running",
        } });
        if (problem.word === "consoleUnreachable" && this.#attempt > 0 && this.#attempt < 5) {
            return this.#retry({ ...closeMeaning(4005), text: problem.message });
        }
        return this.#become({ phase: "refused", problem });
    }

    #closed(code, reason) {
        this.#link = null;
        const meaning = closeMeaning(code, reason);
        if (meaning.next === "retry") return this.#retry(meaning);
        if (meaning.next === "wait") {
            return this.isRunning() ? this.#retry(meaning) : this.#become({ phase: "waiting", meaning });
        }
        return this.#become({ phase: "closed", meaning });
    }

    #retry(meaning) {
        this.#attempt += 1;
        const pause = retryPause(this.#attempt);
        this.#become({ phase: "retrying", meaning, attempt: this.#attempt, pause });
        this.#later(pause, () => this.#open(false));
    }

    #later(pause, work) {
        if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
        this.#timer = this.timers.setTimeout(() => {
            this.#timer = null;
            work();
        }, pause);
    }

    #lockChanged({ machine, type, lock }) {
        if (machine !== this.machine || type !== this.type) return;
        if (this.state.phase === "locked") {
            this.#become({ phase: "locked", lock: lock ?? this.state.lock, freed: lock === null });
        }
    }

    #machineChanged(changed) {
        if (changed.id !== this.machine) return;
        if (this.state.phase === "waiting" && changed.state === "running") {
            this.#attempt = 1;
            this.#later(300, () => this.#open(false));
        } else if (this.state.phase === "retrying" && this.state.meaning.next === "wait" &&
            changed.state !== "running") {
            this.#abandon();
            this.#become({ phase: "waiting", meaning: this.state.meaning });
        }
    }
}
