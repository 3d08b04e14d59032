// SPDX-License-Identifier: Apache-2.0
// What the two kinds of console share: toolbar, status line, stage and the panel that explains an interruption.

import { describe } from "../lib/api.js";
import { clock } from "../lib/format.js";
import { machinePath } from "../lib/routes.js";
import { button, h, icon, link, text } from "./dom.js";
import { confirm } from "./dialog.js";
import { consoleKeys, showKeys } from "./keys-help.js";
import { actionItems } from "./machine-actions.js";
import { holderName, holderText, stateBadge } from "./machine-parts.js";
import { attachMenu } from "./menu.js";
import { themeItems } from "./theme-choice.js";

/** Builds the frame. `tools` are the buttons of the kind; `focusStage()` puts the keyboard into the console. */
export class ConsoleFrame {
    constructor({ api, machine, type, tools, focusStage, reconnect, inventory }) {
        Object.assign(this, { api, machine, type, focusStage, reconnect });
        this.state = h("span", { class: "head-state" });
        this.name = link(machinePath(machine.id), { class: "console-name", title: "Show the machine" }, machine.name);
        this.status = h("span", { class: "console-status", id: "status", role: "status", data: { phase: "opening" } });
        this.stage = h("div", { class: `stage stage-${type}` });
        this.panel = h("div", { class: "panel", role: "group", "aria-label": "Connection", hidden: true });
        this.toolbar = h(
            "div",
            { class: "toolbar", role: "toolbar", "aria-label": "Console" },
            tools,
            this.#common(inventory)
        );
        this.element = h("div", { class: "console", data: { type } },
            h("header", { class: "console-head" },
                h(
                    "div",
                    { class: "console-title" },
                    h("img", { src: "/favicon.svg", alt: "", width: 22, height: 22 }),
                    h("h1", {}, this.name),
                    this.state,
                    this.status
                ),
                this.toolbar),
            h("main", { class: "console-main" }, this.stage, this.panel));
        this.update(machine);
        this.#keys();
    }

