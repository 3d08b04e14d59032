// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { severityOf, Unacknowledged } from "../../www/lib/alerts.js";
import {
    errorText, isActive, isHeld, kindLabel, listParameters, mayCancel, passes, percentOf, runSeconds, stateOfJob, submission,
    targetOf,
} from "../../www/lib/jobs.js";
import { FakeAPI, FakeEvents, settled } from "./fakes.mjs";

const job = (members = {}) => ({
    id: 7, kind: "machine.start", status: "inserted", submitter: "alice", machine: "m1", machineName: "web",
    node: "hydra", cancelRequested: false, ...members,
});

test("every status of the ledger has a word, and an unknown one is shown as it is", () => {
    for (const status of [
        "inserted", "fetched", "enqueued", "executing", "completed", "cancelled", "error", "launching", "rescheduled",
        "dependencyFailed",
    ]) assert.notEqual(stateOfJob(job({ status })).label, status);
    assert.equal(stateOfJob(job({ status: "odd" })).label, "odd");
});

test("what is finished can not be cancelled, and nothing twice", () => {
    for (const status of ["completed", "cancelled", "error", "dependencyFailed"]) {
        assert.ok(!isActive(job({ status })) && !mayCancel(job({ status })), status);
    }
    for (const status of ["inserted", "executing", "rescheduled", "launching"]) {
        assert.ok(mayCancel(job({ status })), status);
    }
    const asked = job({ status: "executing", cancelRequested: true });
    assert.ok(!mayCancel(asked));
    assert.equal(stateOfJob(asked).label, "Being cancelled");
    assert.equal(stateOfJob({ ...asked, status: "completed" }).label, "Done");
});

test("a job on hold says so, until it is finished", () => {
    const held = job({ status: "rescheduled", held: true });
    assert.equal(stateOfJob(held).label, "On hold");
    assert.ok(isHeld(held) && mayCancel(held));
    for (const other of [job(), { ...held, held: false }, { ...held, status: "cancelled" }]) {
        assert.ok(!isHeld(other));
        assert.notEqual(stateOfJob(other).label, "On hold");
    }
    assert.deepEqual(listParameters("held"), { held: true, active: true });
    assert.ok(passes(held, { choice: "held" }) && !passes(job(), { choice: "held" }));
});

test("a job says what it does and to whom", () => {
    assert.equal(kindLabel("machine.powerOff"), "Power off");
    assert.equal(kindLabel("node.sample"), "node.sample");
    assert.deepEqual(targetOf(job()), { text: "web", machine: "m1" });
    assert.deepEqual(targetOf(job({ machine: null })), { text: "hydra" });
    assert.deepEqual(targetOf(job({ machine: null, node: null })), { text: "–" });
    assert.equal(errorText(job({ error: { code: "internal", message: "It broke." } })), "It broke.");
    assert.equal(errorText(job({ error: "It broke." })), "It broke.");
    assert.equal(errorText(job({ error: null })), null);
});

test("the filter looks at the choice, the machine and every word", () => {
    assert.ok(passes(job(), { words: "start WEB" }));
    assert.ok(passes(job(), { words: "#7".slice(1) }));
    assert.ok(!passes(job(), { words: "start mail" }));
    assert.ok(passes(job(), { choice: "active" }) && !passes(job({ status: "error" }), { choice: "active" }));
    assert.ok(passes(job({ status: "error" }), { choice: "error" }) && !passes(job(), { choice: "error" }));
    assert.ok(!passes(job(), { machine: "m2" }));
    assert.deepEqual(listParameters(""), {});
    assert.deepEqual(listParameters("active"), { active: true });
    assert.deepEqual(listParameters("error"), { status: "error" });
});

test("percent stays between 0 and 100, and times do not run backwards", () => {
    assert.deepEqual([null, 0, 49.6, 120, -3].map((percent) => percentOf({ percent })), [null, 0, 50, 100, 0]);
    const startedAt = "2026-01-01T00:00:00Z";
    assert.equal(runSeconds(job()), null);
    assert.equal(runSeconds(job({ startedAt, finishedAt: "2026-01-01T00:00:05Z" })), 5);
    assert.equal(runSeconds(job({ startedAt }), Date.parse(startedAt) + 9000), 9);
    assert.equal(runSeconds(job({ startedAt }), Date.parse(startedAt) - 9000), 0);
});

test("an operation is put off to a time or again and again", () => {
    const order = { kind: "machine.start", machine: "m1" };
    assert.deepEqual(submission(order), { ...order, parameters: { machine: "m1" } });
    const at = "2026-01-01T10:00";
    assert.equal(submission({ ...order, at }).notBefore, new Date(at).toISOString());
    const repeated = submission({ ...order, at, cron: "  30 2 *  * 1 " });
    assert.equal(repeated.cron, "30 2 * * 1");
    assert.equal(repeated.notBefore, undefined);
});

test("the count of alerts follows the server", async () => {
    let count = 2;
    const api = new FakeAPI({ "alert.list": () => ({ alerts: [], unacknowledged: count }) });
    const events = new FakeEvents();
    const alerts = new Unacknowledged({ api, events });
    const seen = [];
    alerts.on("count", (value) => seen.push(value));
    events.emit("ready", {});
    events.emit("ready", {});
    await settled();
    assert.equal(api.calls.length, 1, "calls that overlap share one answer");
    events.emit("alert.changed", { unacknowledged: 5 });
    events.emit("alert.changed", { unacknowledged: 5 });
    count = 0;
    events.emit("alert.changed", {});
    await settled();
    assert.deepEqual(seen, [2, 5, 0]);
});

test("a server that knows no alerts is no fault", async () => {
    const alerts = new Unacknowledged({ api: new FakeAPI({}), events: new FakeEvents() });
    await alerts.load();
    assert.equal(alerts.count, 0);
    assert.equal(severityOf({ severity: "odd" }).label, "odd");
});
