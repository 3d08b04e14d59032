// SPDX-License-Identifier: Apache-2.0
// A console's window: signs the page in, reads the machine and hands over to the screen or the terminal.

import { APIClient, describe } from "./lib/api.js";
import { Inventory } from "./lib/store.js";
import { ConsoleSession } from "./lib/console-session.js";
import { loginPath, machinePath, parse } from "./lib/routes.js";
import { button, h, icon, link, loadIcons } from "./components/dom.js";
import { ConsoleFrame } from "./components/console-frame.js";
import { LiveEvents } from "./components/live.js";
import { actions } from "./lib/machine-states.js";
import { runAction } from "./components/machine-actions.js";
import { guardSession } from "./components/session-guard.js";

const kinds = { vnc: () => import("./views/console-vnc.js"), text: () => import("./views/console-text.js") };
const root = document.getElementById("app");
loadIcons().catch(() => {});
const route = parse(location.pathname);
const api = new APIClient();
const events = new LiveEvents();
const signIn = () => location.assign(loginPath(location.pathname));

async function start() {
    const { user, session, serverTime } = await api.call("session.current");
    const inventory = new Inventory({ api, events, me: user.name });
    inventory.load = reload;
    const { machine } = await api.call("machine.show", { machine: route.machine });
    inventory.machines.reset([machine]);
    const { default: kind } = await kinds[route.type]();
    const current = () => inventory.machines.get(machine.id) ?? machine;

    const screen = kind({ api, machine, current });
    const frame = new ConsoleFrame({
        api, machine, type: route.type, inventory, tools: screen.tools,
        focusStage: () => screen.focus(), reconnect: () => console_.connect(),
    });
    screen.mount(frame.stage);
    root.replaceChildren(frame.element);

    const act = {
        connect: () => console_.connect(),
        takeOver: () => console_.connect({ takeover: true }),
        signIn,
        start: () => runAction({ api, inventory }, current(), actions.find(({ name }) => name === "start")),
    };
    const console_ = new ConsoleSession({
        api, events, machine: machine.id, type: route.type, isRunning: () => [
            "running",
            "paused",
            "shutdown",
        ].includes(current().state),
        attach: (line) => screen.attach(line),
        onChange: (state) => {
            screen.phase(state.phase);
            frame.phase(state, act);
            if (state.phase === "connected") screen.focus();
        },
    });

    async function reload() {
        try {
            await inventory.ask(() => api.call("machine.show", { machine: machine.id }));
            // An event may have been missed while the stream was down.
            events.emit("machine.changed", { machine: current() });
        } catch {
            // The console's own line tells what matters; the next event brings the rest.
        }
    }

    let redrawn = machine;
    inventory.machines.watch(() => {
        if (current() === redrawn) return;
        redrawn = current();
        frame.update(redrawn);
        if (console_.state.phase === "waiting") frame.phase(console_.state, act);
    });
    guardSession({ api, events, session, serverTime, onEnd: (reason) => {
        if (console_.state.phase !== "closed") console_.end(4002, reason);
    } });
    events.start();
    window.addEventListener("pagehide", () => console_.dispose());
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    console_.connect();
}

start().catch((problem) => {
    if (problem.word === "unauthenticated") return signIn();
    return root.replaceChildren(h("div", { class: "console" }, h("main", { class: "console-main" }, h("div",
        { class: "panel" },
        h("div", { class: "panel-card" }, icon("warning"), h(
            "h1",
            { class: "panel-title" },
            "The console could not be opened"
        ), h("p", {}, describe(problem)),
            h("div", { class: "panel-actions" }, button("Try again", {
                class: "primary",
                onclick: () => location.reload(),
            }),
                link(
                    problem.word === "notFound" ? "/" : machinePath(route.machine),
                    { class: "button" },
                    "Leave"
                )))))));
});
