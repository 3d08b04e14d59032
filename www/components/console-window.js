// SPDX-License-Identifier: Apache-2.0
// Consoles get windows of their own, one for each machine and type; on small screens they use the same tab.

import { consolePath } from "../lib/routes.js";

/** Opens a console for a click or a key; a click with a modifier is left to the browser. */
export function openConsole(event, machine, type) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button > 0) return;
    event.preventDefault();
    const path = consolePath(machine, type);
    if (window.innerWidth < 720) return void location.assign(path);
    const name = `gatehouse-${machine}-${type}`;
    const height = Math.min(screen.availHeight - 80, 860);
    const width = Math.min(screen.availWidth - 80, 1120);
    const opened = window.open("", name, `popup,width=${width},height=${height}`);
    if (!opened) return void location.assign(path);
    // A window that shows this console already is only brought to the front: loading it anew would cut it off.
    if (opened.location.pathname !== path) opened.location.assign(path);
    opened.focus();
}
