// SPDX-License-Identifier: Apache-2.0
// Short notices at the edge of the page, spoken by screen readers as they come.

import { button, h, icon } from "./dom.js";

let region = null;

function place() {
    if (!region) {
        region = h("div", { class: "notices", role: "region", "aria-label": "Notices", "aria-live": "polite" });
        document.body.append(region);
    }
    return region;
}

/** Shows a notice; `tone` is "good", "bad" or "info". Bad ones stay until closed. */
export function notify(message, tone = "info") {
    const names = { good: "check", bad: "warning", info: "info" };
    const notice = h("div", { class: `notice tone-${tone}`, role: tone === "bad" ? "alert" : "status" },
        icon(names[tone]), h("p", {}, message),
        button("Dismiss", { icon: "close", bare: true, class: "small", onclick: () => notice.remove() }));
    place().append(notice);
    while (region.children.length > 4) region.firstChild.remove();
    if (tone !== "bad") setTimeout(() => notice.remove(), 5000);
    return notice;
}
