// SPDX-License-Identifier: Apache-2.0
// The screen of a machine: noVNC on a WebSocket that the console's session opened.

import RFB from "../vendor/novnc/core/rfb.js";
import { combinations, sendCombination } from "../lib/typing.js";
import { button, h } from "../components/dom.js";
import { clipboardDialog } from "../components/clipboard-dialog.js";
import { attachMenu } from "../components/menu.js";
import { notify } from "../components/notices.js";
import { typeDialog } from "../components/type-dialog.js";

export default function screen({ current }) {
    let rfb = null;
    let stage = null;
    let connected = false;
    let fit = true;
    let viewOnly = false;
    let clipboard = "";
    const last = h("canvas", { class: "last-picture", "aria-hidden": "true", hidden: true });
    const place = h("div", { class: "rfb" });
    const sendKey = (keysym, code, down) => connected && rfb?.sendKey(keysym, code, down);

    const fitButton = button("Fit to window", { icon: "fit", bare: true, "aria-pressed": "true", onclick: () => {
        fit = !fit;
        fitButton.setAttribute("aria-pressed", String(fit));
        apply();
    } });
    const viewButton = button("View only", { icon: "eye", bare: true, "aria-pressed": "false", onclick: () => {
        viewOnly = !viewOnly;
        viewButton.setAttribute("aria-pressed", String(viewOnly));
        stage.dataset.viewOnly = String(viewOnly);
        apply();
    } });
    const cad = button("Ctrl+Alt+Del", { onclick: () => press(combinations[0]) });
    const keys = button("Keys", { icon: "keyboard" });
    attachMenu(
        keys,
        () => combinations.map((combination) => ({ label: combination.label, run: () => press(combination) })),
        { label: "Keys" }
    );
    const typeButton = button("Type text…", { icon: "type", onclick: async () => {
        await typeDialog({ sendKey, connected: () => connected, machine: current() });
        focus();
    } });
    const clip = button("Clipboard", { icon: "clipboard", bare: true, onclick: async () => {
        await clipboardDialog({ received: clipboard, send: (text) => rfb?.clipboardPasteFrom(text) });
        focus();
    } });
    const needing = [cad, keys, typeButton, clip];

    function press({ keys: sequence }) {
        sendCombination(sequence, sendKey);
        focus();
    }

    function apply() {
        if (!rfb) return;
        rfb.scaleViewport = fit;
        rfb.viewOnly = viewOnly;
        for (const each of needing) each.disabled = !connected || viewOnly;
    }

    function focus() {
        rfb?.focus({ preventScroll: true });
    }

    /** Keeps what was on the screen, so that an interruption does not leave a black page. */
    function keepPicture() {
        const canvas = place.querySelector("canvas");
        if (!connected || !canvas?.width) return;
        last.width = canvas.width;
        last.height = canvas.height;
        last.getContext("2d").drawImage(canvas, 0, 0);
        last.hidden = false;
    }

    function attach({ path, protocols, onOpen, onClose }) {
        const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")), protocols);
        // Before noVNC adds its own: it takes the picture off the page when the line closes.
        socket.addEventListener("close", (event) => {
            keepPicture();
            connected = false;
            onClose(event.code, event.reason);
        });
        const mine = new RFB(place, socket, { shared: true });
        rfb = mine;
        mine.background = "transparent";
        mine.qualityLevel = 7;
        mine.compressionLevel = 2;
        mine.addEventListener("connect", () => {
            connected = true;
            last.hidden = true;
            apply();
            onOpen();
        });
        mine.addEventListener("clipboard", ({ detail }) => {
            clipboard = detail.text;
        });
        mine.addEventListener("bell", () => stage.classList.add("bell"));
        mine.addEventListener("securityfailure", ({ detail }) => {
            notify(`The screen was refused: ${detail.reason ?? detail.status}`, "bad");
        });
        mine.addEventListener("credentialsrequired", () => notify(
            "The screen asks for a password, which the server should have given.",
            "bad"
        ));
        apply();
        return { close: () => {
            connected = false;
            mine.disconnect();
        } };
    }

    return {
        tools: [
            cad,
            keys,
            typeButton,
            clip,
            h("span", { class: "toolbar-line", role: "separator", "aria-orientation": "vertical" }),
            fitButton,
            viewButton,
        ],
        mount(element) {
            stage = element;
            stage.append(last, place);
            stage.addEventListener("animationend", () => stage.classList.remove("bell"));
        },
        attach,
        focus,
        phase(phase) {
            if (phase !== "connected") for (const each of needing) each.disabled = true;
        },
    };
}
