// SPDX-License-Identifier: Apache-2.0
// Addresses ↔ views. Nothing here touches the page.

const fixed = {
    "/": "machines", "/login": "login", "/setup": "setup", "/account": "account", "/users": "users",
    "/audit": "audit", "/nodes": "nodes", "/consoles": "consoles",
};

/** The view of a path: `{view, machine?, type?}`; an unknown path is `{view: "missing"}`. */
export function parse(path) {
    const clean = path.length > 1 ? path.replace(/\/+$/, "") : path;
    if (fixed[clean]) return { view: fixed[clean] };
    const match = /^\/machine\/([^/]+)(?:\/(vnc|text))?$/.exec(clean);
    if (!match) return { view: "missing" };
    let machine;
    try {
        machine = decodeURIComponent(match[1]);
    } catch {
        return { view: "missing" };
    }
    return match[2] ? { view: "console", machine, type: match[2] } : { view: "machine", machine };
}

// "@" may stand in a path as it is; it marks a machine whose UUID is not unique.
const part = (id) => encodeURIComponent(id).replace(/%40/g, "@");

export const machinePath = (id) => `/machine/${part(id)}`;
export const consolePath = (id, type) => `/machine/${part(id)}/${type}`;

/** Where to go after signing in: only a path of this site, never another page's address. */
export function safeNext(next) {
    if (typeof next !== "string" || !/^\/(?![/\\])/.test(next)) return "/";
    if (/[\\\u0000-\u001f]/.test(next)) return "/";
    const { view } = parse(next.split(/[?#]/)[0]);
    return view === "missing" || view === "login" || view === "setup" ? "/" : next;
}

/** The sign-in address that leads back to `here` (path and query). */
export function loginPath(here) {
    const next = safeNext(here);
    return next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`;
}

/** The token of a set-up address's fragment, or an empty string. */
export function tokenFrom(hash) {
    return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}
