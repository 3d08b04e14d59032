// SPDX-License-Identifier: Apache-2.0
// Doing something with a machine: ask when it is dangerous, call, say what came of it.

import { describe } from "../lib/api.js";
import { actionsFor } from "../lib/machine-states.js";
import { confirm } from "./dialog.js";
import { notify } from "./notices.js";

const gentle = {
    shutdown: "The guest is asked to shut down, as by its power button.",
    reboot: "The guest is asked to restart.",
};

/** Runs an action on a machine; answers with the machine as the server sees it then, or null. */
export async function runAction(api, machine, action) {
    const question = action.ask ?? gentle[action.name];
    if (question) {
        const agreed = await confirm({
            title: `${action.label} ${machine.name}?`,
            text: question,
            action: action.label,
            danger: action.danger,
        });
        if (!agreed) return null;
    }
    try {
        const { machine: changed } = await api.call(action.method, { machine: machine.id });
        return changed;
    } catch (problem) {
        if (problem.word !== "unauthenticated") notify(`${machine.name}: ${describe(problem)}`, "bad");
        return null;
    }
}

/** Menu entries for what fits the machine now. */
export function actionItems(api, machine, after = () => {}) {
    const fitting = actionsFor(machine);
    const items = fitting.map((action) => ({
        label: action.label, icon: action.icon, danger: action.danger, disabled: machine.operation !== null &&
            !action.danger,
        run: async () => {
            const changed = await runAction(api, machine, action);
            if (changed) after(changed);
        },
    }));
    const first = items.findIndex((item) => item.danger);
    if (first > 0) items.splice(first, 0, null);
    return items;
}
