// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Collection, Inventory } from "../../www/lib/store.js";
import { FakeAPI, FakeEvents, settled } from "./fakes.mjs";

test("a change names the key it touched", () => {
    const all = new Collection((each) => each.id);
    const seen = [];
    const stop = all.watch((change) => seen.push([change.kind, change.key]));
    all.reset([{ id: "a" }]);
    all.set({ id: "b" });
    all.patch("b", { state: "off" });
    all.patch("absent", { state: "off" });
    all.remove("a");
    all.remove("a");
    stop();
    all.set({ id: "c" });
    assert.deepEqual(seen, [["reset", undefined], ["set", "b"], ["set", "b"], ["remove", "a"]]);
    assert.equal(all.get("b").state, "off");
});

test("what is told while the server is asked is newer than its answer", async () => {
    const all = new Collection((each) => each.id);
    all.reset([{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }]);
    const { answer, told } = await all.ask(async () => {
        all.set({ id: "a", state: "done" });
        all.set({ id: "new" });
        all.remove("b");
        all.patch("c", { state: "patched" });
        all.refresh();
        return ["a", "b", "c"].map((id) => ({ id, state: "queued" }));
    });
    all.set({ id: "late" });
    for (const each of answer) all.take(each, told);
    assert.deepEqual(["a", "b", "c", "new"].map((id) => all.get(id)?.state), ["done", undefined, "queued", undefined]);
    all.reset(answer, told);
    assert.deepEqual(all.values().map(({ id, state }) => [id, state]), [
        ["c", "queued"], ["a", "done"], ["new", undefined],
    ]);
});

function inventory(machines) {
    const events = new FakeEvents();
    const api = new FakeAPI({
        "machine.list": () => ({ machines: machines() }),
        "node.list": () => ({ nodes: [{ name: "hydra" }] }),
    });
    return { events, api, made: new Inventory({ api, events }) };
}

test("lists are read again after each greeting of the stream", async () => {
    let machines = [{ id: "1", name: "web", locks: { vnc: null, text: null } }];
    const { events, made } = inventory(() => machines);
    events.emit("ready", {});
    await settled();
    assert.equal(made.machines.size, 1);
    machines = [];
    events.emit("ready", {});
    await settled();
    assert.equal(made.machines.size, 0);
});

test("overlapping loads share one answer", async () => {
    const { api, made } = inventory(() => []);
    await Promise.all([made.load(), made.load()]);
    assert.equal(api.calls.length, 2);
});

test("events change single machines, nodes and locks", async () => {
    const { events, made } = inventory(() => [{ id: "1", name: "web", disks: [1], locks: { vnc: null, text: null } }]);
    await made.load();
    events.emit("machine.changed", { machine: {
        id: "1",
        name: "web",
        state: "off",
        locks: { vnc: null, text: null },
    } });
    assert.deepEqual(made.machines.get("1").disks, [1]);
    assert.equal(made.machines.get("1").state, "off");
    events.emit("console.changed", { machine: "1", type: "vnc", lock: { holder: "alice" } });
    assert.equal(made.machines.get("1").locks.vnc.holder, "alice");
    events.emit("console.changed", { machine: "absent", type: "vnc", lock: null });
    events.emit("node.changed", { node: { name: "hydra", state: "unreachable" } });
    assert.equal(made.nodes.get("hydra").state, "unreachable");
    events.emit("machine.removed", { id: "1" });
    assert.equal(made.machines.size, 0);
});

test("a failed load keeps what was known and tells the problem", async () => {
    let fails = false;
    const { made } = inventory(() => {
        if (fails) throw new Error("away");
        return [{ id: "1" }];
    });
    await made.load();
    fails = true;
    await made.load();
    assert.equal(made.machines.size, 1);
    assert.equal(made.problem.message, "away");
});

test("a lock that an event tells is known as one's own by the name", () => {
    const events = new FakeEvents();
    const made = new Inventory({ api: new FakeAPI({}), events, me: "alice" });
    made.machines.set({ id: "1", locks: {} });
    events.emit("console.changed", { machine: "1", type: "text", lock: { holder: "alice", self: false } });
    assert.equal(made.machines.get("1").locks.text.self, true);
    events.emit("machine.changed", { machine: { id: "1", locks: {
        vnc: { holder: "bob", self: false },
        text: null,
    } } });
    assert.equal(made.machines.get("1").locks.vnc.self, false);
    assert.equal(made.machines.get("1").locks.text, null);
});

test("an answer about one machine gives way to what events told meanwhile", async () => {
    const { events, made } = inventory(() => [{ id: "1", name: "web", state: "off" }, { id: "2", name: "db" }]);
    await made.load();
    const asked = (id, happens) => made.ask(async () => {
        happens();
        return { machine: { id, name: "old", state: "off", disks: [1] } };
    });
    await asked("1", () => events.emit("machine.changed", { machine: { id: "1", name: "web", state: "running" } }));
    assert.equal(made.machines.get("1").state, "running");
    assert.deepEqual(made.machines.get("1").disks, [1]);
    await asked("2", () => events.emit("machine.removed", { id: "2" }));
    assert.equal(made.machines.get("2"), undefined);
    await asked("1", () => {});
    assert.equal(made.machines.get("1").state, "off");
});
