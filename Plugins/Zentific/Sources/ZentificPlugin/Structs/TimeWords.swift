// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// How this API writes times out, in English.
enum TimeWords {
    private static let units: [(name: String, seconds: Int64)] = [
        ("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400), ("hour", 3600),
        ("minute", 60), ("second", 1),
    ]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// A span such as `3 days, 11 hours, 37 minutes, 53 seconds`; a month has 30 days and a year 365.
    static func span(_ seconds: Int64) -> String {
        var left = max(0, seconds)
        var words: [String] = []
        for unit in units {
            let count = left / unit.seconds
            left %= unit.seconds
            if count > 0 { words.append("\(count) \(unit.name)\(count == 1 ? "" : "s")") }
        }
        return words.isEmpty ? "0 seconds" : words.joined(separator: ", ")
    }

    /// A moment such as `2008, May 12, 2:42PM`, in UTC.
    static func moment(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        let (hour, minute) = (parts.hour ?? 0, parts.minute ?? 0)
        let month = months[max(0, (parts.month ?? 1) - 1)]
        let clock = "\(hour % 12 == 0 ? 12 : hour % 12):\(minute < 10 ? "0" : "")\(minute)\(hour < 12 ? "AM" : "PM")"
        return "\(parts.year ?? 0), \(month) \(parts.day ?? 1), \(clock)"
    }
}
