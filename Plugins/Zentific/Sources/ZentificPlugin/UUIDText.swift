// SPDX-License-Identifier: Apache-2.0

import HostSystem

/// The text form of a UUID.
enum UUIDText {
    private static let digits = Array("0123456789abcdef".utf8)
    private static let hyphen = UInt8(ascii: "-")

    /// The number of a new one (RFC 9562, version 4).
    ///
    /// Foundation opens a file for each, which is a good part of the work of a short call.
    static func randomNumber() -> UInt128 {
        let version = RandomPool.next() & ~0xF000 | 0x4000
        let variant = RandomPool.next() & ~(0b11 << 62) | 0b10 << 62
        return UInt128(version) << 64 | UInt128(variant)
    }

    /// The text that stands for a number.
    static func text(_ number: UInt128) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for half in [UInt64(truncatingIfNeeded: number >> 64), UInt64(truncatingIfNeeded: number)] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                if isHyphen(text.count) { text.append(hyphen) }
                text.append(digits[Int(truncatingIfNeeded: half >> shift) & 15])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a text has that form: groups of 8, 4, 4, 4 and 12 hexadecimal digits.
    static func isValid(_ text: String) -> Bool { number(text) != nil }

    /// The number that a text in that form stands for, in whatever case; nil for every other text.
    static func number(_ text: String) -> UInt128? {
        guard text.utf8.count == 36 else { return nil }
        var number: UInt128 = 0
        for (place, byte) in text.utf8.enumerated() {
            guard !isHyphen(place) else {
                guard byte == hyphen else { return nil }
                continue
            }
            guard let digit = digit(byte) else { return nil }
            number = number << 4 | UInt128(digit)
        }
        return number
    }

    private static func isHyphen(_ place: Int) -> Bool { place == 8 || place == 13 || place == 18 || place == 23 }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
