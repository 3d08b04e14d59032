// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { APIError } from "../../www/lib/api.js";
import { ConsoleSession } from "../../www/lib/console-session.js";
import { FakeAPI, FakeEvents, FakeTime, settled } from "./fakes.mjs";

function session({ open, running = true } = {}) {
    const time = new FakeTime();
    const events = new FakeEvents();
    const world = { running, lines: [], phases: [], time, events };
    const answer = () => ({ path: "/console/m/vnc", ticket: "t1", lock: { holder: "me" } });
    world.api = new FakeAPI({ "console.open": (params) => (open ?? answer)(params, world) });
    world.session = new ConsoleSession({
        api: world.api, events, machine: "m", type: "vnc", timers: time, now: time.now, isRunning: () => world.running,
        onChange: (state) => world.phases.push(state.phase),
        attach: (line) => {
            world.lines.push(line);
            return { close: () => {
                line.closed = true;
            } };
        },
    });
    world.answer = answer;
    world.opened = () => world.api.calls.length;
    world.connected = async () => {
        await world.session.connect();
        world.lines.at(-1).onOpen();
    };
    return world;
}

const locked = (lock) => {
    throw new APIError("consoleLocked", "In use.", { lock });
};

test("the ticket travels as a subprotocol of the address the server named", async () => {
    const { session: made, lines, phases } = session();
    await made.connect();
    lines[0].onOpen();
    assert.equal(lines[0].path, "/console/m/vnc");
    assert.deepEqual(lines[0].protocols, ["binary", "ticket.t1"]);
    assert.deepEqual(phases, ["opening", "connecting", "connected"]);
});

for (const code of [4000, 4001, 4002, 4003]) {
    test(`after ${code} nothing reconnects by itself`, async () => {
        const world = session();
        await world.connected();
        world.lines[0].onClose(code, "alice took this console over.");
        world.events.emit("machine.changed", { machine: { id: "m", state: "running" } });
        await world.time.pass(600_000);
        assert.equal(world.session.state.phase, "closed");
        assert.equal(world.session.state.meaning.text, "alice took this console over.");
        assert.equal(world.opened(), 1);
        assert.equal(world.time.pending, 0);
    });
}

test("a broken line is tried again with growing pauses, and counted anew once connected", async () => {
    const world = session();
    await world.connected();
    const pauses = [];
    for (let round = 0; round < 3; round += 1) {
        world.lines.at(-1).onClose(1006, "");
        pauses.push(world.session.state.pause);
        await world.time.pass(world.session.state.pause);
        await settled();
    }
    assert.deepEqual(pauses, [500, 1000, 2000]);
    world.lines.at(-1).onOpen();
    world.lines.at(-1).onClose(1001, "");
    assert.equal(world.session.state.pause, 500);
});

test("after the machine stopped it waits for the machine, then connects", async () => {
    const world = session();
    await world.connected();
    world.running = false;
    world.lines[0].onClose(4004, "");
    assert.equal(world.session.state.phase, "waiting");
    await world.time.pass(600_000);
    assert.equal(world.opened(), 1);
    world.events.emit("machine.changed", { machine: { id: "other", state: "running" } });
    await world.time.pass(1000);
    assert.equal(world.opened(), 1);
    world.running = true;
    world.events.emit("machine.changed", { machine: { id: "m", state: "running" } });
    await world.time.pass(300);
    await settled();
    assert.equal(world.opened(), 2);
});

test("a source that ends while the machine runs on is tried again", async () => {
    const world = session();
    await world.connected();
    world.lines[0].onClose(4004, "");
    assert.equal(world.session.state.phase, "retrying");
    world.running = false;
    world.events.emit("machine.changed", { machine: { id: "m", state: "off" } });
    assert.equal(world.session.state.phase, "waiting");
    await world.time.pass(60_000);
    assert.equal(world.opened(), 1);
});

test("a lock of this very session is waited for, as after a reload", async () => {
    const world = session({ open: (_, w) => (w.opened() < 4 ? locked({ sameSession: true }) : w.answer()) });
    await world.session.connect();
    for (let step = 0; step < 4; step += 1) {
        await world.time.pass(250);
        await settled();
    }
    assert.equal(world.session.state.phase, "connecting");
    assert.ok(!world.phases.includes("locked"));
});

test("a lock of this session that stays is shown after two seconds", async () => {
    const world = session({ open: () => locked({ sameSession: true }) });
    await world.session.connect();
    for (let step = 0; step < 12; step += 1) {
        await world.time.pass(250);
        await settled();
    }
    assert.equal(world.session.state.phase, "locked");
    assert.ok(world.opened() <= 9);
});

test("somebody else's lock is shown at once, becomes free by an event and is not grabbed", async () => {
    const world = session({ open: () => locked({ holder: "alice", sameSession: false }) });
    await world.session.connect();
    assert.equal(world.session.state.phase, "locked");
    world.events.emit("console.changed", { machine: "m", type: "text", lock: null });
    assert.equal(world.session.state.freed, false);
    world.events.emit("console.changed", { machine: "m", type: "vnc", lock: null });
    assert.equal(world.session.state.freed, true);
    await world.time.pass(60_000);
    assert.equal(world.opened(), 1);
});

test("taking over asks for it once only", async () => {
    const world = session();
    await world.session.connect({ takeover: true });
    assert.equal(world.api.calls[0].params.takeover, true);
    world.lines[0].onOpen();
    world.lines[0].onClose(1006, "");
    await world.time.pass(500);
    await settled();
    assert.equal("takeover" in world.api.calls[1].params, false);
});

test("a machine that is off is waited for, a refusal is told", async () => {
    const off = session({ running: false, open: () => {
        throw new APIError("consoleUnreachable", "The machine is not running.");
    } });
    await off.session.connect();
    assert.equal(off.session.state.phase, "waiting");
    const refused = session({ open: () => {
        throw new APIError("forbidden", "You may not.");
    } });
    await refused.session.connect();
    assert.equal(refused.session.state.phase, "refused");
});

test("a session that is gone counts as its end", async () => {
    const { session: made } = session({ open: () => {
        throw new APIError("unauthenticated", "Sign in to go on.");
    } });
    await made.connect();
    assert.equal(made.state.phase, "closed");
    assert.equal(made.state.meaning.code, 4002);
});

test("an old line can not disturb a new one, and disposing ends everything", async () => {
    const world = session();
    await world.connected();
    await world.connected();
    assert.ok(world.lines[0].closed);
    world.lines[0].onClose(1006, "");
    assert.equal(world.session.state.phase, "connected");
    world.session.dispose();
    assert.ok(world.lines[1].closed);
    world.lines[1].onClose(1006, "");
    assert.equal(world.time.pending, 0);
});

test("the page may end the console when it knows that the session ended", async () => {
    const world = session();
    await world.connected();
    world.session.end(4002, "");
    assert.equal(world.session.state.meaning.code, 4002);
    assert.ok(world.lines[0].closed);
});
