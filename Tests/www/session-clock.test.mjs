// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { APIError } from "../../www/lib/api.js";
import { SessionClock } from "../../www/lib/session-clock.js";
import { FakeAPI, FakeTime, settled } from "./fakes.mjs";

function clock(answers = {}) {
    const time = new FakeTime();
    const told = [];
    const ends = (seconds) => ({
        idleExpiresAt: new Date(time.now() + seconds * 1000).toISOString(),
        expiresAt: "2026-01-01T12:00:00Z",
    });
    const api = new FakeAPI(Object.fromEntries(Object.entries(answers).map(([method, make]) => [
        method,
        () => make(ends, time),
    ])));
    const made = new SessionClock({
        api, timers: time, now: time.now,
        onWarn: () => told.push("warn"), onEnd: () => told.push("end"), onSafe: () => told.push("safe"),
    });
    return { made, time, told, ends, api };
}

test("the server is asked a minute before the end; work elsewhere moves the end", async () => {
    const { made, time, told, ends, api } = clock({ "session.current": (later) => ({ session: later(900) }) });
    made.take(ends(900));
    await time.pass(839_999);
    assert.equal(api.calls.length, 0);
    await time.pass(1);
    await settled();
    assert.equal(api.calls.length, 1);
    assert.deepEqual(told, []);
});

test("the warning comes when the end stays, and the end is told after it", async () => {
    const { made, time, told, ends } = clock({ "session.current": () => {
        throw new APIError("unauthenticated", "Sign in.");
    } });
    made.take(ends(30));
    assert.deepEqual(told, ["warn"]);
    await time.pass(30_500);
    await settled();
    assert.deepEqual(told, ["warn", "end"]);
});

test("extending takes the warning back", async () => {
    const { made, told, ends } = clock({ "session.extend": (later) => ({ session: later(900) }) });
    made.take(ends(30));
    await made.extend();
    assert.deepEqual(told, ["warn", "safe"]);
});

test("a computer's wrong clock does not matter", () => {
    const { made, time, told, ends } = clock();
    const serverAhead = new Date(time.now() + 3_600_000).toISOString();
    made.take(ends(3600 + 900), serverAhead);
    assert.deepEqual(told, []);
    assert.equal(Math.round((made.endsAt - time.now()) / 1000), 900);
});

test("an unreachable server is asked again, not taken for the end", async () => {
    let tries = 0;
    const { made, time, told, ends } = clock({ "session.current": (later) => {
        tries += 1;
        if (tries < 3) throw new APIError("offline", "away");
        return { session: later(900) };
    } });
    made.take(ends(61));
    await time.pass(1000);
    await time.pass(5000);
    await time.pass(5000);
    await settled();
    assert.equal(tries, 3);
    assert.deepEqual(told, []);
});

test("another session of the browser is noticed", () => {
    const { made, ends } = clock();
    let others = 0;
    made.onOther = () => others++;
    made.take({ id: "a", ...ends(900) });
    made.take({ id: "a", ...ends(900) });
    assert.equal(others, 0);
    made.take({ id: "b", ...ends(900) });
    assert.equal(others, 1);
});
