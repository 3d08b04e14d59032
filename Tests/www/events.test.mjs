// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStream } from "../../www/lib/events.js";
import { FakeSource, FakeTime } from "./fakes.mjs";

function stream() {
    const time = new FakeTime();
    const sources = [];
    const seen = [];
    const statuses = [];
    const made = new EventStream({
        makeSource: () => {
            sources.push(new FakeSource());
            return sources.at(-1);
        },
        onEvent: (topic, data) => seen.push([topic, data]),
        onStatus: (status) => statuses.push(status),
        setTimer: time.setTimeout, clearTimer: time.clearTimeout,
    });
    return { made, time, sources, seen, statuses };
}

test("events are handed on, and the stream counts as open once it is greeted", () => {
    const { made, sources, seen, statuses } = stream();
    made.start();
    made.start();
    assert.equal(sources.length, 1);
    sources[0].send("ready", { serverTime: "x" });
    sources[0].send("machine.changed", { machine: { id: "1" } });
    assert.deepEqual(seen.map(([topic]) => topic), ["ready", "machine.changed"]);
    assert.deepEqual(statuses, ["connecting", "open"]);
});

test("an event that can not be read is left out", () => {
    const { made, sources, seen } = stream();
    made.start();
    sources[0].emit("machine.changed", { data: "{" });
    assert.deepEqual(seen, []);
});

test("a broken line is left to the browser, a refusal is tried again with growing pauses", async () => {
    const { made, time, sources } = stream();
    made.start();
    sources[0].fail(0);
    await time.pass(60_000);
    assert.equal(sources.length, 1);
    sources[0].fail(2);
    await time.pass(999);
    assert.equal(sources.length, 1);
    await time.pass(1);
    assert.equal(sources.length, 2);
    sources[1].fail(2);
    await time.pass(1999);
    assert.equal(sources.length, 2);
    await time.pass(1);
    assert.equal(sources.length, 3);
});

test("a refusal is told, a broken line is not", () => {
    let refused = 0;
    const sources = [];
    const makeSource = () => {
        sources.push(new FakeSource());
        return sources.at(-1);
    };
    const made = new EventStream({ onRefused: () => refused++, setTimer: () => 1, clearTimer: () => {}, makeSource });
    made.start();
    sources[0].fail(0);
    assert.equal(refused, 0);
    sources[0].fail(2);
    assert.equal(refused, 1);
});

test("stopping closes the line and forgets a planned try", async () => {
    const { made, time, sources, seen } = stream();
    made.start();
    sources[0].fail(2);
    made.stop();
    await time.pass(60_000);
    assert.equal(sources.length, 1);
    made.start();
    made.stop();
    sources[1].send("ready", {});
    assert.ok(sources[1].closed);
    assert.deepEqual(seen, []);
});
