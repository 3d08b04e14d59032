// SPDX-License-Identifier: Apache-2.0
// The application's pages: decides which view an address shows and who may see it.

import { Unacknowledged } from "./lib/alerts.js";
import { APIClient } from "./lib/api.js";
import { PluginPages } from "./lib/plugin-pages.js";
import { Inventory } from "./lib/store.js";
import { loginPath, parse } from "./lib/routes.js";
import { h, loadIcons } from "./components/dom.js";
import { appKeys, showKeys, typing } from "./components/keys-help.js";
import { LiveEvents } from "./components/live.js";
import { failure } from "./components/page.js";
import { guardSession } from "./components/session-guard.js";
import { Shell } from "./components/shell.js";
import { closeMenu } from "./components/menu.js";

const views = {
    login: () => import("./views/login.js"),
    setup: () => import("./views/setup.js"),
    machines: () => import("./views/machines.js"),
    machine: () => import("./views/machine.js"),
    account: () => import("./views/account.js"),
    users: () => import("./views/users.js"),
    nodes: () => import("./views/nodes.js"),
    node: () => import("./views/node.js"),
    consoles: () => import("./views/consoles.js"),
    audit: () => import("./views/audit.js"),
    plugins: () => import("./views/plugins.js"),
    plugin: () => import("./views/plugin.js"),
    pluginPage: () => import("./views/plugin-page.js"),
    jobs: () => import("./views/jobs.js"),
    job: () => import("./views/job.js"),
    alerts: () => import("./views/alerts.js"),
    missing: () => import("./views/missing.js"),
};
const open = new Set(["login", "setup"]);

const root = document.getElementById("app");
loadIcons().catch(() => {});
const here = () => location.pathname + location.search;
let leaving = false;
const toLogin = (ended) => {
    // Whoever signs out knows that the session ended; the event that says so comes to this page too.
    if (leaving) return;
    location.assign(loginPath(here()) + (ended ? `${here() === "/" ? "?" : "&"}ended=1` : ""));
};
const api = new APIClient({ onUnauthenticated: () => toLogin(true) });
const events = new LiveEvents();

let shell = null;
let context = { api, events, navigate };
let shown = null;
let turn = 0;

/** Goes to an address of this site; `replace` keeps the history as it is. */
function navigate(path, { replace = false } = {}) {
    if (parse(path.split(/[?#]/)[0]).view === "console") return location.assign(path);
    history[replace ? "replaceState" : "pushState"]({}, "", path);
    return render();
}

async function enter() {
    const { user, session, serverTime } = await api.call("session.current", {}, { quiet: true });
    const inventory = new Inventory({ api, events, me: user.name });
    const pages = new PluginPages({ api, events });
    const alerts = new Unacknowledged({ api, events });
    context = { ...context, user, session, inventory, pages };
    shell = new Shell({ user, inventory, events, pages, alerts, onLogout: logout, onHelp: () => showKeys(appKeys) });
    root.replaceChildren(shell.element);
    guardSession({ api, events, session, serverTime, onEnd: () => toLogin(true), onOther: () => location.reload() });
    events.start();
    inventory.load();
}

async function logout() {
    leaving = true;
    await api.call("session.logout", {}, { quiet: true }).catch(() => {});
    location.assign("/login");
}

async function render() {
    const mine = ++turn;
    const route = parse(location.pathname);
    closeMenu();
    try {
        if (!open.has(route.view) && !shell) await enter();
        const { default: view } = await views[route.view]();
        if (mine !== turn) return;
        const next = await view({ ...context, route });
        if (mine !== turn) return next.dispose?.();
        place(next, route);
    } catch (problem) {
        if (mine !== turn) return;
        if (problem.word === "unauthenticated") return void location.replace(loginPath(here()));
        place({ title: "Problem", element: h("div", { class: "page" }, failure(problem, render)) }, route);
    }
}

function place(next, route) {
    shown?.dispose?.();
    const first = shown === null;
    shown = next;
    document.title = `${next.title} – Gatehouse`;
    (shell && !open.has(route.view) ? shell.main : root).replaceChildren(next.element);
    shell?.at(route);
    window.scrollTo(0, 0);
    if (!first) next.element.querySelector("h1")?.focus();
}

document.addEventListener("click", (event) => {
    const anchor = event.target.closest?.("a[href]");
    if (!anchor || event.defaultPrevented || event.button !== 0 || anchor.target) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || anchor.origin !== location.origin) return;
    if (anchor.hash && anchor.pathname === location.pathname) return;
    event.preventDefault();
    navigate(anchor.pathname + anchor.search);
});

document.addEventListener("keydown", (event) => {
    if (typing(event) || !shell) return;
    if (event.key === "?") showKeys(appKeys);
    if (event.key === "/") {
        const filter = document.querySelector("[data-filter]");
        if (filter) {
            event.preventDefault();
            filter.focus();
            filter.select?.();
        }
    }
});

window.addEventListener("popstate", () => render());
// After signing in elsewhere a page kept by the browser must not show what it knew before.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
render();
