// SPDX-License-Identifier: Apache-2.0
// The text console of a machine: xterm.js on the console's WebSocket.

import { FitAddon, Terminal } from "../vendor/xterm/xterm.js";
import { bufferText, downloadName, resizeFrame } from "../lib/terminal-text.js";
import { button, h, text } from "../components/dom.js";
import { copy } from "../components/clipboard-dialog.js";
import { notify } from "../components/notices.js";
import { strictDocument } from "../components/terminal-styles.js";

const sizes = { least: 9, usual: 14, most: 28, key: "gatehouse.fontSize" };
const theme = {
    background: "#0a0d11", foreground: "#d5dce4", cursor: "#7cd6d9", cursorAccent: "#0a0d11",
    selectionBackground: "#2f5b66",
    black: "#1a2129", red: "#ff7b72", green: "#5fd08f", yellow: "#e9b95c", blue: "#79b8ff", magenta: "#c9a0ff",
    cyan: "#5cc9d1", white: "#c8d1da",
    brightBlack: "#6b7785", brightRed: "#ff9d96", brightGreen: "#86e3ac", brightYellow: "#f5d08a",
    brightBlue: "#a5d0ff", brightMagenta: "#dcc1ff",
    brightCyan: "#8fe0e5", brightWhite: "#f2f5f8",
};

export default function terminal({ current }) {
    let socket = null;
    const term = new Terminal({
        documentOverride: strictDocument(), scrollback: 10_000, cursorBlink: true, fontSize: recall(), theme,
        convertEol: false,
        fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
        minimumContrastRatio: 4.5, macOptionIsMeta: true,
    });
    const fitting = new FitAddon();
    term.loadAddon(fitting);
    const place = h("div", { class: "terminal" });
    const size = h("span", { class: "font-size number", "aria-live": "polite" });
    const copyButton = button("Copy", { icon: "copy", bare: true, disabled: true, onclick: () => copySelection() });
    const pasteButton = button("Paste", { icon: "clipboard", onclick: () => paste() });

    const open = () => socket?.readyState === WebSocket.OPEN;
    const send = (data) => open() && socket.send(data);
    term.onData(send);
    term.onBinary((data) => send(data));
    term.onResize(({ cols, rows }) => send(resizeFrame(cols, rows)));
    term.onSelectionChange(() => {
        copyButton.disabled = !term.hasSelection();
    });
    term.attachCustomKeyEventHandler((event) => {
        if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey || event.altKey) return true;
        if (event.code === "KeyC" && term.hasSelection()) {
            event.preventDefault();
            copySelection();
            return false;
        }
        // The browser's own paste follows; xterm.js must not send the key as well.
        return event.code !== "KeyV";
    });

    async function copySelection() {
        await copy(term.getSelection());
        term.focus();
    }

    async function paste() {
        try {
            term.paste(await navigator.clipboard.readText());
        } catch {
            notify("The browser did not give the clipboard. Paste with Ctrl+Shift+V.", "bad");
        }
        term.focus();
    }

    function resize(change) {
        const next = change === 0 ? sizes.usual : Math.max(sizes.least, Math.min(
            sizes.most,
            term.options.fontSize + change
        ));
        term.options.fontSize = next;
        text(size, `${next} px`);
        try {
            localStorage.setItem(sizes.key, String(next));
        } catch {
            // Kept for this window only.
        }
        fitting.fit();
        term.focus();
    }

    function download() {
        const address = URL.createObjectURL(new Blob(
            [bufferText(term.buffer.normal)],
            { type: "text/plain;charset=utf-8" }
        ));
        const anchor = h("a", { href: address, download: downloadName(current().name) });
        anchor.click();
        setTimeout(() => URL.revokeObjectURL(address), 10_000);
        term.focus();
    }

    function attach({ path, protocols, onOpen, onClose }) {
        const mine = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")), protocols);
        mine.binaryType = "arraybuffer";
        mine.addEventListener("open", () => {
            onOpen();
            fitting.fit();
            send(resizeFrame(term.cols, term.rows));
        });
        mine.addEventListener("message", ({ data }) => term.write(
            typeof data === "string" ? data : new Uint8Array(data)
        ));
        mine.addEventListener("close", ({ code, reason }) => onClose(code, reason));
        socket = mine;
        return { close: () => mine.close(1000) };
    }

    text(size, `${term.options.fontSize} px`);
    return {
        tools: [copyButton, pasteButton,
            h("span", { class: "toolbar-line", role: "separator", "aria-orientation": "vertical" }),
            button("Smaller text", { icon: "minus", bare: true, onclick: () => resize(-1) }), size,
            button("Larger text", { icon: "plus", bare: true, onclick: () => resize(1) }),
            button("Download what was shown", { icon: "download", bare: true, onclick: download })],
        mount(stage) {
            stage.append(place);
            requestAnimationFrame(() => {
                term.open(place);
                term.textarea?.setAttribute("aria-label", `Text console of ${current().name}`);
                fitting.fit();
                new ResizeObserver(() => fitting.fit()).observe(stage);
            });
        },
        attach,
        focus: () => term.focus(),
        phase(phase) {
            pasteButton.disabled = phase !== "connected";
            term.options.disableStdin = phase !== "connected";
        },
    };
}

function recall() {
    try {
        const size = Number(localStorage.getItem(sizes.key));
        return size >= sizes.least && size <= sizes.most ? size : sizes.usual;
    } catch {
        return sizes.usual;
    }
}
