// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { APIClient, APIError, describe } from "../../www/lib/api.js";

const answering = (body, status = 200) => async () => ({ status, json: async () => body });

test("a call posts JSON-RPC with named parameters and gives the result", async () => {
    let seen;
    const api = new APIClient({ fetch: async (path, options) => {
        seen = { path, ...options };
        return { status: 200, json: async () => ({ jsonrpc: "2.0", id: 1, result: { machines: [] } }) };
    } });
    assert.deepEqual(await api.call("machine.list", { node: "hydra" }), { machines: [] });
    assert.equal(seen.path, "/api");
    assert.equal(seen.headers["Content-Type"], "application/json");
    assert.deepEqual(JSON.parse(seen.body), {
        jsonrpc: "2.0",
        id: 1,
        method: "machine.list",
        params: { node: "hydra" },
    });
});

test("a refusal carries the word, the message and the data", async () => {
    const lock = { holder: "alice" };
    const api = new APIClient({ fetch: answering({ error: {
        code: -32005,
        message: "In use.",
        data: { code: "consoleLocked", lock },
    } }) });
    await assert.rejects(
        api.call("console.open"),
        (error) => error instanceof APIError && error.word === "consoleLocked" && error.data.lock.holder === "alice"
    );
});

test("a lost session is told once to the page, and not for quiet calls", async () => {
    let told = 0;
    const api = new APIClient({ onUnauthenticated: () => told++, fetch: answering({ error: {
        code: -32001,
        message: "Sign in.",
        data: { code: "unauthenticated" },
    } }) });
    await assert.rejects(api.call("machine.list"));
    assert.equal(told, 1);
    await assert.rejects(api.call("session.login", {}, { quiet: true }));
    assert.equal(told, 1);
});

test("a broken line and a proxy's error page become words a person can use", async () => {
    const broken = new APIClient({ fetch: async () => {
        throw new TypeError("Failed to fetch");
    } });
    await assert.rejects(broken.call("machine.list"), { word: "offline" });
    const proxy = new APIClient({ fetch: async () => ({ status: 502, json: async () => JSON.parse("<html>") }) });
    await assert.rejects(proxy.call("machine.list"), { word: "offline", status: 502 });
    const odd = new APIClient({ fetch: answering("hello") });
    await assert.rejects(odd.call("machine.list"), { word: "internal" });
});

test("too many attempts say how long to wait", () => {
    assert.equal(
        describe(new APIError("rateLimited", "Too many attempts.", { retryAfter: 29.2 })),
        "Too many attempts. Try again in 30 s."
    );
    assert.equal(describe(new TypeError("x is undefined")), "Unexpected: x is undefined");
});
