// SPDX-License-Identifier: Apache-2.0
// A menu that opens below its button: arrow keys, Home, End, Escape and typing a letter work as in a desktop's.

import { h, icon } from "./dom.js";

let current = null;

export function closeMenu(refocus = false) {
    if (!current) return;
    const { menu, opener, off } = current;
    current = null;
    off();
    menu.remove();
    opener.setAttribute("aria-expanded", "false");
    if (refocus) opener.focus();
}

/** Makes `opener` open a menu. `items()` gives `{label, icon, danger, disabled, note, run}` or `null` for a line. */
export function attachMenu(opener, items, { label = opener.getAttribute("aria-label") } = {}) {
    opener.setAttribute("aria-haspopup", "menu");
    opener.setAttribute("aria-expanded", "false");
    const toggle = (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (current?.opener === opener) return closeMenu(true);
        return open(opener, items(), label);
    };
    opener.addEventListener("click", toggle);
    opener.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown") toggle(event);
    });
    return opener;
}

function open(opener, items, label) {
    closeMenu();
    const menu = h(
        "div",
        { class: "menu", role: "menu", "aria-label": label },
        items.map((item) => entry(item, opener, items.some((each) => each?.icon)))
    );
    if (!items.length) menu.append(h("p", { class: "menu-empty" }, "Nothing can be done now."));
    (opener.closest("dialog") ?? document.body).append(menu);
    opener.setAttribute("aria-expanded", "true");
    place(menu, opener);
    const outside = (event) => {
        if (!menu.contains(event.target) && !opener.contains(event.target)) closeMenu();
    };
    // The page may still be scrolling to the button when the menu opens: follow it, close once it is gone.
    const follow = () => {
        const box = opener.getBoundingClientRect();
        if (box.bottom < 0 || box.top > window.innerHeight || box.width === 0) closeMenu();
        else place(menu, opener);
    };
    document.addEventListener("pointerdown", outside, true);
    window.addEventListener("resize", follow);
    window.addEventListener("scroll", follow, true);
    const off = () => {
        document.removeEventListener("pointerdown", outside, true);
        window.removeEventListener("resize", follow);
        window.removeEventListener("scroll", follow, true);
    };
    current = { menu, opener, off };
    menu.addEventListener("keydown", (event) => steer(event, menu));
    menu.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !menu.contains(event.relatedTarget)) closeMenu();
    });
    enabled(menu)[0]?.focus();
}

function entry(item, opener, icons) {
    if (item === null) return h("div", { class: "menu-line", role: "separator" });
    return h("button", {
        type: "button", role: item.checked === undefined ? "menuitem" : "menuitemradio", tabindex: "-1",
        class: item.danger ? "menu-item danger" : "menu-item", disabled: item.disabled,
        "aria-checked": item.checked === undefined ? null : String(item.checked),
        onclick: () => {
            closeMenu();
            opener.focus();
            item.run();
        },
    }, item.icon ? icon(item.icon) : icons && h("span", { class: "icon" }), h("span", { class: "label" }, item.label),
    item.checked && icon("check"), item.note && h("span", { class: "menu-note" }, item.note));
}

const enabled = (menu) => [...menu.querySelectorAll("button:not(:disabled)")];

function steer(event, menu) {
    const all = enabled(menu);
    const at = all.indexOf(document.activeElement);
    const to = (index) => all[(index + all.length) % all.length]?.focus();
    if (event.key === "ArrowDown") to(at + 1);
    else if (event.key === "ArrowUp") to(at - 1);
    else if (event.key === "Home") to(0);
    else if (event.key === "End") to(all.length - 1);
    else if (event.key === "Escape") closeMenu(true);
    else if (event.key === "Tab") return closeMenu(true);
    else if (event.key.length === 1) letter(event.key, all, at);
    else return undefined;
    event.preventDefault();
    return event.stopPropagation();
}

function letter(key, all, at) {
    const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    rest.find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()))?.focus();
}

function place(menu, opener) {
    const box = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = menu;
    const left = Math.max(8, Math.min(box.right - width, window.innerWidth - width - 8));
    const below = box.bottom + 4 + height <= window.innerHeight - 8;
    const fromLeft = box.left < window.innerWidth / 2 && box.left + width <= window.innerWidth - 8;
    menu.style.left = `${Math.round(fromLeft ? box.left : left)}px`;
    menu.style.top = `${Math.round(below ? box.bottom + 4 : Math.max(8, box.top - height - 4))}px`;
}
