// SPDX-License-Identifier: Apache-2.0
// When the session ends, and when to say so. The server is asked before anything is shown: work in another
// window may have moved the end.

const warnBefore = 60_000;

/**
 * Calls `onWarn(endsAt)` a minute before the end, `onEnd()` at the end, `onSafe()` when the end moved away and
 * `onOther()` when the browser has another session now: somebody signed in anew in another window.
 */
export class SessionClock {
    #timer = null;

    constructor({ api, onWarn, onEnd, onSafe, onOther = () => {}, timers = globalThis, now = Date.now }) {
        Object.assign(this, { api, onWarn, onEnd, onSafe, onOther, timers, now });
        this.skew = 0;
        this.warned = false;
    }

    /** Takes over a session as the server tells it; `serverTime` corrects a wrong clock of this computer. */
    take(session, serverTime) {
        if (this.id !== undefined && session.id !== this.id) this.onOther();
        this.id = session.id;
        if (serverTime) this.skew = Date.parse(serverTime) - this.now();
        this.endsAt = Math.min(Date.parse(session.idleExpiresAt), Date.parse(session.expiresAt)) - this.skew;
        const left = this.endsAt - this.now();
        if (left <= 0) return this.#end();
        if (left <= warnBefore) return this.warn(this.endsAt);
        if (this.warned) this.onSafe();
        this.warned = false;
        return this.#after(left - warnBefore, () => this.check());
    }

    /** The server's notice that the end is near. */
    ending(expiresAt) {
        this.warn(Date.parse(expiresAt) - this.skew);
    }

    warn(endsAt) {
        this.endsAt = endsAt;
        this.warned = true;
        this.onWarn(endsAt);
        this.#after(Math.max(0, endsAt - this.now()) + 500, () => this.check());
    }

    /** Asks the server how the session stands. */
    async check() {
        try {
            const { session, serverTime } = await this.api.call("session.current", {}, { quiet: true });
            this.take(session, serverTime);
        } catch (problem) {
            if (problem.word === "unauthenticated") this.#end();
            else this.#after(5000, () => this.check());
        }
    }

    async extend() {
        const { session } = await this.api.call("session.extend");
        this.take(session);
    }

    stop() {
        if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
        this.#timer = null;
    }

    #end() {
        this.stop();
        this.onEnd();
    }

    #after(pause, work) {
        this.stop();
        this.#timer = this.timers.setTimeout(work, Math.min(pause, 2 ** 31 - 1));
    }
}
