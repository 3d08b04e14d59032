// SPDX-License-Identifier: Apache-2.0
// Whether somebody is at this window: what a page asks by itself must not keep a session alive that nobody uses.

const pause = 60_000;
let last = Date.now();
const seen = () => {
    last = Date.now();
};
for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    window.addEventListener(name, seen, { capture: true, passive: true });
}

/** True while the window is visible and was used within the last minute. */
export const isSomebodyHere = () => !document.hidden && Date.now() - last < pause;
