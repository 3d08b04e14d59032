// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
    consolePath, jobPath, loginPath, machinePath, nodePath, pagePath, parse, pluginPath, safeNext, tokenFrom,
} from "../../www/lib/routes.js";

test("addresses name views, machines and consoles", () => {
    assert.deepEqual(parse("/"), { view: "machines" });
    assert.deepEqual(parse("/users/"), { view: "users" });
    assert.deepEqual(parse("/machine/abc"), { view: "machine", machine: "abc" });
    assert.deepEqual(parse("/machine/abc@hydra/vnc"), { view: "console", machine: "abc@hydra", type: "vnc" });
    assert.deepEqual(parse("/machine/abc/spice"), { view: "missing" });
    assert.deepEqual(parse("/machine/%E0%A4%A"), { view: "missing" });
    assert.deepEqual(parse("/other"), { view: "missing" });
    assert.deepEqual(parse("/constructor"), { view: "missing" });
});

test("nodes have addresses", () => {
    assert.deepEqual(parse("/nodes"), { view: "nodes" });
    assert.deepEqual(parse(nodePath("kvm 1/a")), { view: "node", node: "kvm 1/a" });
    assert.equal(parse("/nodes/a/b").view, "missing");
});

test("plugins, their pages and jobs have addresses", () => {
    assert.deepEqual(parse("/plugins"), { view: "plugins" });
    assert.deepEqual(parse(pluginPath("hello")), { view: "plugin", plugin: "hello" });
    assert.deepEqual(parse(pagePath("overview", "main")), { view: "pluginPage", plugin: "overview", page: "main" });
    assert.deepEqual(parse("/page/overview"), { view: "missing" });
    assert.deepEqual(parse(jobPath(12)), { view: "job", job: 12 });
    for (const path of ["/jobs/x", "/jobs/-1", "/jobs/1.5", "/jobs/9999999999999999"]) {
        assert.deepEqual(parse(path), { view: "missing" }, path);
    }
    assert.equal(safeNext("/page/overview/main"), "/page/overview/main");
});

test("a machine's id comes back from its address", () => {
    for (const id of ["4dea22b3-1d52-d8f3-2516-782e98ab3fa0", "a@node one", "a/b?c#d"]) {
        assert.equal(parse(machinePath(id)).machine, id);
        assert.equal(parse(consolePath(id, "text")).machine, id);
    }
});

test("sign-in leads back into this site only", () => {
    for (const good of ["/", "/users", "/machine/abc/vnc", "/?state=off"]) assert.equal(safeNext(good), good);
    for (const bad of [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "",
        null,
        "/login",
        "/setup",
        "/none",
        "/\t/evil.example",
    ]) {
        assert.equal(safeNext(bad), "/", String(bad));
    }
    assert.equal(loginPath("/"), "/login");
    assert.equal(loginPath("/machine/abc?x=1"), "/login?next=%2Fmachine%2Fabc%3Fx%3D1");
});

test("the set-up token is read from the fragment", () => {
    assert.equal(tokenFrom("#token=AbC-1_2"), "AbC-1_2");
    assert.equal(tokenFrom(""), "");
});
