// SPDX-License-Identifier: Apache-2.0
// Frames of the text console and the text of its buffer.

/** The control frame that tells the source the terminal's size. */
export const resizeFrame = (columns, rows) => `\u0000${JSON.stringify({ resize: { columns, rows } })}`;

/**
 * What an xterm buffer holds as plain text. Lines the terminal had wrapped are joined again, blank lines
 * at the end are dropped.
 */
export function bufferText(buffer) {
    const lines = [];
    for (let index = 0; index < buffer.length; index += 1) {
        const line = buffer.getLine(index);
        if (!line) continue;
        const text = line.translateToString(true);
        if (line.isWrapped && lines.length) lines[lines.length - 1] += text;
        else lines.push(text);
    }
    while (lines.length && lines.at(-1).trim() === "") lines.pop();
    return lines.length ? `${lines.join("\n")}\n` : "";
}

/** A file name for a download, from a machine's name and a time. */
export function downloadName(name, at = new Date()) {
    const clean = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "") || "console";
    return `${clean}-${at.toISOString().slice(0, 19).replace(/[:T]/g, "-")}.txt`;
}
