// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model

/// Writes messages as lines; those that are too long for one go in chunks.
package struct MessageLines: Sendable {
    private let limits: MessageLimits
    private var chunked = 0

    /// Starts with the first message.
    package init(limits: MessageLimits = .contract) {
        self.limits = limits
    }

    /// The lines of a message, each with its line break, to be sent in this order; others may go between them.
    ///
    /// - Throws: `limitExceeded` for a message that is too long even for chunks.
    package mutating func lines(of message: Message) throws -> [[UInt8]] {
        try lines(ofText: JSONWriter.bytes(message.json))
    }

    /// The lines of a message of which the text is given.
    ///
    /// - Throws: `limitExceeded` for a message that is too long even for chunks.
    package mutating func lines(ofText text: [UInt8]) throws -> [[UInt8]] {
        var text = text
        guard text.count >= limits.lineBytes else {
            text.append(UInt8(ascii: "\n"))
            return [text]
        }
        guard text.count <= limits.messageBytes else {
            throw GatehouseError(
                .limitExceeded, "A message may have at most \(limits.messageBytes) bytes; this one has \(text.count).")
        }
        chunked += 1
        return Self.chunks(text, of: String(chunked), limits: limits)
    }

    /// What a chunk needs beside its text, in bytes, with room to spare.
    private static let frame = 256

    private static func chunks(_ text: [UInt8], of name: String, limits: MessageLimits) -> [[UInt8]] {
        // In a string every byte of JSON text takes two at most: a quote or a backslash gets one in front.
        let size = max(4, (limits.lineBytes - frame) / 2)
        var lines: [[UInt8]] = []
        var start = 0
        while start < text.count {
            var end = min(text.count, start + size)
            while end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
            let notice = ChunkNotice(
                of: name, number: lines.count, last: end == text.count,
                text: String(decoding: text[start..<end], as: UTF8.self))
            lines.append(JSONWriter.bytes(notice.message.json) + [UInt8(ascii: "\n")])
            start = end
        }
        return lines
    }
}
