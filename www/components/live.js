// SPDX-License-Identifier: Apache-2.0
// The page's end of the event stream: through the worker that all windows share, or an own one without it.

import { Emitter, EventStream } from "../lib/events.js";

/** Emits each event's topic, "status" with "connecting", "open" or "closed", and "refused" when no stream is given. */
export class LiveEvents extends Emitter {
    #port = null;
    #stream = null;
    status = "closed";

    start() {
        if (typeof SharedWorker === "function") {
            try {
                this.#share();
                return;
            } catch {
                // Some browsers forbid workers in private windows: an own stream does as well.
            }
        }
        this.#alone();
    }

    /** After signing in: the stream must be opened anew with the new cookie. */
    restart() {
        if (!this.#port && !this.#stream) this.start();
        this.#port?.postMessage({ do: "restart" });
        this.#stream?.restart();
    }

    #share() {
        const worker = new SharedWorker("/workers/events.js", { type: "module", name: "gatehouse-events" });
        worker.onerror = () => {
            if (this.#stream) return;
            this.#port = null;
            this.#alone();
        };
        this.#port = worker.port;
        this.#port.onmessage = ({ data }) => this.#arrived(data.topic, data.data);
        window.addEventListener("pagehide", () => this.#port?.postMessage({ do: "leave" }));
        window.addEventListener("pageshow", (event) => event.persisted && this.#port?.postMessage({ do: "join" }));
        this.#port.postMessage({ do: "join" });
    }

    #alone() {
        this.#stream = new EventStream({
            makeSource: (path) => new EventSource(path),
            onEvent: (topic, data) => this.#arrived(topic, data),
            onStatus: (status) => this.#arrived("status", status),
            onRefused: () => this.#arrived("refused", {}),
        });
        this.#stream.start();
    }

    #arrived(topic, data) {
        if (topic === "status") this.status = data;
        this.emit(topic, data);
    }
}
