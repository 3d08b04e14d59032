// SPDX-License-Identifier: Apache-2.0
// The one door to `POST /api`: JSON-RPC 2.0 with named parameters.

/** A refused or failed call. `word` is one of the closed error words, `data` what the server added. */
export class APIError extends Error {
    constructor(word, message, data = {}, status = 0) {
        super(message);
        this.name = "APIError";
        this.word = word;
        this.data = data;
        this.status = status;
    }
}

const texts = {
    offline: "The server can not be reached. Check the network, then try again.",
    garbled: "The server gave an answer that can not be read. Try again; tell the administrator if it stays so.",
};

/** Turns the `error` member of a JSON-RPC answer into an `APIError`. */
export function errorFrom(error, status = 0) {
    const data = error?.data ?? {};
    return new APIError(data.code ?? "internal", error?.message ?? texts.garbled, data, status);
}

/** Calls methods of the core API. `onUnauthenticated` is told each time a call finds the session gone. */
export class APIClient {
    #fetch;
    #next = 1;

    constructor({ fetch = globalThis.fetch.bind(globalThis), path = "/api", onUnauthenticated = () => {} } = {}) {
        this.#fetch = fetch;
        this.path = path;
        this.onUnauthenticated = onUnauthenticated;
    }

    /** Answers with the method's result or throws an `APIError`; an abort by `signal` throws as fetch does. */
    async call(method, params = {}, { signal, quiet = false } = {}) {
        const id = this.#next++;
        const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
        let response;
        try {
            response = await this.#fetch(this.path, {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                credentials: "same-origin",
                cache: "no-store",
                body,
                signal,
            });
        } catch (problem) {
            if (problem?.name === "AbortError") throw problem;
            throw new APIError("offline", texts.offline);
        }
        const answer = await this.#read(response);
        if (answer.error) {
            const error = errorFrom(answer.error, response.status);
            if (error.word === "unauthenticated" && !quiet) this.onUnauthenticated(error);
            throw error;
        }
        return answer.result ?? {};
    }

    async #read(response) {
        try {
            const answer = await response.json();
            if (answer && typeof answer === "object" && ("result" in answer || "error" in answer)) return answer;
        } catch {
            // fall through: the status says more than the broken body
        }
        if (response.status === 502 || response.status === 503 || response.status === 504) {
            throw new APIError("offline", texts.offline, {}, response.status);
        }
        throw new APIError("internal", texts.garbled, {}, response.status);
    }
}

/** A sentence for the user for anything that was thrown. */
export function describe(problem) {
    if (problem instanceof APIError) {
        const wait = problem.data?.retryAfter;
        if (problem.word === "rateLimited" && wait) {
            return `${problem.message} Try again in ${Math.ceil(wait)} s.`;
        }
        return problem.message;
    }
    return problem?.message ? `Unexpected: ${problem.message}` : "Something unexpected happened.";
}
