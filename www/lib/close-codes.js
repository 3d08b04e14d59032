// SPDX-License-Identifier: Apache-2.0
// What the close of a console's WebSocket means, and what the page may do next.

/**
 * next: "stay"  never reconnect by itself, the user decides
 *       "retry" try again with growing pauses
 *       "wait"  wait until the machine runs again
 *       "ended" the user closed it
 */
const table = {
    1000: { next: "ended", title: "Console closed", text: "The console was closed." },
    1001: { next: "retry", title: "The server is stopping", text: "Gatehouse is being restarted." },
    1002: { next: "stay", title: "Console closed", text: "The browser and the server did not understand each other." },
    1003: { next: "stay", title: "Console closed", text: "The server got data that it does not accept." },
    1005: { next: "stay", title: "Console closed", text: "The console ended without saying why." },
    1006: { next: "retry", title: "Connection lost", text: "The line to the server broke." },
    1007: { next: "stay", title: "Console closed", text: "The server got text that is not valid." },
    1009: { next: "stay", title: "Console closed", text: "A message was too large for the server." },
    1011: { next: "retry", title: "The server had a problem", text: "The server met an unexpected problem." },
    4000: { next: "stay", title: "Taken over", text: "Somebody else took this console over." },
    4001: { next: "stay", title: "Disconnected", text: "An administrator disconnected this console." },
    4002: { next: "stay", title: "Signed out", text: "Your session ended. Sign in again to go on." },
    4003: { next: "stay", title: "No longer allowed", text: "Your right to use this console was withdrawn." },
    4004: { next: "wait", title: "The machine stopped", text: "The console comes back when the machine runs again." },
    4005: { next: "stay", title: "Console not reachable", text: "The console's source can not be reached." },
    4006: { next: "retry", title: "Connection lost", text: "Nothing was heard from this page for too long." },
    4007: { next: "stay", title: "Limit reached", text: "Too many consoles are open." },
};

/** `{code, next, title, text}` for a close; the server's own reason wins over the table's text. */
export function closeMeaning(code, reason = "") {
    const entry = table[code] ?? {
        next: "stay",
        title: "Console closed",
        text: `The console was closed (code ${code}).`,
    };
    return { code, next: entry.next, title: entry.title, text: reason.trim() || entry.text };
}

/** The pause before try number `attempt` (from 1): 0.5, 1, 2, 4, 8 and at most 15 s, in milliseconds. */
export function retryPause(attempt) {
    return Math.min(15_000, 500 * 2 ** (attempt - 1));
}
