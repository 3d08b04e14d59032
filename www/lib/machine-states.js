// SPDX-License-Identifier: Apache-2.0
// What a machine's state is called, how it looks and which actions fit it.

export const states = {
    running: { label: "Running", icon: "state-running", tone: "good" },
    paused: { label: "Paused", icon: "state-paused", tone: "warn" },
    shutdown: { label: "Shutting down", icon: "state-shutdown", tone: "warn" },
    off: { label: "Off", icon: "state-off", tone: "calm" },
    crashed: { label: "Crashed", icon: "state-crashed", tone: "bad" },
    suspended: { label: "Suspended", icon: "state-paused", tone: "warn" },
    saved: { label: "Saved", icon: "state-saved", tone: "info" },
    unknown: { label: "Unknown", icon: "state-unknown", tone: "calm" },
};

export const nodeStates = {
    online: { label: "Online", icon: "state-running", tone: "good" },
    connecting: { label: "Connecting", icon: "state-shutdown", tone: "warn" },
    unreachable: { label: "Unreachable", icon: "state-crashed", tone: "bad" },
    disabled: { label: "Disabled", icon: "state-off", tone: "calm" },
};

export const stateOf = (machine) => states[machine.state] ?? states.unknown;
export const nodeStateOf = (node) => nodeStates[node.state] ?? {
    label: node.state,
    icon: "state-unknown",
    tone: "calm",
};

/** Levels from most to least, with what each may do. */
export const levels = [
    { word: "superUser", label: "Superuser", text: "may do everything" },
    { word: "maintenance", label: "Maintenance", text: "full access for maintenance" },
    { word: "owner", label: "Owner", text: "may also give rights to others" },
    { word: "admin", label: "Administrator", text: "may operate machines and open consoles" },
    { word: "readOnlyAdmin", label: "Read only", text: "may look, not operate" },
    { word: "none", label: "None", text: "only what privileges give" },
];

const rank = { superUser: 0, maintenance: 1, owner: 2, admin: 3, readOnlyAdmin: 4, none: 5, node: 6 };

export const levelLabel = (word) => levels.find((level) => level.word === word)?.label ?? word;

/** Whether `level` is as good as `needed` or better. */
export const reaches = (level, needed) => (rank[level] ?? 5) <= rank[needed];

export const mayOperate = (machine) => reaches(machine.level, "admin");

/** Actions in the order they are shown; `ask` is the question before a dangerous one. */
export const actions = [
    {
        name: "start",
        method: "machine.start",
        label: "Start",
        icon: "start",
        in: ["off", "crashed", "saved"],
        doing: "Starting",
    },
    {
        name: "resume",
        method: "machine.resume",
        label: "Resume",
        icon: "start",
        in: ["paused", "suspended"],
        doing: "Resuming",
    },
    {
        name: "shutdown",
        method: "machine.shutdown",
        label: "Shut down",
        icon: "shutdown",
        in: ["running"],
        doing: "Shutting down",
    },
    { name: "reboot", method: "machine.reboot", label: "Reboot", icon: "reboot", in: ["running"], doing: "Rebooting" },
    { name: "pause", method: "machine.pause", label: "Pause", icon: "pause", in: ["running"], doing: "Pausing" },
    {
        name: "save",
        method: "machine.save",
        label: "Save and stop",
        icon: "save",
        in: ["running", "paused"],
        doing: "Saving",
    },
    {
        name: "reset", method: "machine.reset", label: "Reset", icon: "reset", in: [
            "running",
            "paused",
            "crashed",
        ], danger: true,
        doing: "Resetting", ask: "The machine restarts at once, as with its reset button. Unsaved work inside is lost.",
    },
    {
        name: "powerOff",
        method: "machine.powerOff",
        label: "Power off",
        icon: "power",
        danger: true,
        doing: "Powering off",
        in: ["running", "paused", "suspended", "shutdown", "crashed", "unknown"],
        ask: "The machine stops at once, as if its plug were pulled. Unsaved work inside is lost.",
    },
];

/** The actions that fit a machine now; none without the right or while its node is away. */
export function actionsFor(machine) {
    if (!mayOperate(machine)) return [];
    return actions.filter((action) => action.in.includes(machine.state));
}

/** Whether a console could be opened now, and if not, why. */
export function consoleAvailability(machine, type) {
    if (!machine.consoles.includes(type)) return {
        open: false,
        why: type === "vnc" ? "This machine has no screen." : "This machine has no text console.",
    };
    if (!mayOperate(machine)) return { open: false, why: "You may look at this machine, but not open its consoles." };
    if (["off", "saved", "crashed"].includes(machine.state)) return {
        open: true,
        idle: true,
        why: "The machine is not running: the console waits for it.",
    };
    return { open: true };
}
