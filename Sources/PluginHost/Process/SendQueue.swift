// SPDX-License-Identifier: Apache-2.0

import HostSystem
import JSONRPC
import PluginProtocol

/// Lines that wait to be written, so that whoever writes takes many of them at once.
struct SendQueue: Sendable {
    /// The bytes that one write takes, unless a line is longer.
    private static let pieceBytes = 1 << 16

    private var lines: [[UInt8]] = []
    private var first = 0
    /// How many bytes wait.
    private(set) var bytes = 0
    /// Whether somebody writes, or waits for room in the pipe: nobody else may then.
    var isBusy = false
    /// Whether the pipe was full, and the thread waits for room.
    var isBlocked = false

    /// Whether nothing waits.
    var isEmpty: Bool { first == lines.count }

    /// Puts a line at the end.
    mutating func append(_ line: [UInt8]) {
        lines.append(line)
        bytes += line.count
    }

    /// Takes what one write can take; nil where nothing waits.
    mutating func takePiece() -> [UInt8]? {
        guard first < lines.count else { return nil }
        var piece = lines[first]
        lines[first] = []
        first += 1
        while first < lines.count, piece.count + lines[first].count <= Self.pieceBytes {
            piece += lines[first]
            lines[first] = []
            first += 1
        }
        bytes -= piece.count
        if first == lines.count {
            lines.removeAll(keepingCapacity: true)
            first = 0
        }
        return piece
    }

    /// Puts back what a write did not take.
    mutating func putBack(_ rest: ArraySlice<UInt8>) {
        bytes += rest.count
        if first > 0 {
            first -= 1
            lines[first] = Array(rest)
        } else {
            lines.insert(Array(rest), at: 0)
        }
    }
}

/// A message that is written as text already, unless it is so long that it goes in chunks.
struct Encoded {
    private let text: [UInt8]
    private let isLine: Bool

    /// Writes the message, outside of any lock.
    init(_ message: Message) { self.init(text: JSONWriter.bytes(message.json)) }

    /// Takes the text of a message.
    init(text: [UInt8]) {
        var text = text
        isLine = text.count < MessageLimits.contract.lineBytes
        if isLine { text.append(UInt8(ascii: "\n")) }
        self.text = text
    }

    /// Its lines.
    func lines(_ writer: inout MessageLines) throws -> [[UInt8]] {
        isLine ? [text] : try writer.lines(ofText: text)
    }
}
