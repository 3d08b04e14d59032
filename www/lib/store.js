// SPDX-License-Identifier: Apache-2.0
// Collections that views watch. A change names the key it touched, so a view redraws one row, not all.

/** Records by key. Watchers get `{kind: "reset"}`, `{kind: "set", key, value}` or `{kind: "remove", key}`. */
export class Collection {
    #items = new Map();
    #watchers = new Set();
    #questions = new Set();

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

    /**
     * Asks the server; answers with `{answer, told}`, where `told` has the keys that were set or removed meanwhile.
     * Events and answers travel on ways of their own: an event that comes before an answer may be the newer one.
     */
    async ask(question) {
        const told = new Set();
        this.#questions.add(told);
        try {
            return { answer: await question(), told };
        } finally {
            this.#questions.delete(told);
        }
    }

    /** Replaces everything with an answer of the server, but for what was `told` since the question. */
    reset(values, told = new Set()) {
        const items = new Map();
        for (const value of values) if (!told.has(this.keyOf(value))) items.set(this.keyOf(value), value);
        for (const key of told) if (this.#items.has(key)) items.set(key, this.#items.get(key));
        this.#items = items;
        this.loaded = true;
        this.#tell({ kind: "reset" });
    }

    /** Sets a record as an answer of the server has it, unless it was `told` since the question. */
    take(value, told) {
        if (!told.has(this.keyOf(value))) this.set(value);
    }

    set(value) {
        const key = this.keyOf(value);
        for (const told of this.#questions) told.add(key);
        this.#put(key, value);
    }

    /** Changes some members of a record that is known; an unknown key is ignored. */
    patch(key, members) {
        const value = this.#items.get(key);
        if (value) this.#put(key, { ...value, ...members });
    }

    /** Has every record shown anew, for what changes with time alone. */
    refresh() {
        for (const [key, value] of this.#items) this.#put(key, { ...value });
    }

    remove(key) {
        for (const told of this.#questions) told.add(key);
        if (this.#items.delete(key)) this.#tell({ kind: "remove", key });
    }

    watch(watcher) {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
    }

    #put(key, value) {
        this.#items.set(key, value);
        this.#tell({ kind: "set", key, value });
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

    /** Asks about one machine; what an event told of it meanwhile stays, and the answer fills in the rest. */
    async ask(question) {
        const { answer: { machine }, told } = await this.machines.ask(question);
        const known = this.machines.get(machine.id);
        if (!told.has(machine.id)) this.merge(machine);
        else if (known) this.machines.set({ ...machine, ...known });
        return machine;
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
            const [machines, nodes] = await Promise.all([
                this.machines.ask(() => this.api.call("machine.list")),
                this.nodes.ask(() => this.api.call("node.list")),
            ]);
            this.problem = null;
            this.nodes.reset(nodes.answer.nodes, nodes.told);
            this.machines.reset(machines.answer.machines, machines.told);
        } catch (problem) {
            this.problem = problem;
            this.machines.reset(this.machines.values());
        }
    }
}
