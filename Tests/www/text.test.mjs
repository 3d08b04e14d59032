// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { closeMeaning, retryPause } from "../../www/lib/close-codes.js";
import { ago, bytes, duration, memory, plural } from "../../www/lib/format.js";
import { bufferText, downloadName, resizeFrame } from "../../www/lib/terminal-text.js";

test("sizes are short and exact enough", () => {
    assert.equal(memory(524_288), "512 MiB");
    assert.equal(memory(1_572_864), "1.5 GiB");
    assert.equal(memory(null), "–");
    assert.equal(bytes(100), "100 B");
    assert.equal(bytes(1536), "1.5 KiB");
});

test("durations name the two largest units", () => {
    assert.deepEqual([5, 65, 3600, 3725, 90_000].map(duration), ["5 s", "1 min", "1 h", "1 h 2 min", "1 d 1 h"]);
    const now = Date.parse("2026-01-01T00:10:00Z");
    assert.equal(ago("2026-01-01T00:09:50Z", now), "just now");
    assert.equal(ago("2026-01-01T00:00:00Z", now), "10 min ago");
    assert.equal(ago(null), "never");
    assert.equal(plural(1, "machine"), "1 machine");
    assert.equal(plural(0, "machine"), "0 machines");
});

test("the server's reason wins over the table's text; unknown codes stay put", () => {
    assert.equal(closeMeaning(4000, "alice took this console over.").text, "alice took this console over.");
    assert.match(closeMeaning(4000).text, /took this console over/);
    assert.equal(closeMeaning(4999).next, "stay");
    assert.deepEqual(
        [4000, 4001, 4002, 4003, 4004, 1001, 1006].map((code) => closeMeaning(code).next),
        ["stay", "stay", "stay", "stay", "wait", "retry", "retry"]
    );
});

test("pauses grow to a limit", () => {
    assert.deepEqual([1, 2, 3, 6, 20].map(retryPause), [500, 1000, 2000, 15_000, 15_000]);
});

test("the resize frame starts with a zero byte", () => {
    assert.equal(resizeFrame(80, 24), "\u0000{\"resize\":{\"columns\":80,\"rows\":24}}");
});

test("a terminal's text joins wrapped lines and drops the blank end", () => {
    const lines = [["one long", false], [" line", true], ["", false], ["two", false], ["", false], ["  ", false]];
    const buffer = { length: lines.length, getLine: (index) => ({
        isWrapped: lines[index][1],
        translateToString: () => lines[index][0],
    }) };
    assert.equal(bufferText(buffer), "one long line\n\ntwo\n");
    assert.equal(bufferText({ length: 0, getLine: () => undefined }), "");
});

test("a download's name is safe as a file's name", () => {
    const at = new Date("2026-01-02T03:04:05Z");
    assert.equal(downloadName("web/../1", at), "web-..-1-2026-01-02-03-04-05.txt");
    assert.equal(downloadName("../..", at), "console-2026-01-02-03-04-05.txt");
});
