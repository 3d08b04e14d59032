// SPDX-License-Identifier: Apache-2.0

import CHost

/// The standard output and error of this process.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Whether a person may be looking: it is a terminal.
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The number of its file system and its own there; nil where it is closed.
    package var identity: [UInt64]? {
        var found = stat()
        guard unsafe fstat(rawValue, &found) == 0 else { return nil }
        return FileStatus(found).identity
    }

    /// Writes a text; what can not be written is lost, because there is nowhere to say so.
    package func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { bytes in
                unsafe CHost.write(rawValue, bytes.baseAddress, bytes.count)
            }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
