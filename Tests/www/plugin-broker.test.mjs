// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { APIError } from "../../www/lib/api.js";
import { limits, PluginBroker, PluginGate, Rate } from "../../www/lib/plugin-broker.js";
import { connect } from "../../www/lib/plugin-frame.js";
import { FakeAPI, FakeEvents, FakeTime, settled } from "./fakes.mjs";

function setUp(permissions = ["machine.*", "event.machine.changed"], answers = {}) {
    const time = new FakeTime();
    const sent = [];
    const told = { titles: [], heights: [], paths: [], ready: 0 };
    const events = new FakeEvents();
    const api = new FakeAPI({ "machine.list": () => ({ machines: [] }), ...answers });
    const broker = new PluginBroker({
        page: { plugin: "demo", name: "main", permissions }, api, events, user: { name: "alice", level: "superUser" },
        theme: "light", serverTime: () => "now", now: time.now, post: (message) => sent.push(message),
        onTitle: (text) => told.titles.push(text), onHeight: (px) => told.heights.push(px),
        onReady: () => {
            told.ready += 1;
        },
        navigate: (path) => told.paths.push(path),
    });
    const say = async (message) => {
        broker.receive({ gatehouse: 1, ...message });
        await settled();
    };
    return { time, sent, told, events, api, broker, say };
}

test("the frame is greeted with what it may know", async () => {
    const { sent, told, say } = setUp();
    await say({ type: "ready" });
    assert.deepEqual(sent, [{ gatehouse: 1, type: "init", theme: "light", user: { name: "alice" }, plugin: "demo",
        page: "main", serverTime: "now" }]);
    assert.equal(told.ready, 1);
});

test("a granted method is called and answered under the frame's id", async () => {
    const { sent, api, say } = setUp();
    await say({ type: "call", id: 7, method: "machine.list", params: { node: "a" } });
    assert.deepEqual(api.calls, [{ method: "machine.list", params: { node: "a" } }]);
    assert.deepEqual(sent, [{ gatehouse: 1, type: "result", id: 7, result: { machines: [] } }]);
});

test("what was not granted, is no method or has no named parameters never reaches the server", async () => {
    const { sent, api, say } = setUp();
    const refused = [
        [{ method: "user.list" }, "forbidden"], [{ method: "machines.list" }, "forbidden"],
        [{ method: "machine" }, "invalidParameters"], [{ method: "machine.list.all" }, "invalidParameters"],
        [{ method: "machine.__proto__" }, "invalidParameters"], [{ method: 5 }, "invalidParameters"],
        [{ method: "machine.list", params: [1] }, "invalidParameters"],
        [{ method: "machine.list", params: null }, "invalidParameters"],
        [{ method: "machine.list", params: { callToken: "x" } }, "invalidParameters"],
        [{ method: "machine.list", params: { a: "x".repeat(limits.parameterBytes) } }, "tooLarge"],
    ];
    for (const [call, word] of refused) {
        await say({ type: "call", id: "a", ...call });
        assert.equal(sent.at(-1).type, "error", JSON.stringify(call).slice(0, 80));
        assert.equal(sent.at(-1).error.code, word, JSON.stringify(call).slice(0, 80));
    }
    assert.deepEqual(api.calls, []);
});

test("without permissions nothing is granted", async () => {
    const { sent, say, api } = setUp([]);
    await say({ type: "call", id: 1, method: "machine.list" });
    assert.equal(sent[0].error.code, "forbidden");
    assert.match(sent[0].error.message, /demo was not granted machine\.list/);
    assert.deepEqual(api.calls, []);
});

test("the server's refusal reaches the frame with its word", async () => {
    const { sent, say } = setUp(["machine.*"], { "machine.start": () => {
        throw new APIError("forbidden", "Not on this machine.");
    } });
    await say({ type: "call", id: 1, method: "machine.start", params: { machine: "a" } });
    assert.deepEqual(sent[0].error, { code: "forbidden", message: "Not on this machine." });
});

