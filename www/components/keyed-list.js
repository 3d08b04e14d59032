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

/**
 * Calls `work` soon after it is asked for, at most once a frame, and never for more than about a quarter of the
 * time: when a storm of changes makes redrawing dear, the pauses grow with it.
 */
export function oncePerFrame(work) {
    let asked = false;
    let rest = 0;
    const run = () => {
        if (!asked) return;
        asked = false;
        const start = performance.now();
        work();
        // This comes after the browser has laid the page out, so it counts that too.
        setTimeout(() => {
            const cost = performance.now() - start;
            rest = cost > 20 ? performance.now() + Math.min(1000, 3 * cost) : 0;
        });
    };
    // A hidden window gets no frames; a timer keeps it from falling behind for ever.
    const frame = () => (document.hidden ? setTimeout(run, 200) : requestAnimationFrame(run));
    return () => {
        if (asked) return;
        asked = true;
        const pause = rest - performance.now();
        if (pause > 0) setTimeout(frame, pause);
        else frame();
    };
}
