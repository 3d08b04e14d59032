// SPDX-License-Identifier: Apache-2.0
// An address that is none of ours.

import { h, link } from "../components/dom.js";
import { empty, pageHead } from "../components/page.js";

export default async function view() {
    const title = "Not found";
    return { title, element: h("div", { class: "page" }, pageHead({ title }), h("div", { class: "card" }, empty({
        icon: "search", title: "There is no such page", text: "The address may be mistyped, or from another version.",
        action: link("/", { class: "button primary" }, "Go to the machines"),
    }))) };
}
