// SPDX-License-Identifier: Apache-2.0
// Puts an operation of a machine off: at a time, or again and again.

import { operations, submission } from "../lib/jobs.js";
import { jobPath } from "../lib/routes.js";
import { field } from "./form.js";
import { formDialog } from "./form-dialog.js";
import { notify } from "./notices.js";
import { h, link } from "./dom.js";

/** Answers with the job that was submitted, or null. */
export async function putOff(api, machine) {
    const kind = field("Operation", { name: "kind", control: operations, value: operations[0].value });
    const at = field("At", { name: "notBefore", type: "datetime-local",
        hint: "In the time of this computer. Empty: as soon as the scheduler gets to it." });
    const cron = field("Repeat", { name: "cron", class: "mono", autocomplete: "off", spellcheck: "false",
        placeholder: "minute hour day month weekday",
        hint: "Empty for once. “30 2 * * 1” is each Monday at 2:30 UTC. With it the time above does not count.",
    });
    let job = null;
    await formDialog({
        title: `Do later with ${machine.name}`, action: "Submit", fields: [kind, at, cron],
        lead: "The job is carried out with your rights, as they are then.",
        submit: async () => {
            ({ job } = await api.call("job.submit", submission({
                kind: kind.value, machine: machine.id, at: at.value, cron: cron.value,
            })));
        },
    });
    if (job) {
        const notice = notify(`Job ${job.id} was submitted.`, "good");
        notice.querySelector("p").append(" ", h("span", {}, link(jobPath(job.id), {}, "Show it")));
    }
    return job;
}
