// SPDX-License-Identifier: Apache-2.0
// The pages that plugins add to the console, kept in step with the plugin table.

import { Emitter } from "./events.js";

/** Emits "changed" whenever a page came, went or changed. */
export class PluginPages extends Emitter {
    pages = [];
    loaded = false;
    #turn = 0;

    constructor({ api, events }) {
        super();
        this.api = api;
        events.on("ready", () => this.load());
        events.on("plugin.changed", () => this.load());
    }

    /** Reads the pages anew; of answers that overtake each other the last asked for counts. */
    async load() {
        const mine = ++this.#turn;
        let pages;
        try {
            ({ pages = [] } = await this.api.call("plugin.pages", {}, { quiet: true }));
        } catch (problem) {
            // What can not be asked now stays as it is; a server without plugins has no pages.
            pages = problem.word === "methodNotFound" ? [] : this.pages;
        }
        if (mine !== this.#turn) return;
        const same = this.loaded && JSON.stringify(pages) === JSON.stringify(this.pages);
        this.pages = pages;
        this.loaded = true;
        if (!same) this.emit("changed", pages);
    }

    /** The page of that name, or null while it is off. */
    find(plugin, name) {
        return this.pages.find((page) => page.plugin === plugin && page.name === name) ?? null;
    }

    /** The pages that have an entry in the menu. */
    get entries() {
        return this.pages.filter((page) => page.menu);
    }
}
