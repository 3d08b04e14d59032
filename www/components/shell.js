// SPDX-License-Identifier: Apache-2.0
// The frame around the pages: side bar with the places, who is signed in, the state of live updates.

import { reaches } from "../lib/machine-states.js";
import { pagePath } from "../lib/routes.js";
import { attribute, button, h, icon, link, text } from "./dom.js";
import { attachMenu } from "./menu.js";
import { currentTheme, themeItems } from "./theme-choice.js";

const places = [
    { href: "/", view: "machines", label: "Machines", icon: "machines" },
    { href: "/nodes", view: "nodes", label: "Nodes", icon: "node" },
    { href: "/consoles", view: "consoles", label: "Consoles", icon: "terminal" },
    { href: "/jobs", view: "jobs", label: "Jobs", icon: "job" },
    { href: "/alerts", view: "alerts", label: "Alerts", icon: "alert" },
    { href: "/plugins", view: "plugins", label: "Plugins", icon: "plugin", superUser: true },
    { href: "/users", view: "users", label: "Users", icon: "users", superUser: true },
    { href: "/audit", view: "audit", label: "Audit", icon: "audit", superUser: true },
];

/** The place of the menu that a view belongs to. */
const homes = { machine: "machines", node: "nodes", plugin: "plugins", job: "jobs" };

const liveTexts = { open: "Live", connecting: "Connecting…", closed: "Not live" };

const brand = () => link(
    "/",
    { class: "brand" },
    h("img", { src: "/favicon.svg", alt: "", width: 28, height: 28 }),
    "Gatehouse"
);

export class Shell {
    #route = { view: "" };

    constructor({ user, inventory, events, pages, alerts, onLogout, onHelp }) {
        this.main = h("main", { class: "main", id: "main", tabindex: "-1" });
        this.stale = h("div", { class: "banner stale", role: "status", hidden: true }, icon("warning"),
            h(
                "p",
                {},
                h("strong", {}, "Not connected to the server. "),
                "What is shown may be old; it is renewed as soon as the server can be reached."
            ));
        this.links = places.filter((place) => !place.superUser || reaches(user.level, "superUser")).map((place) => ({
            place, element: link(place.href, {}, icon(place.icon), place.label, h("span", { class: "count" })),
        }));
        this.pageLinks = h("div", {
            class: "nav-pages", role: "group", "aria-label": "Pages of plugins", hidden: true,
        });
        this.live = h("div", { class: "live", role: "status" });
        this.menuButton = button("Menu", {
            icon: "menu",
            bare: true,
            "aria-expanded": "false",
            "aria-controls": "side",
            onclick: () => this.#fold(),
        });
        this.element = h("div", { class: "shell" },
            h("a", { class: "skip", href: "#main", onclick: (event) => {
                event.preventDefault();
                this.main.focus();
            } }, "Skip to the content"),
            h(
                "div",
                { class: "topbar" },
                brand(),
                this.menuButton
            ), this.#side(user, onLogout, onHelp), h("div", { class: "content" }, this.stale, this.main));
        inventory.nodes.watch(() => this.#count(inventory));
        inventory.machines.watch(() => this.#count(inventory));
        alerts.on("count", (count) => this.#alerts(count));
        pages.on("changed", () => this.#pages(pages));
        events.on("status", (status) => this.#status(status));
        this.#status(events.status);
    }

    #side(user, onLogout, onHelp) {
        const theme = h("button", { type: "button", class: "nav-button" }, icon(currentTheme().icon), "Theme");
        const redraw = () => theme.firstChild.replaceWith(icon(currentTheme().icon));
        attachMenu(theme, () => themeItems(redraw), { label: "Theme" });
        return h("div", { class: "side", id: "side" }, brand(),
            h("nav", { class: "nav", "aria-label": "Main" }, this.links.map(({ element }) => element), this.pageLinks),
            h("div", { class: "side-foot" }, this.live, theme,
                h("button", { type: "button", class: "nav-button", onclick: onHelp }, icon("keyboard"), "Keys"),
                link("/account", {
                    class: "nav-button account-link",
                    "aria-label": `Account of ${user.name}`,
                }, icon("user"),
                    h(
                        "span",
                        { class: "who" },
                        h("strong", {}, user.givenName || user.name),
                        h("span", {}, user.name)
                    )),
                h("button", { type: "button", class: "nav-button", onclick: onLogout }, icon("logout"), "Sign out")));
    }

    /** Marks the place that is shown and closes the folded menu. */
    at(route) {
        this.#route = route;
        const name = homes[route.view] ?? route.view;
        for (const { place, element } of this.links) attribute(
            element,
            "aria-current",
            place.view === name ? "page" : null
        );
        attribute(this.element.querySelector(".account-link"), "aria-current", name === "account" ? "page" : null);
        this.#markPages();
        this.#fold(false);
    }

    /** The entries of plugins' pages, as they come and go. */
    #pages(pages) {
        const focused = document.activeElement?.dataset?.page;
        this.pageLinks.replaceChildren(...pages.entries.map(({ plugin, name, menu }) => {
            const path = pagePath(plugin, name);
            return link(path, { data: { page: path } }, icon("page"), h("span", { class: "clip" }, menu));
        }));
        this.pageLinks.hidden = pages.entries.length === 0;
        this.#markPages();
        if (focused) (this.pageLinks.querySelector(`[data-page="${CSS.escape(focused)}"]`) ?? this.main).focus();
    }

    #markPages() {
        const { view, plugin, page } = this.#route;
        const current = view === "pluginPage" ? pagePath(plugin, page) : null;
        for (const element of this.pageLinks.children) {
            attribute(element, "aria-current", element.dataset.page === current ? "page" : null);
        }
    }

    #alerts(count) {
        const { element } = this.links.find(({ place }) => place.view === "alerts");
        text(element.lastChild, count ? String(count) : "");
        element.lastChild.className = "count tone-bad";
        attribute(element, "aria-label", count ? `Alerts, ${count} not acknowledged` : null);
    }

    #fold(open = !this.element.classList.contains("open")) {
        this.element.classList.toggle("open", open);
        this.menuButton.setAttribute("aria-expanded", String(open));
    }

    #status(status) {
        this.live.dataset.status = status;
        text(this.live, liveTexts[status]);
        // Only an interruption that lasts is worth a word.
        clearTimeout(this.waiting);
        if (status === "open") this.stale.hidden = true;
        else this.waiting = setTimeout(() => {
            this.stale.hidden = false;
        }, 4000);
        this.live.title = status === "open"
            ? "Changes are shown as they happen."
            : "Changes are not shown until the server is reached again.";
    }

    #count(inventory) {
        const troubled = inventory.nodes.values().filter((node) => node.state === "unreachable").length;
        const counts = {
            machines: [inventory.machines.size || "", ""],
            nodes: troubled ? [`${troubled} away`, "tone-bad"] : [inventory.nodes.size || "", ""],
        };
        for (const { place, element } of this.links.filter((each) => counts[each.place.view])) {
            const [value, tone] = counts[place.view];
            text(element.lastChild, String(value));
            element.lastChild.className = `count ${tone}`;
        }
    }
}
