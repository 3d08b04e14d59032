// SPDX-License-Identifier: Apache-2.0
// Watches the end of the session: a dialog a minute before, and what follows after it.

import { describe } from "../lib/api.js";
import { SessionClock } from "../lib/session-clock.js";
import { h, text } from "./dom.js";
import { openDialog } from "./dialog.js";
import { notify } from "./notices.js";

/** Starts watching; `onEnd(reason)` is told once when the session is gone, `onOther()` when it is another one. */
export function guardSession({ api, events, session, serverTime, onEnd, onOther }) {
    let shown = null;
    let over = false;
    const end = (reason = "") => {
        if (over) return;
        over = true;
        clock.stop();
        shown?.(null);
        onEnd(reason);
    };
    const clock = new SessionClock({
        api,
        onWarn: (endsAt) => warn(endsAt),
        onSafe: () => shown?.("safe"),
        onEnd: () => end(),
        onOther,
    });

    async function warn(endsAt) {
        if (shown || over) return;
        let ticking = null;
        const seconds = h("strong", { class: "number" });
        const spoken = h("p", { class: "unseen", role: "status" });
        const tick = () => {
            const left = Math.max(0, Math.ceil((clock.endsAt - Date.now()) / 1000));
            text(seconds, `${left} s`);
            if (left === 30 || left === 10) text(spoken, `${left} seconds left`);
        };
        const answer = await openDialog({
            title: "You are about to be signed out",
            body: [h("p", {}, "Nothing was done here for a while. You will be signed out in ", seconds, "."), spoken],
            actions: [
                { label: "Sign out now", value: "leave" },
                { label: "Stay signed in", value: "stay", style: "primary", autofocus: true, submit: true },
            ],
            onOpen: (_, finish) => {
                shown = finish;
                tick();
                ticking = setInterval(tick, 500);
            },
        });
        clearInterval(ticking);
        shown = null;
        if (over || answer === "safe") return;
        if (answer === "leave") return void leave();
        await stay(endsAt);
    }

    async function stay() {
        try {
            await clock.extend();
        } catch (problem) {
            if (problem.word === "unauthenticated") end();
            else notify(describe(problem), "bad");
        }
    }

    async function leave() {
        await api.call("session.logout", {}, { quiet: true }).catch(() => {});
        end();
    }

    clock.take(session, serverTime);
    events.on("ready", () => clock.check());
    events.on("refused", () => clock.check());
    // The server tells only the session that ends.
    events.on("session.ending", ({ expiresAt }) => clock.ending(expiresAt));
    events.on("session.ended", ({ session: id, reason }) => id === session.id && end(reason));
    return { end, check: () => clock.check() };
}