test("strange messages and ids are ignored", async () => {
    const { sent, broker, say } = setUp();
    for (const message of [
        null, "ready", 5, [], { type: "ready" }, { gatehouse: 2, type: "ready" }, { gatehouse: "1", type: "ready" },
    ]) broker.receive(message);
    for (const id of [undefined, null, {}, 1.5, NaN, "x".repeat(65)]) {
        await say({ type: "call", id, method: "machine.list" });
    }
    await say({ type: "other" });
    await say({ type: "subscribe", topics: "machine.changed" });
    await say({ type: "subscribe", topics: [5, null, {}] });
    assert.deepEqual(sent, []);
});

test("only granted topics are heard, once each, and none after the end", async () => {
    const { sent, events, broker, say } = setUp();
    await say({ type: "subscribe", topics: ["machine.changed", "machine.changed", "user.changed", "session.ended"] });
    await say({ type: "subscribe", topics: ["machine.changed", "ready"] });
    events.emit("machine.changed", { machine: { id: "a" } });
    events.emit("user.changed", {});
    events.emit("session.ended", { session: "x" });
    events.emit("ready", { serverTime: "now", secret: 1 });
    assert.deepEqual(sent, [
        { gatehouse: 1, type: "event", topic: "machine.changed", data: { machine: { id: "a" } } },
        { gatehouse: 1, type: "event", topic: "ready", data: {} },
    ]);
    broker.dispose();
    events.emit("machine.changed", {});
    assert.equal(sent.length, 2);
});

test("event.* hears every topic that the stream has, and no other", async () => {
    const { sent, events, say } = setUp(["event.*"]);
    await say({ type: "subscribe", topics: ["job.changed", "status", "refused"] });
    events.emit("job.changed", { job: { id: 1 } });
    events.emit("status", "open");
    assert.deepEqual(sent.map(({ topic }) => topic), ["job.changed"]);
});

test("a frame that loads anew hears nothing it did not ask for again", async () => {
    const { sent, events, say } = setUp();
    await say({ type: "subscribe", topics: ["machine.changed"] });
    await say({ type: "ready" });
    events.emit("machine.changed", {});
    assert.deepEqual(sent.map(({ type }) => type), ["init"]);
});

test("nothing is answered after the end", async () => {
    let answer;
    const { sent, broker, say } = setUp(["machine.list"], { "machine.list": () => new Promise((resolve) => {
        answer = resolve;
    }) });
    await say({ type: "call", id: 1, method: "machine.list" });
    broker.dispose();
    answer({});
    await settled();
    await say({ type: "call", id: 2, method: "machine.list" });
    assert.deepEqual(sent, []);
});

test("a page that asks without pause is held back, and may go on later", async () => {
    const { time, sent, say } = setUp();
    for (let id = 0; id < limits.burst + 5; id += 1) await say({ type: "call", id, method: "machine.list" });
    const errors = sent.filter(({ type }) => type === "error");
    assert.equal(errors.length, 5);
    assert.ok(errors.every(({ error }) => error.code === "rateLimited"));
    await time.pass(1000);
    await say({ type: "call", id: 1000, method: "machine.list" });
    assert.equal(sent.at(-1).type, "result");
});

test("only so many calls are under way at a time", async () => {
    const gate = new PluginGate({ page: { plugin: "p", permissions: ["machine.list"] }, events: new FakeEvents(),
        api: { call: () => new Promise(() => {}) } });
    for (let count = 0; count < limits.inFlight; count += 1) gate.call("machine.list");
    await assert.rejects(gate.call("machine.list"), { word: "rateLimited" });
});

