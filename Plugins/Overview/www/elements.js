// SPDX-License-Identifier: Apache-2.0
// Making elements; text always becomes text nodes.

export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/** A link into the console around the frame. */
export const place = (gatehouse, path, attributes, ...children) => h("a", { href: path, ...attributes,
    onclick: (event) => {
        event.preventDefault();
        gatehouse.navigate(path);
    } }, ...children);

/** A card with a heading. */
export const card = (title, extra, ...content) => h("section", { class: "ov-card", "aria-label": title },
    h("header", {}, h("h2", {}, title), extra), ...content);
