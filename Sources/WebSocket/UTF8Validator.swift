// SPDX-License-Identifier: Apache-2.0

/// Tells as soon as possible whether a stream of bytes stops being UTF-8 (RFC 3629).
///
/// Overlong forms, surrogates and values above U+10FFFF are refused at the first byte that shows them.
package struct UTF8Validator: Sendable, Equatable {
    /// Continuation bytes still to come for the character under way.
    private var missing = 0
    /// What the next continuation byte may be.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Starts at the beginning of a text.
    package init() {}

    /// Whether the text may end here.
    package var isComplete: Bool { missing == 0 }

    /// Takes the next bytes; false once they can not be part of valid UTF-8.
    package mutating func accept(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes {
            guard accept(byte) else { return false }
        }
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard byte >= lower, byte <= upper else { return false }
            missing -= 1
            (lower, upper) = (0x80, 0xBF)
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: return begin(1, 0x80, 0xBF)
        case 0xE0: return begin(2, 0xA0, 0xBF)
        case 0xED: return begin(2, 0x80, 0x9F)
        case 0xE1...0xEF: return begin(2, 0x80, 0xBF)
        case 0xF0: return begin(3, 0x90, 0xBF)
        case 0xF1...0xF3: return begin(3, 0x80, 0xBF)
        case 0xF4: return begin(3, 0x80, 0x8F)
        default: return false
        }
    }

    private mutating func begin(_ count: Int, _ low: UInt8, _ high: UInt8) -> Bool {
        missing = count
        (lower, upper) = (low, high)
        return true
    }
}
