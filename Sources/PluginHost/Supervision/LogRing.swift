// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// The last lines of a plugin's log.
package final class LogRing: Sendable {
    /// How many lines are kept.
    static let mostLines = 1_000
    /// The longest line, in bytes.
    static let longestLine = 4_096

    private struct State {
        var lines: [PluginLogLine] = []
        var start = 0
        var next: Int64 = 1
        var partial: [UInt8] = []
        var isSkipping = false
    }

    private let state = Mutex(State())

    /// Makes an empty log.
    package init() {}

    /// Notes what the host has to say.
    package func note(_ text: String, at: Date = Date()) {
        state.withLock { Self.add(Self.harmless(Array(text.utf8)), isFromHost: true, at: at, to: &$0) }
    }

    /// Takes in what the plugin wrote, which need not be whole lines.
    package func feed(_ bytes: [UInt8], at: Date = Date()) {
        state.withLock { state in
            for piece in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
                if piece.offset > 0 { Self.endLine(&state, at: at) }
                guard !state.isSkipping else { continue }
                state.partial.append(contentsOf: piece.element.prefix(Self.longestLine - state.partial.count))
                state.isSkipping = state.partial.count >= Self.longestLine
            }
        }
    }

    /// Closes a line that was begun; for the end of a process.
    package func endLine(at: Date = Date()) {
        state.withLock { state in
            if !state.partial.isEmpty { Self.endLine(&state, at: at) }
        }
    }

    /// The last lines, oldest first.
    package func lines(limit: Int, after: Int64? = nil) -> [PluginLogLine] {
        state.withLock { state in
            let ordered = state.lines[state.start...] + state.lines[..<state.start]
            let wanted = ordered.filter { $0.number > after ?? 0 }
            return Array(after == nil ? wanted.suffix(limit)[...] : wanted.prefix(limit)[...])
        }
    }

    private static func endLine(_ state: inout State, at: Date) {
        if state.partial.last == UInt8(ascii: "\r") { state.partial.removeLast() }
        let text = harmless(state.partial)
        state.partial = []
        state.isSkipping = false
        add(text, isFromHost: false, at: at, to: &state)
    }

    private static func add(_ text: String, isFromHost: Bool, at: Date, to state: inout State) {
        let line = PluginLogLine(number: state.next, at: at, isFromHost: isFromHost, text: text)
        state.next += 1
        if state.lines.count < mostLines {
            state.lines.append(line)
        } else {
            state.lines[state.start] = line
            state.start = (state.start + 1) % mostLines
        }
    }

    /// The text with everything replaced that could do something to a terminal or turn the reading direction.
    static func harmless(_ bytes: [UInt8]) -> String {
        var text = ""
        for scalar in String(decoding: bytes.prefix(longestLine), as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case _ where scalar == "\t": text.unicodeScalars.append(scalar)
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                text.unicodeScalars.append("\u{FFFD}")
            default: text.unicodeScalars.append(scalar)
            }
        }
        while text.utf8.count > longestLine { text.unicodeScalars.removeLast() }
        return text
    }
}
