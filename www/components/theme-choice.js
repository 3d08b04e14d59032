// SPDX-License-Identifier: Apache-2.0
// The theme: as the system says, light or dark; kept on this computer.

const key = "gatehouse.theme";
export const themes = [
    { value: "auto", label: "As the system", icon: "auto" },
    { value: "light", label: "Light", icon: "sun" },
    { value: "dark", label: "Dark", icon: "moon" },
];

export function currentTheme() {
    const chosen = document.documentElement.dataset.theme;
    return themes.find((theme) => theme.value === chosen) ?? themes[0];
}

export function chooseTheme(value) {
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    try {
        if (value === "auto") localStorage.removeItem(key);
        else localStorage.setItem(key, value);
    } catch {
        // Kept for this page only.
    }
}

/** Entries for a menu. */
export const themeItems = (after = () => {}) => themes.map((theme) => ({
    label: theme.label, icon: theme.icon, checked: currentTheme() === theme,
    run: () => {
        chooseTheme(theme.value);
        after();
    },
}));
