// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Logging

/// The system's journal, spoken to in its native protocol, which keeps every value in a field of its own.
struct Journal: Sendable {
    /// Where the journal listens.
    static let path = "/run/systemd/journal/socket"

    private let sender: DatagramSender

    /// Makes a journal that listens at a path.
    init(path: String) throws(SystemFailure) {
        sender = try DatagramSender(to: path)
    }

    /// The journal, where the standard error leads there anyhow; nil elsewhere.
    ///
    /// - Parameter stream: `JOURNAL_STREAM`, the device and the number of the standard error's file as the service
    ///   manager made it; since then the standard error may have been led elsewhere.
    static func behindStandardError(stream: String?, path: String = path) -> Journal? {
        guard let stream, let identity = StandardStream.error.identity else { return nil }
        guard stream == identity.map(String.init).joined(separator: ":") else { return nil }
        return try? Journal(path: path)
    }

    /// Writes an entry; false where the journal did not take it.
    func write(_ entry: JournalEntry) -> Bool {
        do {
            try sender.send(entry.bytes)
            return true
        } catch {
            return false
        }
    }
}

/// What is written to the journal at a time.
struct JournalEntry: Sendable, Equatable {
    /// The longest value, in bytes; what is longer is cut.
    static let mostBytes = 32_768
    /// More values of metadata are left out.
    static let mostFields = 32
    /// The longest name of a field that the journal takes.
    private static let longestName = 64

    /// The fields in their order, each with its name.
    let fields: [Field]

    /// One field.
    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Makes an entry of a log line: its text for people, its level, and the metadata in fields `GATEHOUSE_NAME`.
    init(text: String, level: Logger.Level, metadata: Logger.Metadata) {
        let own = metadata.sorted { $0.key < $1.key }.prefix(Self.mostFields).map { key, value in
            Field(name: Self.name(key), value: "\(value)")
        }
        fields =
            [
                Field(name: "MESSAGE", value: text), Field(name: "PRIORITY", value: "\(Self.priority(level))"),
                Field(name: "SYSLOG_IDENTIFIER", value: "gatehouse"),
            ] + own
    }

    /// The entry as the journal reads it: `NAME=value`, or with the length in front where the value has several lines.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            let value = Array(field.value.utf8.prefix(Self.mostBytes))
            bytes += field.name.utf8
            if value.contains(UInt8(ascii: "\n")) {
                bytes.append(UInt8(ascii: "\n"))
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: value.count >> (8 * $0)) }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    private static func name(_ key: String) -> String {
        let scalars = key.uppercased().unicodeScalars.map { scalar in
            ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "_"
        }
        return String(("GATEHOUSE_" + String(scalars)).prefix(longestName))
    }

    /// The number of a level in syslog(3).
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
