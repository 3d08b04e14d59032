// SPDX-License-Identifier: Apache-2.0
// Collections that views watch. A change names the key it touched, so a view redraws one row, not all.

/** Records by key. Watchers get `{kind: "reset"}`, `{kind: "set", key, value}` or `{kind: "remove", key}`. */
export class Collection {
    #items = new Map();
    #watchers = new Set();

    constructor(keyOf) {
        this.keyOf = keyOf;
        this.loaded = false;
    }

    get size() {
        return this.#items.size;
    }

    get(key) {
        return this.#items.get(key);
    }

    values() {
        return [...this.#items.values()];
    }

    /** Replaces everything, for a fresh answer of the server. */
    reset(values) {
        this.#items = new Map(values.map((value) => [this.keyOf(value), value]));
        this.loaded = true;
        this.#tell({ kind: "reset" });
    }

    set(value) {
        const key = this.keyOf(value);
        this.#items.set(key, value);
        this.#tell({ kind: "set", key, value });
    }

    /** Changes some members of a record that is known; an unknown key is ignored. */
    patch(key, members) {
        const value = this.#items.get(key);
        if (value) this.set({ ...value, ...members });
    }

    remove(key) {
        if (this.#items.delete(key)) this.#tell({ kind: "remove", key });
    }

    watch(watcher) {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
    }

    #tell(change) {
        for (const watcher of [...this.#watchers]) watcher(change);
    }
}

/** Feeds machine and node collections from the event stream and re-reads them after each `ready`. */
export class Inventory {
    /** `me` is the user's name: an event goes to everybody and can not say whose lock is the reader's own. */
    constructor({ api, events, me = null }) {
        this.api = api;
        this.me = me;
        this.machines = new Collection((machine) => machine.id);
        this.nodes = new Collection((node) => node.name);
        this.problem = null;
        this.loading = null;
        events.on("ready", () => this.load());
        events.on("privilege.changed", () => this.load());
        events.on("machine.changed", ({ machine }) => this.merge(machine));
        events.on("machine.removed", ({ id }) => this.machines.remove(id));
        events.on("node.changed", ({ node }) => this.nodes.set(node));
        events.on("console.changed", ({ machine, type, lock }) => {
            const known = this.machines.get(machine);
            if (known) this.machines.patch(machine, { locks: { ...known.locks, [type]: this.#own(lock) } });
        });
    }

    /** A changed machine as an event tells it; what only `machine.show` knows is kept. */
    merge(machine) {
        const locks = machine.locks ? { vnc: this.#own(machine.locks.vnc), text: this.#own(machine.locks.text) } : {};
        this.machines.set({ ...this.machines.get(machine.id), ...machine, locks });
    }

    #own(lock) {
        return lock && this.me !== null && lock.holder === this.me ? { ...lock, self: true } : lock ?? null;
    }

    /** Reads both lists; calls that overlap share one answer. */
    load() {
        this.loading ??= this.#read().finally(() => {
            this.loading = null;
        });
        return this.loading;
    }

    async #read() {
        try {
            const [{ machines }, { nodes }] = await Promise.all([
                this.api.call("machine.list"), this.api.call("node.list"),
            ]);
            this.problem = null;
            this.nodes.reset(nodes);
            this.machines.reset(machines);
        } catch (problem) {
            this.problem = problem;
            this.machines.reset(this.machines.values());
        }
    }
}
