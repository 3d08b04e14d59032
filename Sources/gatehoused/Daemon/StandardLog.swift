// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Logging
import Synchronization

/// Writes log lines to standard error: level, message, and metadata as `name=value`.
///
/// Where standard error leads to the journal, it is told the same with its level and metadata in fields. The journal
/// adds the time; on a terminal the time is written here.
struct StandardLog: LogHandler {
    private static let output = Mutex(0)

    let label: String
    let showsTime: Bool
    /// The journal; nil where lines are written.
    var journal: Journal?
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, later in later }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        if let journal {
            let entry = JournalEntry(text: "\(event.message)\(pairs)", level: event.level, metadata: all)
            if journal.write(entry) { return }
        }
        let time = showsTime ? Date().formatted(.iso8601) + " " : ""
        let line = "\(time)\(event.level) \(event.message)\(pairs)\n"
        Self.output.withLock { _ in StandardStream.error.write(line) }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" }
        guard !isPlain else { return text }
        let safe = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
        }
        return "\"" + safe.joined().replacing("\"", with: "'") + "\""
    }
}
