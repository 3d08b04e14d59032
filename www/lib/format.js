// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them. Nothing here touches the page.

const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size in KiB with at most one decimal: 524288 → "512 MiB". Unknown is a dash. */
export function memory(kib) {
    if (kib === null || kib === undefined) return "–";
    let value = kib;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit += 1;
    }
    return `${Math.round(value * 10) / 10} ${units[unit]}`;
}

/** A number of bytes: 1536 → "1.5 KiB". */
export function bytes(count) {
    if (count === null || count === undefined) return "–";
    return count < 1024 ? `${count} B` : memory(count / 1024);
}

/** How long, in the two largest units: 3725 s → "1 h 2 min". */
export function duration(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86_400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
    return pair(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function pair(large, largeUnit, small, smallUnit) {
    return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

/** "just now", "4 min ago", "3 d ago". */
export function ago(time, now = Date.now()) {
    if (!time) return "never";
    const seconds = (now - Date.parse(time)) / 1000;
    return seconds < 45 ? "just now" : `${duration(seconds)} ago`;
}

/** The clock time, with the day when it is not today's. */
export function clock(time, now = new Date()) {
    if (!time) return "–";
    const at = new Date(time);
    const hours = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    return at.toDateString() === now.toDateString() ? hours : `${day(at)} ${hours}`;
}

function day(at) {
    const two = (number) => String(number).padStart(2, "0");
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Date and time to the second, for tables and titles. */
export function stamp(time) {
    if (!time) return "–";
    const at = new Date(time);
    const two = (number) => String(number).padStart(2, "0");
    return `${day(at)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Counts with the right word: plural(1, "machine") → "1 machine". */
export function plural(count, one, many = `${one}s`) {
    return `${count} ${count === 1 ? one : many}`;
}
