// SPDX-License-Identifier: Apache-2.0

import CHost

/// The standard output and error of this process.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Whether a person may be looking: it is a terminal.
    package var isTerminal: Bool { isatty(rawValue) == 1 }

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
