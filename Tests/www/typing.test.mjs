// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { layouts } from "../../www/lib/layouts.js";
import { combinations, keysymOf, plan, sendCombination, type, XK } from "../../www/lib/typing.js";

const shown = (events) => events.map(({ code, down }) => `${down ? "+" : "-"}${code}`).join(" ");
const typed = (text, layout) => plan(text, layout).characters.map(shown).join(" | ");

test("capitals and signs hold Shift on a US keyboard", () => {
    assert.equal(typed("a"), "+KeyA -KeyA");
    assert.equal(typed("A!"), "+ShiftLeft +KeyA -KeyA -ShiftLeft | +ShiftLeft +Digit1 -Digit1 -ShiftLeft");
});

test("layouts name the keys by place, dead keys are set free by a space", () => {
    assert.equal(typed("z", "de"), "+KeyY -KeyY");
    assert.equal(typed("@", "de"), "+AltRight +KeyQ -KeyQ -AltRight");
    assert.equal(typed("^", "de"), "+Backquote -Backquote +Space -Space");
    assert.equal(typed("a1", "fr"), "+KeyQ -KeyQ | +ShiftLeft +Digit1 -Digit1 -ShiftLeft");
    assert.equal(typed("\"", "gb"), "+ShiftLeft +Digit2 -Digit2 -ShiftLeft");
});

test("line ends become one Enter, other control characters are left out", () => {
    assert.equal(typed("a\r\nb\u0007\tc"), "+KeyA -KeyA | +Enter -Enter | +KeyB -KeyB | +Tab -Tab | +KeyC -KeyC");
});

test("characters a layout lacks are named once and sent as keysyms", () => {
    const { missing, characters } = plan("héé€", "us");
    assert.deepEqual(missing, ["é", "€"]);
    assert.deepEqual(characters[3][0], { keysym: 0x010020ac, code: null, down: true });
});

test("keysyms are Latin-1 as is and Unicode beyond", () => {
    assert.equal(keysymOf("é"), 0xe9);
    assert.equal(keysymOf("Ω"), 0x010003a9);
    assert.equal(keysymOf("😀"), 0x0101f600);
    assert.equal(keysymOf("\n"), XK.Return);
});

test("every layout has all printable ASCII", () => {
    for (const [name, { characters }] of Object.entries(layouts)) {
        const absent = Array.from(
            { length: 95 },
            (_, n) => String.fromCharCode(32 + n)
        ).filter((c) => !characters.has(c));
        assert.deepEqual(absent, [], name);
    }
});

test("typing keeps the order, tells its progress and stops when asked", async () => {
    const sent = [];
    const stop = new AbortController();
    const count = await type(plan("abcdef"), (_, code, down) => down && sent.push(code), {
        signal: stop.signal, sleep: async () => {},
        onProgress: (done) => done === 4 && stop.abort(),
    });
    assert.equal(count, 4);
    assert.deepEqual(sent, ["KeyA", "KeyB", "KeyC", "KeyD"]);
});

test("combinations press in order and let go in the opposite order", () => {
    const seen = [];
    sendCombination(combinations[0].keys, (_, code, down) => seen.push(`${down ? "+" : "-"}${code}`));
    assert.deepEqual(seen, ["+ControlLeft", "+AltLeft", "+Delete", "-Delete", "-AltLeft", "-ControlLeft"]);
});
