// SPDX-License-Identifier: Apache-2.0
// Typing text into a guest: characters → key presses → calls of `sendKey(keysym, code, down)`.

import { layouts } from "./layouts.js";

export const XK = {
    BackSpace: 0xff08, Tab: 0xff09, Return: 0xff0d, Escape: 0xff1b, Delete: 0xffff, Print: 0xff61, SysReq: 0xff15,
    ShiftL: 0xffe1, ControlL: 0xffe3, AltL: 0xffe9, SuperL: 0xffeb, AltGr: 0xfe03, F1: 0xffbe,
};

/** The keysym of a character: Latin-1 as is, others in X11's Unicode range. */
export function keysymOf(character) {
    const point = character.codePointAt(0);
    if (character === "\n") return XK.Return;
    if (character === "\t") return XK.Tab;
    if ((point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff)) return point;
    return 0x0100_0000 | point;
}

const modifiers = {
    shift: { keysym: XK.ShiftL, code: "ShiftLeft" },
    altGr: { keysym: XK.AltGr, code: "AltRight" },
};

function press(keysym, code, modifier) {
    const stroke = [{ keysym, code, down: true }, { keysym, code, down: false }];
    if (!modifier) return stroke;
    return [{ ...modifiers[modifier], down: true }, ...stroke, { ...modifiers[modifier], down: false }];
}

function strokes(character, layout) {
    if (character === "\n") return press(XK.Return, "Enter", null);
    if (character === "\t") return press(XK.Tab, "Tab", null);
    const key = layout.characters.get(character);
    if (!key) return press(keysymOf(character), null, null);
    const stroke = press(keysymOf(character), key.code, key.modifier);
    return key.dead ? [...stroke, ...press(0x20, "Space", null)] : stroke;
}

/**
 * What has to be pressed for `text`: `characters` is one list of key events per character, `missing` the
 * characters that the layout does not have (they are sent as bare keysyms, which many guests ignore).
 */
export function plan(text, layoutName = "us") {
    const layout = layouts[layoutName] ?? layouts.us;
    const all = [...text.replace(/\r\n?/g, "\n")].filter((c) => c === "\n" || c === "\t" || c >= " ");
    const missing = new Set(all.filter((c) => c !== "\n" && c !== "\t" && !layout.characters.has(c)));
    return { characters: all.map((character) => strokes(character, layout)), missing: [...missing] };
}

/** Types a plan with `delay` milliseconds between characters; answers with the number typed. */
export async function type(planned, sendKey, { delay = 12, signal, onProgress = () => {}, sleep = pause } = {}) {
    let done = 0;
    for (const events of planned.characters) {
        if (signal?.aborted) break;
        for (const { keysym, code, down } of events) sendKey(keysym, code, down);
        done += 1;
        onProgress(done, planned.characters.length);
        await sleep(delay);
    }
    return done;
}

const pause = (milliseconds) => new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
});

const key = (keysym, code) => ({ keysym, code });
const control = key(XK.ControlL, "ControlLeft");
const alt = key(XK.AltL, "AltLeft");

/** Key combinations of the console's menu, in its order. */
export const combinations = [
    { label: "Ctrl+Alt+Del", keys: [control, alt, key(XK.Delete, "Delete")] },
    { label: "Ctrl+Alt+Backspace", keys: [control, alt, key(XK.BackSpace, "Backspace")] },
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => ({ label: `Ctrl+Alt+F${n}`, keys: [
        control,
        alt,
        key(XK.F1 + n - 1, `F${n}`),
    ] })),
    { label: "Alt+Tab", keys: [alt, key(XK.Tab, "Tab")] },
    { label: "Alt+F4", keys: [alt, key(XK.F1 + 3, "F4")] },
    { label: "Windows key", keys: [key(XK.SuperL, "MetaLeft")] },
    { label: "Escape", keys: [key(XK.Escape, "Escape")] },
    { label: "Tab", keys: [key(XK.Tab, "Tab")] },
    { label: "Print Screen", keys: [key(XK.Print, "PrintScreen")] },
    { label: "Alt+SysRq", keys: [alt, key(XK.SysReq, "PrintScreen")] },
];

/** Presses a combination's keys in order and lets them go in the opposite order. */
export function sendCombination(keys, sendKey) {
    for (const { keysym, code } of keys) sendKey(keysym, code, true);
    for (const { keysym, code } of [...keys].reverse()) sendKey(keysym, code, false);
}
