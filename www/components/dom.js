// SPDX-License-Identifier: Apache-2.0
// Making elements. Text always becomes text nodes: nothing a guest or a server says is read as markup.

const svg = "http://www.w3.org/2000/svg";

/**
 * h("button", {class: "primary", onclick}, "Save"): attributes by name, listeners as `onname` functions,
 * `data` and `props` as objects. Children that are null or false are left out.
 */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
    element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

function set(element, name, value) {
    if (value === null || value === undefined || value === false) return;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "props") Object.assign(element, value);
    else element.setAttribute(name, value === true ? "" : String(value));
}

// The drawings are copied out of the sprite instead of being referred to: with some hundred rows the browser
// spends most of a redraw on the shadow trees of references.
let drawings = null;
const waiting = [];

/** Reads the sprite; icons made before it is there are drawn then. */
export async function loadIcons(path = "/icons.svg") {
    const source = await (await fetch(path)).text();
    const sprite = new DOMParser().parseFromString(source, "image/svg+xml");
    drawings = new Map([...sprite.querySelectorAll("symbol")].map((symbol) => [symbol.id, [...symbol.children]]));
    for (const [element, name] of waiting.splice(0)) draw(element, name);
}

function draw(element, name) {
    if (!drawings) waiting.push([element, name]);
    else element.replaceChildren(...(drawings.get(name) ?? []).map((part) => document.importNode(part, true)));
}

/** An icon; it says nothing to a screen reader, the text beside it does. */
export function icon(name, extra = "") {
    const element = document.createElementNS(svg, "svg");
    element.setAttribute("class", extra ? `icon ${extra}` : "icon");
    element.setAttribute("viewBox", "0 0 16 16");
    element.setAttribute("aria-hidden", "true");
    draw(element, name);
    return element;
}

/** A button with an icon and a text. With `bare` the text is only spoken and shown as a tip. */
export function button(label, { icon: name, bare = false, class: style = "", ...attributes } = {}) {
    const classes = ["button", bare ? "bare" : "", style].filter(Boolean).join(" ");
    return h("button", {
        type: "button",
        class: classes,
        ...(bare ? { "aria-label": label, title: label } : {}),
        ...attributes,
    },
        name && icon(name), !bare && h("span", { class: "label" }, label));
}

/** Shows or hides without moving the element. */
export const show = (element, visible) => {
    element.hidden = !visible;
};

/** Sets text only when it differs, so that a screen reader is not told the same twice. */
export function text(element, value) {
    if (element.textContent !== value) element.textContent = value;
}

/** Sets an attribute, or takes it away for null and false. */
export function attribute(element, name, value) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
}

let next = 0;
/** An id that is free in this page. */
export const freshId = (prefix) => `${prefix}-${++next}`;

/** A link inside the console; the router takes the click. */
export const link = (href, attributes, ...children) => h("a", { href, ...attributes }, ...children);
