// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// An inbound user event on the browser's channel: a whole text message, as UTF-8.
package struct ConsoleText: Sendable, Equatable {
    /// The message.
    package let bytes: ByteBuffer

    /// Wraps a message.
    package init(bytes: ByteBuffer) { self.bytes = bytes }

    /// Whether it is for Gatehouse, such as a new size, and not for the machine.
    var isControl: Bool { bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0 }

    /// Text from a stranger, fit to show: no control characters, at most 256 characters.
    static func printable(_ bytes: some Sequence<UInt8>) -> String {
        let text = String(decoding: Array(bytes), as: UTF8.self)
        let shown = text.unicodeScalars.map { isShown($0) ? Character($0) : " " }
        let words = String(shown).split(separator: " ").joined(separator: " ")
        return words.count > 256 ? words.prefix(256) + "…" : words
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: false
        default: true
        }
    }
}
