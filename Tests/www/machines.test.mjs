// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { comparison, filterFrom, passes, queryOf } from "../../www/lib/machine-filter.js";
import { actionsFor, consoleAvailability, reaches } from "../../www/lib/machine-states.js";

const machine = (members) => ({
    id: members.name,
    uuid: members.name,
    name: "web",
    notes: "",
    node: "hydra",
    state: "running",
    level: "admin",
    vcpus: 1,
    memoryKiB: 1024,
    osType: "hvm", consoles: ["vnc"], operation: null, locks: {}, ...members,
});

test("a filter survives the way through the address", () => {
    for (const query of ["", "?q=web&state=running&node=hydra&sort=-memoryKiB", "?sort=state", "?sort=-name"]) {
        assert.equal(queryOf(filterFrom(query)), query);
    }
    assert.equal(queryOf(filterFrom("?sort=-nonsense&other=1")), "");
});

test("every word of a search must be found, in any of name, notes, node and state", () => {
    const one = machine({ name: "web-1", notes: "Ask Alice" });
    const filter = (search) => ({ ...filterFrom(""), search });
    assert.ok(passes(one, filter("WEB alice")));
    assert.ok(passes(one, filter("hydra run")));
    assert.ok(!passes(one, filter("web bob")));
    assert.ok(!passes(one, { ...filter(""), state: "off" }));
    assert.ok(!passes(one, { ...filter(""), node: "lerna" }));
});

test("names sort as people count, ties keep their order", () => {
    const all = ["web-10", "web-9", "Web-1"].map((name) => machine({ name }));
    const names = (query) => [...all].sort(comparison(filterFrom(query))).map(({ name }) => name);
    assert.deepEqual(names(""), ["Web-1", "web-9", "web-10"]);
    assert.deepEqual(names("?sort=-name"), ["web-10", "web-9", "Web-1"]);
    assert.deepEqual(names("?sort=vcpus"), ["Web-1", "web-9", "web-10"]);
    assert.deepEqual(names("?sort=-vcpus"), ["Web-1", "web-9", "web-10"]);
});

test("actions fit the state, and nobody without the right gets any", () => {
    const names = (members) => actionsFor(machine({ name: "m", ...members })).map(({ name }) => name);
    assert.deepEqual(names({ state: "off" }), ["start"]);
    assert.deepEqual(names({ state: "running" }), ["shutdown", "reboot", "pause", "save", "reset", "powerOff"]);
    assert.deepEqual(names({ state: "paused" }), ["resume", "save", "reset", "powerOff"]);
    assert.deepEqual(names({ state: "running", level: "readOnlyAdmin" }), []);
});

test("levels are ordered from superuser down", () => {
    assert.ok(reaches("superUser", "owner"));
    assert.ok(reaches("admin", "admin"));
    assert.ok(!reaches("readOnlyAdmin", "admin"));
    assert.ok(!reaches("unheard", "readOnlyAdmin"));
});

test("a console that can not be opened says why", () => {
    assert.equal(consoleAvailability(machine({ name: "m" }), "vnc").open, true);
    assert.match(consoleAvailability(machine({ name: "m" }), "text").why, /no text console/);
    assert.match(consoleAvailability(machine({ name: "m", level: "readOnlyAdmin" }), "vnc").why, /not open/);
});
