// SPDX-License-Identifier: Apache-2.0

import HostSystem
import JSONRPC
import PluginProtocol

/// Lines that wait until there is room in a pipe.
struct SendQueue: Sendable {
    /// What came of an attempt to send.
    enum Flushing {
        case empty
        case waiting
        case failed
    }

    private var lines: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    /// How many bytes wait.
    private(set) var bytes = 0

    /// Whether nothing waits.
    var isEmpty: Bool { first == lines.count }

    /// Puts a line at the end.
    mutating func append(_ line: [UInt8]) {
        lines.append(line)
        bytes += line.count
    }

    /// Sends as much as there is room for.
    mutating func flush(to output: OpenDescriptor) -> Flushing {
        while first < lines.count {
            switch output.write(lines[first][offset...]) {
            case .taken(let count):
                offset += count
                bytes -= count
                guard offset == lines[first].count else { continue }
                lines[first] = []
                first += 1
                offset = 0
            case .full: return .waiting
            case .failed: return .failed
            }
        }
        lines.removeAll(keepingCapacity: true)
        first = 0
        return .empty
    }
}

/// A message that is written as text already, unless it is so long that it goes in chunks.
struct Encoded {
    private let message: Message
    private let line: [UInt8]?

    /// Writes the message, outside of any lock.
    init(_ message: Message) {
        self.message = message
        var text = JSONWriter.bytes(message.json)
        text.append(UInt8(ascii: "\n"))
        line = text.count <= MessageLimits.contract.lineBytes ? text : nil
    }

    /// Its lines.
    func lines(_ writer: inout MessageLines) throws -> [[UInt8]] {
        if let line { return [line] }
        return try writer.lines(of: message)
    }
}
