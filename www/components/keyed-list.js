// SPDX-License-Identifier: Apache-2.0
// Keeps the children of an element in step with a list of keys: an element is made once, moved only when its
// place changed and never redrawn because another one changed.

/** `make(key)` gives `{element, update(value)}`. */
export class KeyedList {
    #entries = new Map();

    constructor(parent, make) {
        this.parent = parent;
        this.make = make;
    }

    entry(key) {
        return this.#entries.get(key);
    }

    /** Shows exactly these `[key, value]` pairs in this order; only values that are new objects are redrawn. */
    show(pairs) {
        const wanted = new Set(pairs.map(([key]) => key));
        for (const [key, { element }] of this.#entries) {
            if (!wanted.has(key)) {
                element.remove();
                this.#entries.delete(key);
            }
        }
        let next = this.parent.firstChild;
        for (const [key, value] of pairs) {
            const entry = this.#entry(key);
            if (entry.value !== value) {
                entry.value = value;
                entry.update(value);
            }
            if (entry.element === next) next = next.nextSibling;
            else this.parent.insertBefore(entry.element, next);
        }
    }

    #entry(key) {
        if (!this.#entries.has(key)) this.#entries.set(key, this.make(key));
        return this.#entries.get(key);
    }
}

/** Calls `work` at most once a frame, however often it is asked. */
export function oncePerFrame(work) {
    let asked = false;
    return () => {
        if (asked) return;
        asked = true;
        // A hidden window gets no frames; a timer keeps it from falling behind for ever.
        const run = () => {
            if (!asked) return;
            asked = false;
            work();
        };
        requestAnimationFrame(run);
        if (document.hidden) setTimeout(run, 200);
    };
}
