// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
    ago, gathered, isActive, jobTone, jobWord, joined, line, ranges, tick, tickTimes, tiles, withJob,
} from "../../Plugins/Overview/www/model.js";
import { FakeTime } from "./fakes.mjs";

test("the figures at the top say what is wrong", () => {
    const calm = tiles({ nodes: [{ state: "online" }], machines: [{ state: "running" }, { state: "off" }],
        unacknowledged: 0, jobs: [], scheduler: "on" });
    assert.deepEqual(calm.map(({ label, value, note, tone }) => [label, value, note, tone]), [
        ["Nodes", 1, "1 online", "good"], ["Machines", 2, "1 running", "good"],
        ["Alerts", 0, "all acknowledged", "good"], ["Jobs", 0, "not finished", "good"],
    ]);
    const bad = tiles({ nodes: [{ state: "unreachable" }], machines: [{ state: "crashed" }], unacknowledged: 3,
        jobs: [{ status: "inserted" }, { status: "completed" }], scheduler: "off" });
    assert.deepEqual(bad.map(({ value, note, tone }) => [value, note, tone]), [
        [1, "1 can not be reached", "bad"], [1, "0 running, 1 crashed", "bad"], [3, "not acknowledged", "warn"],
        [1, "waiting: the scheduler is off", "warn"],
    ]);
});

test("the latest jobs stay the latest", () => {
    const jobs = [{ id: 3, status: "inserted" }, { id: 2 }, { id: 1 }];
    assert.deepEqual(withJob(jobs, { id: 4 }, 3).map(({ id }) => id), [4, 3, 2]);
    assert.deepEqual(withJob(jobs, { id: 3, status: "completed" }, 3)[0].status, "completed");
    assert.deepEqual(withJob(jobs, { id: 0 }, 3).map(({ id }) => id), [3, 2, 1]);
    assert.equal(jobWord({ status: "executing", percent: 12.4 }), "running, 12 %");
    assert.equal(jobWord({ status: "executing", percent: null }), "running");
    assert.deepEqual(["error", "completed", "inserted"].map((status) => jobTone({ status })), ["bad", "good", "calm"]);
    assert.ok(isActive({ status: "rescheduled" }) && !isActive({ status: "cancelled" }));
});

test("lines have holes where nothing was measured", () => {
    const now = Date.parse("2026-01-01T01:00:00Z");
    const at = (seconds) => new Date(now + seconds * 1000).toISOString();
    const row = joined([], [{ at: at(-100), cpuPercent: 1 }, { at: at(-10), cpuPercent: 2 }], ranges[0], now);
    assert.deepEqual(line(row, "cpuPercent", 10).map(({ y }) => y), [1, null, 2]);
    const later = joined(row, [{ at: at(-10), cpuPercent: 3 }], ranges[0], now);
    assert.deepEqual(later.map(({ cpuPercent }) => cpuPercent), [1, 3]);
    assert.ok(tickTimes(now - 3_600_000, now, 7).length <= 7);
    assert.match(tick(now, ranges[0]), /^\d\d:\d\d$/);
    assert.equal(ago(at(-200), now), "3 min ago");
});

test("many requests become one", async () => {
    const time = new FakeTime();
    let runs = 0;
    const ask = gathered(() => {
        runs += 1;
    }, 300, time);
    ask();
    ask();
    await time.pass(300);
    ask();
    await time.pass(100);
    ask.stop();
    await time.pass(1000);
    assert.equal(runs, 1);
});
