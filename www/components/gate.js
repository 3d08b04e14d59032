// SPDX-License-Identifier: Apache-2.0
// The card of the pages outside: sign-in and set-up.

import { h } from "./dom.js";

export const gate = ({ title, lead = null, note = null }, ...content) => h("main", { class: "gate" },
    h("div", { class: "gate-card" },
        h("div", { class: "brand" }, h("img", { src: "/favicon.svg", alt: "", width: 36, height: 36 }), "Gatehouse"),
        h("div", { class: "card" }, h("h1", {}, title), lead && h("p", { class: "lead" }, lead), content),
        note && h("p", { class: "gate-note" }, note)));
