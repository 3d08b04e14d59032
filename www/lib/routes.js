// SPDX-License-Identifier: Apache-2.0
// Addresses ↔ views. Nothing here touches the page.

const fixed = {
    "/": "machines", "/login": "login", "/setup": "setup", "/account": "account", "/users": "users",
    "/audit": "audit", "/nodes": "nodes", "/consoles": "consoles", "/plugins": "plugins", "/jobs": "jobs",
    "/alerts": "alerts",
};

const named = [
    [/^\/machine\/([^/]+)$/, ([machine]) => ({ view: "machine", machine })],
    [/^\/machine\/([^/]+)\/(vnc|text)$/, ([machine, type]) => ({ view: "console", machine, type })],
    [/^\/plugins\/([^/]+)$/, ([plugin]) => ({ view: "plugin", plugin })],
    [/^\/nodes\/([^/]+)$/, ([node]) => ({ view: "node", node })],
    [/^\/jobs\/(\d{1,15})$/, ([job]) => ({ view: "job", job: Number(job) })],
    [/^\/page\/([^/]+)\/([^/]+)$/, ([plugin, page]) => ({ view: "pluginPage", plugin, page })],
];

/** The view of a path with what it names: `{view, machine?, type?, plugin?, page?, node?, job?}`; else "missing". */
export function parse(path) {
    const clean = path.length > 1 ? path.replace(/\/+$/, "") : path;
    if (Object.hasOwn(fixed, clean)) return { view: fixed[clean] };
    for (const [pattern, make] of named) {
        const match = pattern.exec(clean);
        if (!match) continue;
        try {
            return make(match.slice(1).map(decodeURIComponent));
        } catch {
            break;
        }
    }
    return { view: "missing" };
}

// "@" may stand in a path as it is; it marks a machine whose UUID is not unique.
const part = (id) => encodeURIComponent(id).replace(/%40/g, "@");

export const machinePath = (id) => `/machine/${part(id)}`;
export const consolePath = (id, type) => `/machine/${part(id)}/${type}`;
export const pluginPath = (name) => `/plugins/${part(name)}`;
export const pagePath = (plugin, page) => `/page/${part(plugin)}/${part(page)}`;
export const nodePath = (name) => `/nodes/${part(name)}`;
export const jobPath = (id) => `/jobs/${id}`;

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
