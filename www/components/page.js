// SPDX-License-Identifier: Apache-2.0
// The head of a page, and what is shown when there is nothing to show.

import { describe } from "../lib/api.js";
import { button, h, icon, link } from "./dom.js";

/** `<h1>` with a line below and buttons at its right. */
export function pageHead({ title, lead = null, actions = [], back = null }) {
    return h("header", { class: "page-head" },
        h("div", { class: "headline" },
            back && link(back.href, { class: "back" }, icon("back"), back.label),
            h("h1", { tabindex: "-1" }, title), lead && h("p", {}, lead)),
        actions.length > 0 && h("div", { class: "actions" }, actions));
}

/** A place that is empty, with the reason and what to do. */
export function empty({ icon: name, title, text, action = null }) {
    return h("div", { class: "empty" }, icon(name), h("h2", {}, title), h("p", {}, text), action);
}

/** A page that is not for this user. */
export const forSuperusers = (title) => ({ title, element: h("div", { class: "page" }, pageHead({ title }), h("div",
    { class: "card" },
    empty({
        icon: "lock",
        title: "For superusers only",
        text: "Ask a superuser when you need something that is done here.",
    }))) });

/** What failed, with a button to try again. */
export function failure(problem, again) {
    return empty({
        icon: "warning", title: "This could not be loaded", text: describe(problem),
        action: again && button("Try again", { icon: "refresh", onclick: again }),
    });
}

/** A card with a head. */
export function card(title, { icon: name = null, actions = [], body = true } = {}, ...content) {
    return h("section", { class: "card", "aria-label": title },
        h("header", { class: "card-head" }, name && icon(name), h("h2", {}, title), actions),
        body ? h("div", { class: "card-body" }, content) : content);
}

/** A table from columns `{label, class, cell(row)}` and rows; cells carry their label for narrow screens. */
export function table(label, columns, rows, { keyOf = null, class: style = "" } = {}) {
    const head = h("tr", { role: "row" }, columns.map((column) => h("th", {
        scope: "col",
        role: "columnheader",
        class: column.class,
    },
        column.hidden ? h("span", { class: "unseen" }, column.label) : column.label)));
    const body = rows.map((row) => h("tr", {
        role: "row",
        data: keyOf ? { key: keyOf(row) } : {},
    }, columns.map((column) =>
        h("td", { role: "cell", class: [
            column.class,
            column.hidden || column.bare ? "unlabelled" : "",
        ].filter(Boolean).join(" "),
            "data-label": column.label }, column.cell(row)))));
    return h("table", { class: `table ${style}`, role: "table", "aria-label": label },
        h("thead", { role: "rowgroup" }, head), h("tbody", { role: "rowgroup" }, body));
}
