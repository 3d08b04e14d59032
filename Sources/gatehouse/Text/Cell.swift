// SPDX-License-Identifier: Apache-2.0

import Model

/// Turns values of the daemon's answers into words for people.
enum Cell {
    /// What stands where nothing is known.
    static let nothing = "-"

    /// A text, number or truth value.
    static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text.isEmpty ? nothing : text
        case .int(let number)?: String(number)
        case .double(let number)?: String(number)
        case .bool(let flag)?: flag ? "yes" : "no"
        case .array(let elements)?:
            elements.isEmpty ? nothing : elements.map { text($0) }.joined(separator: ", ")
        case .object?, .null?, nil: nothing
        }
    }

    /// A moment without its fraction of a second, in UTC as the daemon gives it.
    static func time(_ value: JSONValue?) -> String {
        guard let text = value?.stringValue else { return nothing }
        let parts = text.split(separator: "T", maxSplits: 1)
        guard parts.count == 2, let clock = parts[1].split(separator: ".").first, text.hasSuffix("Z") else {
            return text
        }
        return "\(parts[0]) \(clock.hasSuffix("Z") ? String(clock.dropLast()) : String(clock)) UTC"
    }

    /// An amount of memory that is given in KiB, in the largest unit that leaves it whole.
    static func memory(_ value: JSONValue?) -> String {
        guard let amount = value?.intValue else { return nothing }
        if amount >= 1 << 20, amount % (1 << 20) == 0 { return "\(amount >> 20) GiB" }
        if amount >= 1 << 10, amount % (1 << 10) == 0 { return "\(amount >> 10) MiB" }
        return "\(amount) KiB"
    }

    /// A number of bytes, rounded down to a unit that people can read.
    static func bytes(_ value: JSONValue?) -> String {
        guard let amount = value?.intValue else { return nothing }
        let units: [(String, Int64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        guard let unit = units.first(where: { amount >= $0.1 }) else { return "\(amount) B" }
        return "\(amount / unit.1) \(unit.0)"
    }

    /// A length of time that is given in seconds.
    static func duration(_ value: JSONValue?) -> String {
        guard let seconds = value?.intValue else { return nothing }
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }
}
