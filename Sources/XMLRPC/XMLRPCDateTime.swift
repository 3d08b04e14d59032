// SPDX-License-Identifier: Apache-2.0

/// A moment as `dateTime.iso8601` carries it: wall-clock fields whose time zone the two sides agree on elsewhere.
package struct XMLRPCDateTime: Sendable, Hashable, CustomStringConvertible {
    /// 0 to 9999.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int
    /// 0 to 23.
    package let hour: Int
    /// 0 to 59.
    package let minute: Int
    /// 0 to 60, for leap seconds.
    package let second: Int

    /// Makes a moment, or nil where a field is out of its range.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Reads `19980717T14:08:55`, also with hyphens in the date and with a `Z` at its end.
    package init?(_ text: some Collection<UInt8>) {
        var digits: [UInt8] = []
        var marks: [UInt8] = []
        for byte in text {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits.append(byte - UInt8(ascii: "0"))
            } else {
                marks.append(UInt8(digits.count))
                marks.append(byte)
            }
            guard digits.count <= 14, marks.count <= 12 else { return nil }
        }
        if marks.suffix(2) == [14, UInt8(ascii: "Z")] { marks.removeLast(2) }
        let hyphens: [UInt8] = [4, UInt8(ascii: "-"), 6, UInt8(ascii: "-")]
        if marks.starts(with: hyphens) { marks.removeFirst(4) }
        let colon = UInt8(ascii: ":")
        guard digits.count == 14, marks == [8, UInt8(ascii: "T"), 10, colon, 12, colon] else { return nil }
        let number = { (range: Range<Int>) in digits[range].reduce(0) { $0 * 10 + Int($1) } }
        self.init(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
            minute: number(10..<12), second: number(12..<14))
    }

    /// The text of the specification's example: `19980717T14:08:55`.
    package var description: String {
        let pad = { (value: Int, width: Int) -> String in
            let digits = String(value)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return "\(pad(year, 4))\(pad(month, 2))\(pad(day, 2))T\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2))"
    }
}
