// SPDX-License-Identifier: Apache-2.0
// What a plugin's state, parts and permissions are called, and where its row differs from the configuration file.

export const pluginStates = {
    disabled: { label: "Off", icon: "state-off", tone: "calm" },
    starting: { label: "Starting", icon: "state-shutdown", tone: "warn" },
    healthy: { label: "Healthy", icon: "state-running", tone: "good" },
    degraded: { label: "Degraded", icon: "state-paused", tone: "warn" },
    backoff: { label: "Waiting to restart", icon: "refresh", tone: "warn" },
    failed: { label: "Failed", icon: "state-crashed", tone: "bad" },
};

/** A plugin with every member: who may not administer plugins is told only some of them. */
export const complete = (plugin) => ({
    version: null, description: "", parts: [], declared: null, changed: null, enabled: plugin.state !== "disabled",
    rpc: false, frontend: false, scheduler: false, poller: false, error: null, since: null, process: null,
    memoryKiB: null, calls: 0, failures: 0, inFlight: 0, medianMicroseconds: null, p99Microseconds: null, restarts: 0,
    asked: [], granted: [], sandboxed: true, trusted: false, folder: null, digest: null, reloadPending: false,
    routes: [], pages: [], polls: [], jobKinds: [], ...plugin,
});

export const stateOfPlugin = (plugin) => pluginStates[plugin.state] ?? {
    label: plugin.state, icon: "state-unknown", tone: "calm",
};

/** The four parts in the order they are shown. */
export const parts = [
    { name: "rpc", label: "RPC", text: "answers requests on its own routes" },
    { name: "frontend", label: "Pages", text: "has pages in this console" },
    { name: "scheduler", label: "Scheduler", text: "carries out jobs" },
    { name: "poller", label: "Poller", text: "is called again and again, on a period" },
];

export const partLabel = (name) => parts.find((part) => part.name === name)?.label ?? name;

/** Where the file and the run-time changes differ: `[{name, label, file, now}]`, values as words. */
export function differences(plugin) {
    const { declared, changed } = plugin;
    if (!changed) return [];
    const switches = [{ name: "enabled", label: "Plugin" }, ...parts.filter(({ name }) => has(plugin, name))];
    const found = switches
        .filter(({ name }) => typeof changed[name] === "boolean" && changed[name] !== (declared?.[name] ?? false))
        .map(({ name, label }) => ({ name, label, file: onOff(declared?.[name] ?? false), now: onOff(changed[name]) }));
    if (Array.isArray(changed.permissions)) {
        const now = `${changed.permissions.length} granted`;
        found.push({ name: "permissions", label: "Permissions", file: "others", now });
    }
    return found;
}

export const onOff = (value) => (value ? "on" : "off");
export const has = (plugin, part) => plugin.parts.includes(part);

/** Whether a granted word covers an asked one: the same, `*`, or a family such as `machine.*`. */
export function covers(granted, asked) {
    if (granted === asked) return true;
    if (asked === "network") return false;
    if (granted === "*") return true;
    return granted.endsWith(".*") && asked.startsWith(granted.slice(0, -1));
}

export const allows = (permissions, word) => permissions.some((granted) => covers(granted, word));

/** What the plugin asks for and does not have. */
export const missingPermissions = (plugin) => plugin.asked.filter((word) => !allows(plugin.granted, word));

const families = {
    session: "sessions and sign-in", setup: "the first set-up", machine: "machines", node: "nodes",
    console: "consoles", user: "users", group: "groups", privilege: "rights", audit: "the audit trail",
    system: "the state of the server", plugin: "plugins", setting: "settings", job: "jobs",
    sample: "the history of load", alert: "alerts", threshold: "the limits that raise alerts", metrics: "figures",
};
const verbs = {
    list: "see the list of", show: "see details of", get: "read", range: "read", stats: "read the figures of",
    sample: "measure", append: "add to", status: "see", current: "see", events: "follow", log: "read the log of",
};
const particular = {
    "*": "do everything that the server offers",
    network: "reach the network",
    "machine.*": "do everything with machines, also stop and change them",
    "job.claim": "take jobs to carry them out under their submitters' rights",
    "job.progress": "report how far a job is",
    "job.finish": "report the end of a job",
    "session.login": "sign users in with name and password",
    "session.resume": "go on with the sessions it made",
    "session.logout": "end the sessions it made",
    "console.open": "open consoles of machines",
    "sample.append": "write the history of load",
};

/** A permission in plain words: "machine.start" → "machines: start". */
export function permissionText(word) {
    if (particular[word]) return particular[word];
    if (word.startsWith("event.")) return eventText(word.slice("event.".length));
    const [family, verb = ""] = word.split(".");
    const thing = families[family];
    if (!thing) return `use ${word}`;
    if (verb === "*") return `do everything with ${thing}`;
    return verbs[verb] ? `${verbs[verb]} ${thing}` : `${thing}: ${spaced(verb)}`;
}

function eventText(topic) {
    if (topic === "*") return "hear of every change";
    const thing = families[topic.split(".")[0]];
    return thing ? `hear of changes to ${thing}` : `hear of ${topic}`;
}

const spaced = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Whether a permission can change something or reach out, so that it is worth a second look. */
export function isWeighty(word) {
    if (word === "network" || word === "*") return true;
    if (word.startsWith("event.")) return false;
    const verb = word.split(".")[1] ?? "";
    return !["list", "show", "get", "range", "stats", "status", "current", "events"].includes(verb);
}

/** Microseconds as people read them: 950 → "950 µs", 1500 → "1.5 ms". */
export function micros(value) {
    if (value === null || value === undefined) return "–";
    if (value < 1000) return `${Math.round(value)} µs`;
    if (value < 1_000_000) return `${Math.round(value / 100) / 10} ms`;
    return `${Math.round(value / 100_000) / 10} s`;
}

/** What is said of a plugin that runs without a sandbox; null where there is nothing to say. */
export function trustNote(plugin) {
    // A plugin with pages only has nothing to run outside of the browser.
    const hasProcess = plugin.process !== null || plugin.parts.some((part) => part !== "frontend");
    return !plugin.sandboxed && hasProcess ? "not sandboxed: as trusted as the daemon's user" : null;
}
