// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { APIError } from "../../www/lib/api.js";
import { PluginPages } from "../../www/lib/plugin-pages.js";
import {
    allows, complete, covers, differences, isWeighty, micros, missingPermissions, permissionText, stateOfPlugin,
    trustNote,
} from "../../www/lib/plugins.js";
import { FakeAPI, FakeEvents, settled } from "./fakes.mjs";

const plugin = (members = {}) => complete({
    name: "hello", state: "healthy", parts: ["rpc", "frontend"], enabled: true, rpc: true, frontend: true,
    declared: { enabled: false, rpc: true, frontend: true, scheduler: true, poller: true }, ...members,
});

test("where the file and the run-time changes differ is said switch by switch", () => {
    assert.deepEqual(differences(plugin()), []);
    assert.deepEqual(differences(plugin({ changed: { enabled: true, rpc: true, frontend: false, poller: false } })), [
        { name: "enabled", label: "Plugin", file: "off", now: "on" },
        { name: "frontend", label: "Pages", file: "on", now: "off" },
    ]);
    const found = plugin({ declared: null, changed: { enabled: true, permissions: ["machine.list"] } });
    assert.deepEqual(differences(found).map(({ name, now }) => [name, now]), [
        ["enabled", "on"],
        ["permissions", "1 granted"],
    ]);
});

test("a granted word covers itself and its family, the network only when it is named", () => {
    assert.ok(covers("machine.list", "machine.list"));
    assert.ok(covers("machine.*", "machine.start"));
    assert.ok(covers("event.*", "event.machine.changed"));
    assert.ok(covers("event.machine.*", "event.machine.changed"));
    assert.ok(covers("*", "machine.start"));
    for (const [granted, asked] of [
        ["machine.list", "machine.listAll"], ["machine.*", "machines.list"], ["machine.*", "machine"],
        ["*", "network"], ["machine", "machine.list"], ["event.*", "machine.list"],
    ]) assert.ok(!covers(granted, asked), `${granted} ${asked}`);
    assert.ok(allows(["a.b", "network"], "network"));
});

test("what is asked for and not granted is missing", () => {
    const asked = ["machine.list", "machine.start", "event.machine.changed", "network"];
    const some = plugin({ asked, granted: ["machine.*"] });
    assert.deepEqual(missingPermissions(some), ["event.machine.changed", "network"]);
    assert.deepEqual(missingPermissions(plugin({ asked: [], granted: [] })), []);
});

test("permissions are said in plain words", () => {
    assert.equal(permissionText("machine.list"), "see the list of machines");
    assert.equal(permissionText("machine.powerOff"), "machines: power off");
    assert.equal(permissionText("machine.*"), "do everything with machines, also stop and change them");
    assert.equal(permissionText("user.*"), "do everything with users");
    assert.equal(permissionText("event.machine.changed"), "hear of changes to machines");
    assert.equal(permissionText("network"), "reach the network");
    assert.equal(permissionText("other.thing"), "use other.thing");
});

test("what changes something or reaches out is weighty", () => {
    for (const word of ["network", "*", "machine.*", "machine.start", "session.login", "job.claim"]) {
        assert.ok(isWeighty(word), word);
    }
    for (const word of ["machine.list", "sample.range", "event.machine.changed", "plugin.show"]) {
        assert.ok(!isWeighty(word), word);
    }
});

test("a process without a sandbox is said to be as trusted as the daemon's user", () => {
    assert.match(trustNote(plugin({ sandboxed: false })), /^not sandboxed: as trusted as the daemon's user$/);
    assert.equal(trustNote(plugin({ sandboxed: true })), null);
    assert.equal(trustNote(plugin({ sandboxed: false, parts: ["frontend"] })), null, "pages have no process");
});

test("a plugin of which little is told has every member", () => {
    const told = complete({ name: "a", state: "healthy", parts: ["rpc"], version: "1" });
    assert.equal(told.enabled, true);
    assert.deepEqual([told.asked, told.routes, told.changed, told.restarts], [[], [], null, 0]);
    assert.equal(stateOfPlugin({ state: "odd" }).label, "odd");
});

test("microseconds are written in the unit that fits", () => {
    assert.deepEqual([null, 12, 999, 1500, 23_456, 2_340_000].map(micros), [
        "–", "12 µs", "999 µs", "1.5 ms", "23.5 ms", "2.3 s",
    ]);
});

function pageStore(answers) {
    const api = new FakeAPI({ "plugin.pages": () => answers.shift()() });
    const events = new FakeEvents();
    const pages = new PluginPages({ api, events });
    const seen = [];
    pages.on("changed", (list) => seen.push(list.map(({ name }) => name)));
    return { api, events, pages, seen };
}
const page = (name, menu = name) => ({
    plugin: "p", name, title: name, menu, url: `/plugin-files/p/${name}`, permissions: [],
});

test("pages of plugins come and go with events, and only a change is told", async () => {
    const { events, pages, seen } = pageStore([
        () => ({ pages: [page("a"), page("b", null)] }),
        () => ({ pages: [page("a"), page("b", null)] }),
        () => ({ pages: [] }),
    ]);
    events.emit("ready", {});
    await settled();
    assert.deepEqual(seen, [["a", "b"]]);
    assert.deepEqual(pages.entries.map(({ name }) => name), ["a"]);
    assert.equal(pages.find("p", "b").url, "/plugin-files/p/b");
    assert.equal(pages.find("p", "c"), null);
    events.emit("plugin.changed", { name: "other" });
    await settled();
    assert.equal(seen.length, 1);
    events.emit("plugin.changed", { name: "p" });
    await settled();
    assert.deepEqual(seen.at(-1), []);
});

test("a late answer does not bring a page back", async () => {
    const waiting = [];
    const slow = () => new Promise((resolve) => {
        waiting.push(resolve);
    });
    const { pages, seen } = pageStore([slow, slow]);
    const first = pages.load();
    const second = pages.load();
    waiting[1]({ pages: [] });
    waiting[0]({ pages: [page("old")] });
    await Promise.all([first, second]);
    assert.deepEqual(seen, [[]]);
    assert.deepEqual(pages.pages, []);
});

test("pages stay when they can not be asked for, and a server without plugins has none", async () => {
    const refuse = (word) => () => {
        throw new APIError(word, "no");
    };
    const { pages } = pageStore([() => ({ pages: [page("a")] }), refuse("offline"), refuse("methodNotFound")]);
    await pages.load();
    await pages.load();
    assert.equal(pages.pages.length, 1);
    await pages.load();
    assert.equal(pages.pages.length, 0);
});
