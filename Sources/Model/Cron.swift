// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// When something is to be done again and again: the five fields of crontab(5), in UTC.
///
/// Fields are minute, hour, day of the month, month and day of the week; each is `*`, a number, a range, either of
/// them with `/step`, or a list of those. Months and days of the week have names; 0 and 7 are Sunday. Where both
/// days are restricted, either will do. UTC has no summer time, so no time comes twice or never.
package struct Cron: Sendable, Equatable, CustomStringConvertible {
    /// The fields as they were written, with one space between them.
    package let description: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let isEitherDay: Bool

    /// Reads five fields.
    ///
    /// - Throws: `invalidParameters`, saying what is wrong, also for a day that never comes.
    package init(_ text: String) throws {
        let fields = text.utf8.count <= 200 ? text.split(whereSeparator: { $0 == " " || $0 == "\t" }) : []
        guard fields.count == 5 else {
            throw Self.failure("has five fields: minute, hour, day of the month, month, day of the week")
        }
        description = fields.joined(separator: " ")
        minutes = try CronField.minute.set(of: fields[0])
        hours = try CronField.hour.set(of: fields[1])
        days = try CronField.day.set(of: fields[2])
        months = try CronField.month.set(of: fields[3])
        let written = try CronField.weekday.set(of: fields[4])
        // 7 is Sunday too.
        weekdays = (written | (written >> 7)) & 0x7F
        isEitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        guard next(after: Date(timeIntervalSince1970: 0)) != nil else {
            throw Self.failure("names a day that never comes")
        }
    }

    static func failure(_ what: String) -> GatehouseError {
        .invalidParameter("cron", "cron \(what), such as \"30 4 * * mon-fri\".")
    }

    /// The first time after a moment, in whole minutes; nil after the year 9000.
    package func next(after date: Date) -> Date? {
        let seconds = date.timeIntervalSince1970
        guard seconds > -62_000_000_000, seconds < 221_000_000_000 else { return nil }
        let minute = Int((seconds / 60).rounded(.down)) + 1
        var day = CivilDay(number: Int((Double(minute) / 1440).rounded(.down)))
        var from = minute - day.number * 1440
        // The rarest date is 29 February; eight years lie between two at most.
        for _ in 0...(9 * 366) {
            if matches(day), let found = time(from: from) {
                return Date(timeIntervalSince1970: Double((day.number * 1440 + found) * 60))
            }
            day = CivilDay(number: day.number + 1)
            from = 0
        }
        return nil
    }

    private func matches(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let isDay = days.contains(day.day)
        let isWeekday = weekdays.contains(day.weekday)
        return isEitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    /// The first minute of the day that matches, from one on.
    private func time(from start: Int) -> Int? {
        for hour in (start / 60)..<24 where hours.contains(hour) {
            let first = hour == start / 60 ? start % 60 : 0
            if let minute = (first..<60).first(where: { minutes.contains($0) }) { return hour * 60 + minute }
        }
        return nil
    }
}

/// What one of the five fields takes.
private enum CronField: String {
    case minute, hour, day, month, weekday

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// The numbers of a field, as a set of bits.
    func set(of text: Substring) throws -> UInt64 {
        try text.split(separator: ",", omittingEmptySubsequences: false).reduce(0) { try $0 | self.item($1) }
    }

    private func item(_ text: Substring) throws -> UInt64 {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let span = try self.span(parts[0], hasStep: parts.count == 2)
        guard parts.count == 2 else { return span.bits(by: 1) }
        guard let step = Self.number(parts[1]), step > 0 else { throw fault(text) }
        return span.bits(by: step)
    }

    private func span(_ text: Substring, hasStep: Bool) throws -> ClosedRange<Int> {
        if text == "*" { return range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let low = value(ends[0]) else { throw fault(text) }
        guard ends.count == 2 else {
            guard !hasStep else {
                throw Cron.failure("takes a step after * or a range only, as in 0-59/5 (\(rawValue): \(text))")
            }
            return low...low
        }
        guard var high = value(ends[1]) else { throw fault(text) }
        // A week may end with Sunday.
        if self == .weekday, high == 0, low > 0 { high = 7 }
        guard low <= high else { throw fault(text) }
        return low...high
    }

    private func value(_ text: Substring) -> Int? {
        let word = text.lowercased()
        switch self {
        case .month: if let index = Self.monthNames.firstIndex(of: word) { return index + 1 }
        case .weekday: if let index = Self.dayNames.firstIndex(of: word) { return index }
        default: break
        }
        return Self.number(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private func fault(_ text: Substring) -> GatehouseError {
        Cron.failure(
            "can not have \"\(text.prefix(20))\" for the \(rawValue); it goes from \(range.lowerBound) "
                + "to \(range.upperBound)"
        )
    }
}

extension ClosedRange<Int> {
    fileprivate func bits(by step: Int) -> UInt64 {
        stride(from: lowerBound, through: upperBound, by: step).reduce(0) { $0 | (1 << UInt64($1)) }
    }
}

extension UInt64 {
    fileprivate func contains(_ bit: Int) -> Bool { self & (1 << UInt64(bit)) != 0 }
}

/// A day of the Gregorian calendar.
private struct CivilDay {
    /// Days since 1 January 1970.
    let number: Int
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int

    /// Works the date out of the number ("Euclidean affine functions and applications to calendar algorithms").
    init(number: Int) {
        self.number = number
        // Days since 1 March of a year that is a multiple of 400, long before anything here.
        let shifted = number + 719_468 + 146_097 * 10
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
        month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        // 1 January 1970 was a Thursday.
        weekday = ((number % 7) + 7 + 4) % 7
    }
}
