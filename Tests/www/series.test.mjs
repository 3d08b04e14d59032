// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
    byteTicks, joined, latest, line, percent, pieced, rangeNamed, rangeParameters, ranges, rate, readPoints, summary,
    tick, tickTimes,
} from "../../www/lib/series.js";

const start = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds) => new Date(start + seconds * 1000).toISOString();
const point = (seconds, cpuPercent) => ({ at: at(seconds), time: start + seconds * 1000, cpuPercent });

test("a range asks for its time and resolution, later only for what is new", () => {
    const range = rangeNamed("6h");
    assert.deepEqual(rangeParameters({ machine: "m" }, range, start), {
        machine: "m", from: at(-6 * 3600), resolution: "1m",
    });
    assert.equal(rangeParameters({ node: "n" }, range, start, start - 5000).from, at(-5));
    assert.equal(rangeNamed("none"), ranges[0]);
});

test("points are ordered, and what has no time is left out", () => {
    const read = readPoints([{ at: at(20) }, { at: "never" }, { at: at(10) }]);
    assert.deepEqual(read.map(({ time }) => time), [start + 10_000, start + 20_000]);
});

test("new points replace those of the same time, old ones leave", () => {
    const range = { seconds: 60 };
    const old = [point(0, 1), point(30, 2), point(60, 3), point(70, 4)];
    const now = start + 90_000;
    const row = joined(old, [point(70, 5), point(80, 6)], range, now);
    assert.deepEqual(row.map(({ cpuPercent }) => cpuPercent), [2, 3, 5, 6]);
    assert.deepEqual(joined(old, [], range, now).length, 3);
});

test("a hole in the history is a hole in the line", () => {
    const drawn = line([point(0, 1), point(10, 2), point(60, 3), { time: start + 70_000 }], "cpuPercent", 10);
    assert.deepEqual(drawn.map(({ x, y }) => [(x - start) / 1000, y]), [
        [0, 1], [10, 2], [20, null], [60, 3], [70, null],
    ]);
});

test("a month is drawn in pieces", () => {
    const points = [point(0, 1), point(900, 3), { ...point(7200, 5), diskRead: 4 }];
    assert.equal(pieced(points, rangeNamed("2d")), points);
    const pieces = pieced(points, rangeNamed("30d"));
    assert.deepEqual(pieces.map(({ cpuPercent }) => cpuPercent), [2, 5]);
    assert.equal(pieces[1].diskRead, 4);
});

test("the last, the middle and the highest value", () => {
    const points = [point(0, 10), point(10, 30), { time: start + 20_000, cpuPercent: null }];
    assert.equal(latest(points, "cpuPercent"), 30);
    assert.deepEqual(summary(points, "cpuPercent"), { mean: 20, most: 30 });
    assert.equal(latest([], "cpuPercent"), null);
    assert.equal(summary(points, "none"), null);
});

test("values are written short", () => {
    assert.deepEqual([null, 0, 3.14159, 250.4].map(percent), ["–", "0 %", "3.1 %", "250 %"]);
    assert.deepEqual([undefined, 0, 1536, 5 * 1024 ** 2, 300 * 1024 ** 3, 5000 * 1024 ** 3].map(rate), [
        "–", "0 B/s", "1.5 KiB/s", "5 MiB/s", "300 GiB/s", "5000 GiB/s",
    ]);
});

test("the axis of time has round times and few of them", () => {
    for (const { seconds } of ranges) {
        const times = tickTimes(start - seconds * 1000, start);
        assert.ok(times.length >= 3 && times.length <= 8, `${seconds}: ${times.length}`);
        assert.ok(times.every((time) => time % 60_000 === 0));
    }
    assert.match(tick(start, 3600), /^\d\d:\d\d$/);
    assert.match(tick(start, 2 * 86_400), /^\d\d-\d\d \d\d:\d\d$/);
    assert.match(tick(start, 30 * 86_400), /^\d\d-\d\d$/);
});

test("the axis of bytes has round values that reach over the highest", () => {
    assert.deepEqual(byteTicks(0), [0, 1024]);
    for (const most of [1, 900, 1024, 4000, 786_000, 8 * 1024 ** 3, 3e13]) {
        const ticks = byteTicks(most);
        assert.ok(ticks.at(-1) >= most, `${most}: ${ticks}`);
        assert.ok(ticks.length <= 7, `${most}: ${ticks}`);
        assert.equal(ticks[0], 0);
    }
    assert.deepEqual(byteTicks(8 * 1024), [0, 2048, 4096, 6144, 8192]);
});