test("a rate fills up again and never over its burst", async () => {
    const time = new FakeTime();
    const rate = new Rate({ perSecond: 2, burst: 3, now: time.now });
    assert.deepEqual([1, 2, 3, 4].map(() => rate.take()), [true, true, true, false]);
    await time.pass(500);
    assert.deepEqual([rate.take(), rate.take()], [true, false]);
    await time.pass(3_600_000);
    assert.deepEqual([1, 2, 3, 4].map(() => rate.take()), [true, true, true, false]);
});

test("title, height and way stay within bounds", async () => {
    const { told, say } = setUp();
    await say({ type: "title", text: "x".repeat(500) });
    await say({ type: "title", text: 5 });
    assert.deepEqual(told.titles.map(({ length }) => length), [limits.titleLength]);
    for (const px of [500.4, 1, 1e9, NaN, "9", Infinity]) await say({ type: "height", px });
    assert.deepEqual(told.heights, [500, limits.least, limits.most]);
    for (const path of [
        "/machine/abc", "https://evil.example", "//evil.example", "/login", "/nowhere", "/machine/abc/vnc", 5,
        "/jobs?show=active",
    ]) await say({ type: "navigate", path });
    assert.deepEqual(told.paths, ["/machine/abc", "/jobs?show=active"]);
    for (let count = 0; count < 20; count += 1) await say({ type: "navigate", path: "/jobs" });
    assert.equal(told.paths.length, 3, "a frame can not send its viewer away again and again");
});

test("a new theme is told once", async () => {
    const { sent, broker } = setUp();
    broker.setTheme("dark");
    broker.setTheme("dark");
    assert.deepEqual(sent, [{ gatehouse: 1, type: "theme", theme: "dark" }]);
});

/** A window with its frame: messages go both ways as copies, as they do in a browser. */
function frameOf(broker, sent) {
    const listeners = [];
    const scope = {
        addEventListener: (_, listener) => listeners.push(listener),
        parent: { postMessage: (message) => broker.receive(structuredClone(message)) },
    };
    const flush = async () => {
        for (let round = 0; round < 4; round += 1) {
            await settled();
            for (const message of sent.splice(0)) {
                for (const hear of listeners) hear({ source: scope.parent, data: structuredClone(message) });
            }
        }
    };
    return { scope, flush, hear: (event) => listeners.forEach((listener) => listener(event)) };
}

test("both sides understand each other", async () => {
    const { sent, events, broker } = setUp();
    const { scope, flush } = frameOf(broker, sent);
    const root = { dataset: {} };
    const connecting = connect({ scope, root });
    await flush();
    const gatehouse = await connecting;
    assert.deepEqual([gatehouse.theme, gatehouse.user, gatehouse.plugin, gatehouse.page, root.dataset.theme], [
        "light", { name: "alice" }, "demo", "main", "light",
    ]);

    const answer = gatehouse.call("machine.list");
    const refusal = assert.rejects(gatehouse.call("user.list"), { name: "CallError", code: "forbidden" });
    await flush();
    assert.deepEqual(await answer, { machines: [] });
    await refusal;

    const seen = [];
    const off = gatehouse.on("machine.changed", (data) => seen.push(data));
    gatehouse.on("theme", (theme) => seen.push(theme));
    events.emit("machine.changed", { machine: 1 });
    broker.setTheme("dark");
    await flush();
    off();
    events.emit("machine.changed", { machine: 2 });
    await flush();
    assert.deepEqual(seen, [{ machine: 1 }, "dark"]);
    assert.equal(root.dataset.theme, "dark");
});

test("the frame takes nothing from another window", async () => {
    const { broker, sent } = setUp();
    const { scope, flush, hear } = frameOf(broker, sent);
    let greeted = false;
    connect({ scope, root: null }).then(() => {
        greeted = true;
    });
    sent.length = 0;
    hear({ source: {}, data: { gatehouse: 1, type: "init", theme: "dark", user: { name: "mallory" } } });
    hear({ source: scope.parent, data: { type: "init" } });
    hear({ source: scope.parent, data: null });
    await flush();
    assert.equal(greeted, false);
});
