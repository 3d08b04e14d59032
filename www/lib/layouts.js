// SPDX-License-Identifier: Apache-2.0
// Keyboard layouts as physical keys, so that text can be typed on a guest that expects one of them.

const row1 = [
    "Backquote",
    "Digit1",
    "Digit2",
    "Digit3",
    "Digit4",
    "Digit5",
    "Digit6",
    "Digit7",
    "Digit8",
    "Digit9",
    "Digit0",
    "Minus",
    "Equal",
];
const row2 = [
    "KeyQ",
    "KeyW",
    "KeyE",
    "KeyR",
    "KeyT",
    "KeyY",
    "KeyU",
    "KeyI",
    "KeyO",
    "KeyP",
    "BracketLeft",
    "BracketRight",
    "Backslash",
];
const row3 = ["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK", "KeyL", "Semicolon", "Quote"];
const row4 = ["IntlBackslash", "KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM", "Comma", "Period", "Slash"];
const keys = [row1, row2, row3, row4];

// A blank stands for "nothing of use on this key"; `dead` keys need a space after them to show themselves.
const definitions = {
    us: {
        label: "English (US)",
        plain: ["`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", " zxcvbnm,./"],
        shift: ["~!@#$%^&*()_+", "QWERTYUIOP{}|", "ASDFGHJKL:\"", " ZXCVBNM<>?"],
    },
    gb: {
        label: "English (UK)",
        plain: ["`1234567890-=", "qwertyuiop[]#", "asdfghjkl;'", "\\zxcvbnm,./"],
        shift: ["¬!\"£$%^&*()_+", "QWERTYUIOP{}~", "ASDFGHJKL:@", "|ZXCVBNM<>?"],
        altGr: ["    €        ", "  é   úíó    ", "á          ", "           "],
    },
    de: {
        label: "German",
        plain: ["^1234567890ß´", "qwertzuiopü+#", "asdfghjklöä", "<yxcvbnm,.-"],
        shift: ["°!\"§$%&/()=?`", "QWERTZUIOPÜ*'", "ASDFGHJKLÖÄ", ">YXCVBNM;:_"],
        altGr: ["  ²³   {[]}\\ ", "@ €        ~ ", "           ", "|      µ   "],
        dead: "^´`",
    },
    fr: {
        label: "French",
        plain: ["²&é\"'(-è_çà)=", "azertyuiop^$*", "qsdfghjklmù", "<wxcvbn,;:!"],
        shift: [" 1234567890°+", "AZERTYUIOP¨£µ", "QSDFGHJKLM%", ">WXCVBN?./§"],
        altGr: ["  ~#{[|`\\ @]}", "  €          ", "           ", "           "],
        dead: "^¨",
    },
};

function build({ label, plain, shift, altGr = [], dead = "" }) {
    const characters = new Map();
    const add = (rows, modifier) => {
        rows.forEach((line, row) => [...line].forEach((character, column) => {
            if (character === " " || characters.has(character)) return;
            characters.set(character, { code: keys[row][column], modifier, dead: dead.includes(character) });
        }));
    };
    add(plain, null);
    add(shift, "shift");
    add(altGr, "altGr");
    characters.set(" ", { code: "Space", modifier: null, dead: false });
    return { label, characters };
}

/** Layouts by name: `{label, characters: Map(character → {code, modifier, dead})}`. */
export const layouts = Object.fromEntries(Object.entries(definitions).map(([name, made]) => [name, build(made)]));
