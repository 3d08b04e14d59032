// SPDX-License-Identifier: Apache-2.0
// What a plugin's page may do: the shell checks every wish of the page against what the plugin was granted, and
// carries it out as the viewer. The server checks the viewer's rights once more.

import { APIError, describe } from "./api.js";
import { topics } from "./events.js";
import { allows } from "./plugins.js";
import { parse, safeNext } from "./routes.js";

export const limits = {
    inFlight: 16, perSecond: 20, burst: 80, parameterBytes: 256 * 1024, topics: 32, titleLength: 120,
    navigationsPerMinute: 10, least: 80, most: 20_000,
};

const methodName = /^[a-z][A-Za-z]{0,40}\.[a-z][A-Za-z]{0,40}$/;
const plain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Lets so many through at once and so many a second afterwards. */
export class Rate {
    constructor({ perSecond, burst, now = Date.now }) {
        Object.assign(this, { perSecond, burst, now, left: burst, at: now() });
    }

    take() {
        const time = this.now();
        this.left = Math.min(this.burst, this.left + (Math.max(0, time - this.at) / 1000) * this.perSecond);
        this.at = time;
        if (this.left < 1) return false;
        this.left -= 1;
        return true;
    }
}

/** The checks, the same for a page in a frame and for a module in the shell. */
export class PluginGate {
    #inFlight = 0;

    constructor({ page, api, events, now = Date.now }) {
        Object.assign(this, { page, api, events });
        this.rate = new Rate({ ...limits, now });
    }

    /** Calls a method of the core API, if the plugin was granted it. */
    async call(method, params = {}) {
        this.#check(method, params);
        this.#inFlight += 1;
        try {
            return await this.api.call(method, params);
        } finally {
            this.#inFlight -= 1;
        }
    }

    #check(method, params) {
        if (typeof method !== "string" || !methodName.test(method)) {
            throw new APIError("invalidParameters", "A method is called by its name, such as machine.list.");
        }
        if (!plain(params)) {
            throw new APIError("invalidParameters", "Parameters are passed by name, in an object.");
        }
        if (Object.hasOwn(params, "callToken")) {
            throw new APIError("invalidParameters", "A page acts as its viewer and has no call token.");
        }
        if (!allows(this.page.permissions, method)) {
            throw new APIError("forbidden", `The plugin ${this.page.plugin} was not granted ${method}.`);
        }
        if (JSON.stringify(params).length > limits.parameterBytes) {
            throw new APIError("tooLarge", "The parameters are too large.");
        }
        if (this.#inFlight >= limits.inFlight || !this.rate.take()) {
            throw new APIError("rateLimited", "The page asks too often. Wait until earlier calls are answered.");
        }
    }

    /** Hears a topic, if the plugin was granted it; answers with a function that ends it. */
    on(topic, listener) {
        if (!this.mayHear(topic)) {
            throw new APIError("forbidden", `The plugin ${this.page.plugin} was not granted event.${topic}.`);
        }
        return this.events.on(topic, (data) => listener(topic === "ready" ? {} : data));
    }

    /** "ready" says only that the stream is new, so that a page can read again what it shows. */
    mayHear(topic) {
        if (topic === "ready") return true;
        return topics.includes(topic) && allows(this.page.permissions, `event.${topic}`);
    }
}

/** The shell's end of the messages with a page in a frame. `post(message)` sends one to the frame. */
export class PluginBroker {
    #heard = new Map();
    #over = false;

    constructor({ page, api, events, user, theme, serverTime = () => new Date().toISOString(), post, onTitle = () => {},
        onHeight = () => {}, onReady = () => {}, navigate = () => {}, now = Date.now }) {
        Object.assign(this, { page, user, theme, serverTime, onTitle, onHeight, onReady, navigate });
        this.post = (message) => this.#over || post({ gatehouse: 1, ...message });
        this.gate = new PluginGate({ page, api, events, now });
        this.moves = new Rate({ perSecond: limits.navigationsPerMinute / 60, burst: 3, now });
    }

    /** Takes a message of the frame; whatever is none of ours is ignored. */
    receive(message) {
        if (this.#over || !plain(message) || message.gatehouse !== 1) return;
        switch (message.type) {
        case "ready":
            return void this.#greet();
        case "call":
            return void this.#call(message);
        case "subscribe":
            return void this.#subscribe(message.topics);
        case "title":
            if (typeof message.text === "string") this.onTitle(message.text.slice(0, limits.titleLength));
            return;
        case "navigate":
            return void this.#navigate(message.path);
        case "height":
            if (Number.isFinite(message.px)) {
                this.onHeight(Math.round(Math.min(limits.most, Math.max(limits.least, message.px))));
            }
            return;
        default:
        }
    }

    setTheme(theme) {
        if (theme === this.theme) return;
        this.theme = theme;
        this.post({ type: "theme", theme });
    }

    /** Ends it: nothing is sent or heard any more. */
    dispose() {
        this.#over = true;
        this.#silence();
    }

    #silence() {
        for (const off of this.#heard.values()) off();
        this.#heard.clear();
    }

    #greet() {
        // A frame that loaded anew starts anew.
        this.#silence();
        this.post({
            type: "init", theme: this.theme, user: { name: this.user.name }, plugin: this.page.plugin,
            page: this.page.name, serverTime: this.serverTime(),
        });
        this.onReady();
    }

    async #call({ id, method, params = {} }) {
        const known = Number.isSafeInteger(id) || (typeof id === "string" && id.length <= 64);
        if (!known) return;
        try {
            this.post({ type: "result", id, result: await this.gate.call(method, params) });
        } catch (problem) {
            const code = problem instanceof APIError ? problem.word : "internal";
            this.post({ type: "error", id, error: { code, message: describe(problem) } });
        }
    }

    #subscribe(asked) {
        if (!Array.isArray(asked)) return;
        for (const topic of asked.slice(0, limits.topics)) {
            if (typeof topic !== "string" || this.#heard.has(topic) || !this.gate.mayHear(topic)) continue;
            this.#heard.set(topic, this.gate.on(topic, (data) => this.post({ type: "event", topic, data })));
        }
    }

    #navigate(path) {
        if (typeof path !== "string" || safeNext(path) !== path) return;
        const { view } = parse(path.split(/[?#]/)[0]);
        if (view !== "console" && this.moves.take()) this.navigate(path);
    }
}
