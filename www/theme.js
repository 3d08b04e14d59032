// SPDX-License-Identifier: Apache-2.0
// Runs before the first paint: the theme chosen on this computer, if any.

try {
    const chosen = localStorage.getItem("gatehouse.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
    // No storage: the system's choice stays.
}