    #common(inventory) {
        const power = button("Power", { icon: "power" });
        attachMenu(
            power,
            () => actionItems({ api: this.api, inventory }, this.machine),
            { label: `Actions for ${this.machine.name}` }
        );
        const full = button("Full screen", {
            icon: "fullscreen",
            bare: true,
            "aria-pressed": "false",
            onclick: () => this.#fullScreen(),
        });
        document.addEventListener("fullscreenchange", () => {
            full.setAttribute("aria-pressed", String(document.fullscreenElement !== null));
        });
        const more = button("More", { icon: "more", bare: true });
        attachMenu(more, () => [
            { label: "Reconnect", icon: "refresh", run: () => this.reconnect() },
            { label: "Keys", icon: "keyboard", run: () => showKeys(consoleKeys) },
            { label: "Show the machine", icon: "machines", run: () => location.assign(machinePath(this.machine.id)) },
            null, ...themeItems(),
        ], { label: "More" });
        return [
            h("span", { class: "toolbar-line", role: "separator", "aria-orientation": "vertical" }),
            power,
            full,
            more,
        ];
    }

    async #fullScreen() {
        if (document.fullscreenElement) await document.exitFullscreen();
        else await document.documentElement.requestFullscreen?.().catch(() => {});
        this.focusStage();
    }

    #keys() {
        const leave = (event) => {
            const chord = event.ctrlKey && event.altKey && event.shiftKey &&
                ["Control", "Alt", "Shift"].includes(event.key);
            if (!chord || this.toolbar.contains(document.activeElement)) return;
            event.preventDefault();
            event.stopImmediatePropagation();
            // A keyboard grab lets go of all keys when the window loses the focus: the guest must not keep them down.
            window.dispatchEvent(new Event("blur"));
            this.#buttons()[0]?.focus();
        };
        window.addEventListener("keydown", leave, true);
        this.toolbar.addEventListener("keydown", (event) => {
            const all = this.#buttons();
            const at = all.indexOf(document.activeElement);
            const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
            if (to !== undefined && at >= 0) {
                event.preventDefault();
                all[(to + all.length) % all.length].focus();
            } else if (event.key === "Escape") this.focusStage();
        });
    }

    #buttons() {
        return [...this.toolbar.querySelectorAll("button:not(:disabled), a[href]")].filter(
            (each) => each.offsetParent !== null
        );
    }

    /** The machine as it is now. */
    update(machine) {
        this.machine = machine;
        text(this.name, machine.name);
        this.state.replaceChildren(stateBadge(machine));
        const kind = this.type === "vnc" ? "VNC" : "Text";
        document.title = `${machine.name} (${kind}) – Gatehouse`;
    }

    /** Shows a phase of the console's session. `act` has connect(), takeOver() and start(). */
    phase(state, act) {
        this.status.dataset.phase = state.phase;
        this.element.dataset.phase = state.phase;
        const words = {
            opening: "Connecting…",
            connecting: "Connecting…",
            retrying: "Reconnecting…",
            waiting: "Waiting for the machine",
            locked: state.freed
                ? "Free"
                : `In use by ${state.lock ? holderName(state.lock) : ""}`,
            closed: "Not connected",
            refused: "Not connected",
            connected: `Connected since ${clock(state.lock?.since ?? new Date().toISOString())}`,
        };
        text(this.status, words[state.phase]);
        const content = this.#panelFor(state, act);
        this.panel.hidden = content === null;
        this.panel.replaceChildren(...(content ?? []));
        if (content) this.panel.querySelector("button.primary")?.focus({ preventScroll: true });
    }

    #panelFor(state, act) {
        switch (state.phase) {
        case "opening":
        case "connecting":
            return panel("refresh", "Connecting…", null, [], "spin");
        case "connected":
            return null;
        case "retrying":
            return retryingPanel(state, act);
        case "waiting":
            return panel("state-off", state.meaning.title, `${state.meaning.text}`, this.#startButton(act));
        case "locked":
            return this.#lockedPanel(state, act);
        case "refused":
            return panel(
                "warning",
                "The console could not be opened",
                describe(state.problem),
                [button("Try again", { class: "primary", onclick: act.connect })]
            );
        default:
            return this.#closedPanel(state.meaning, act);
        }
    }

    #startButton(act) {
        const starts = ["off", "saved", "crashed"].includes(this.machine.state) && this.machine.operation === null;
        return starts ? [button("Start the machine", { icon: "start", class: "primary", onclick: act.start })] : [];
    }

    #lockedPanel(state, act) {
        if (state.freed) {
            return panel(
                "check",
                "The console is free now",
                null,
                [button("Connect", { class: "primary", onclick: act.connect })]
            );
        }
        return panel("lock", "This console is in use", holderText(state.lock), [
            button("Take over…", {
                icon: "takeover",
                class: "primary",
                onclick: () => takeOver(this.machine, state.lock, act),
            }),
            button("Try again", { onclick: act.connect }),
        ]);
    }

    #closedPanel(meaning, act) {
        if (meaning.code === 4002) {
            const again = button("Sign in again", { class: "primary", onclick: act.signIn });
            return panel("warning", meaning.title, meaning.text, [again]);
        }
        const icons = { 4000: "takeover", 4001: "disconnect", 1000: "check" };
        return panel(
            icons[meaning.code] ?? "warning",
            meaning.title,
            meaning.text,
            [button("Reconnect", { icon: "refresh", class: "primary", onclick: act.connect })]
        );
    }
}

const panel = (name, title, words, actions, extra = "") => [h("div", { class: "panel-card" }, icon(name, extra),
    h("h2", {}, title), words && h("p", {}, words), actions.length > 0 && h(
        "div",
        { class: "panel-actions" },
        actions
    ))];

function retryingPanel({ meaning, attempt }, act) {
    const count = attempt > 2 ? ` (try ${attempt})` : "";
    const now = button("Reconnect now", { class: "primary", onclick: act.connect });
    return panel("refresh", meaning.title, `${meaning.text} Trying again${count}…`, [now], "spin");
}

async function takeOver(machine, lock, act) {
    const agreed = await confirm({
        title: "Take this console over?", action: "Take over", danger: true,
        text: `${holderName(lock)} is using ${machine.name} and loses it at once. They are told that you took it.`,
    });
    if (agreed) act.takeOver();
}
