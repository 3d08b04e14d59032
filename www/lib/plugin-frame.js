// SPDX-License-Identifier: Apache-2.0
// The frame's side of a plugin's page. A page loads this module from /lib/plugin-frame.js:
//
//     import { connect } from "/lib/plugin-frame.js";
//     const gatehouse = await connect();
//     const { machines } = await gatehouse.call("machine.list");
//     gatehouse.on("machine.changed", ({ machine }) => ...);
//
// A call that the plugin was not granted, or that the viewer may not make, is refused with an Error whose `code`
// is one of the API's error words.

/** A refused or failed call. */
export class CallError extends Error {
    constructor({ code, message }) {
        super(message);
        this.name = "CallError";
        this.code = code;
    }
}

// A page may connect more than once: an answer is for the connection that asked.
let connections = 0;

/**
 * Speaks with the shell around the frame; answers when the shell did. `theme` is "light" or "dark" and is kept as
 * `data-theme` of the document's root; on("theme", listener) tells of a change.
 */
export function connect({ scope = globalThis, root = globalThis.document?.documentElement } = {}) {
    const waiting = new Map();
    const listeners = new Map();
    const connection = ++connections;
    let next = 1;
    const post = (message) => scope.parent.postMessage({ gatehouse: 1, ...message }, "*");
    const tell = (topic, data) => {
        for (const listener of [...(listeners.get(topic) ?? [])]) listener(data);
    };
    const api = {
        theme: "light", user: null, plugin: null, page: null, serverTime: null,
        call(method, params = {}) {
            const id = `${connection}.${next++}`;
            return new Promise((resolve, reject) => {
                waiting.set(id, { resolve, reject });
                post({ type: "call", id, method, params });
            });
        },
        on(topic, listener) {
            if (!listeners.has(topic)) listeners.set(topic, new Set());
            listeners.get(topic).add(listener);
            if (topic !== "theme") post({ type: "subscribe", topics: [topic] });
            return () => listeners.get(topic).delete(listener);
        },
        title: (text) => post({ type: "title", text }),
        navigate: (path) => post({ type: "navigate", path }),
        height: (px) => post({ type: "height", px }),
    };
    const paint = (theme) => {
        api.theme = theme;
        if (root) root.dataset.theme = theme;
    };

    return new Promise((resolve) => {
        scope.addEventListener("message", ({ source, data }) => {
            if (source !== scope.parent || data?.gatehouse !== 1) return;
            const { type, id } = data;
            if (type === "init") {
                const { user, plugin, page, serverTime } = data;
                Object.assign(api, { user, plugin, page, serverTime });
                paint(data.theme);
                resolve(api);
            } else if (type === "theme") {
                paint(data.theme);
                tell("theme", data.theme);
            } else if (type === "event") tell(data.topic, data.data);
            else if (type === "result") settle(waiting, id)?.resolve(data.result);
            else if (type === "error") settle(waiting, id)?.reject(new CallError(data.error));
        });
        post({ type: "ready" });
    });
}

function settle(waiting, id) {
    const entry = waiting.get(id);
    waiting.delete(id);
    return entry;
}
