// SPDX-License-Identifier: Apache-2.0
// Which theme is shown now, whether chosen or the system's, and a word when that changes.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark". */
export const shownTheme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");

/** Calls `listener(theme)` after each change; answers with a function that ends it. */
export function watchTheme(listener) {
    let last = shownTheme();
    const look = () => {
        const theme = shownTheme();
        if (theme !== last) listener(last = theme);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    dark.addEventListener("change", look);
    return () => {
        observer.disconnect();
        dark.removeEventListener("change", look);
    };
}
