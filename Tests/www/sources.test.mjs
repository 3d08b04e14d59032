// SPDX-License-Identifier: Apache-2.0
// Rules for the pages' sources: they parse, their imports resolve, nothing is inline and nothing comes from elsewhere.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../www");
const plugins = resolve(root, "../Plugins");
const isVendor = (path) => path.split(sep).includes("vendor");

function files(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.name === "vendor") return [];
        return entry.isDirectory() ? files(path) : [path];
    });
}

/** The shell's files, and those of the plugins' pages. */
const pages = readdirSync(plugins).map((name) => join(plugins, name, "www")).filter(existsSync);
const all = [root, ...pages].flatMap(files);
const named = (ending) => all.filter((path) => path.endsWith(ending));
const read = (path) => readFileSync(path, "utf8");
const short = (path) => relative(root, path);

test("every module parses", () => {
    for (const path of named(".js")) execFileSync(process.execPath, ["--check", path]);
});

test("every import has an ending and leads to a file", () => {
    for (const path of named(".js")) {
        const code = read(path).replace(/^\s*\/\/.*$/gm, "");
        for (const [, target] of code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
            if (!path.startsWith(root) && target === "/lib/plugin-frame.js") continue;
            assert.match(target, /^\.{1,2}\/.*\.js$/, `${short(path)}: ${target}`);
            const file = resolve(dirname(path), target);
            if (!isVendor(file)) assert.ok(existsSync(file), `${short(path)}: ${target}`);
        }
    }
});

test("the library does not touch the page", () => {
    for (const path of all.filter((each) => each.startsWith(join(root, "lib")))) {
        assert.doesNotMatch(read(path), /\b(document|window|localStorage)\.\w/, short(path));
    }
});

test("no inline script, style or handler, and no markup from text", () => {
    for (const path of named(".html")) {
        assert.doesNotMatch(read(path), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i, short(path));
    }
    for (const path of named(".js")) {
        assert.doesNotMatch(
            read(path),
            /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
            short(path)
        );
    }
});

test("nothing comes from another site", () => {
    for (const path of all) {
        const text = read(path).replaceAll("http://www.w3.org/2000/svg", "");
        assert.doesNotMatch(text, /https?:\/\/|(?:src|href)="\/\//, short(path));
    }
});

test("every source names its licence first, and stays readable in size", () => {
    for (const path of [...named(".js"), ...named(".css"), ...named(".html"), ...named(".svg")]) {
        const lines = read(path).split("\n");
        assert.ok(lines.slice(0, 2).some((line) => line.includes("SPDX-License-Identifier: Apache-2.0")), short(path));
        if (path.endsWith(".svg")) continue;
        assert.ok(lines.length <= 300, `${short(path)}: ${lines.length} lines`);
        lines.forEach((line, at) => assert.ok(line.length <= 120, `${short(path)}:${at + 1} is ${line.length} long`));
    }
});

test("every icon that is asked for is drawn", () => {
    const drawn = new Set([...read(join(root, "icons.svg")).matchAll(/id="([^"]+)"/g)].map(([, id]) => id));
    for (const path of named(".js")) {
        for (const [, name] of read(path).matchAll(/icon(?:\(|: )"([a-z-]+)"/g)) assert.ok(
            drawn.has(name),
            `${short(path)}: ${name}`
        );
    }
});
