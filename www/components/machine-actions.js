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

/** Runs an action on a machine, after asking where it needs that; the inventory takes the machine as it is then. */
export async function runAction({ api, inventory }, machine, action) {
    const question = action.ask ?? gentle[action.name];
    if (question) {
        const agreed = await confirm({
            title: `${action.label} ${machine.name}?`,
            text: question,
            action: action.label,
            danger: action.danger,
        });
        if (!agreed) return;
    }
    try {
        await inventory.ask(() => api.call(action.method, { machine: machine.id }));
    } catch (problem) {
        if (problem.word !== "unauthenticated") notify(`${machine.name}: ${describe(problem)}`, "bad");
    }
}

/** Menu entries for what fits the machine now. */
export function actionItems(context, machine) {
    const fitting = actionsFor(machine);
    const items = fitting.map((action) => ({
        label: action.label, icon: action.icon, danger: action.danger, disabled: machine.operation !== null &&
            !action.danger,
        run: () => runAction(context, machine, action),
    }));
    const first = items.findIndex((item) => item.danger);
    if (first > 0) items.splice(first, 0, null);
    return items;
}
