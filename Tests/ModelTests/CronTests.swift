// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestRandom
import Testing

@Suite struct CronTests {
    private static func time(_ text: String) throws -> Date { try Date.ISO8601FormatStyle().parse(text) }

    @Test(
        arguments: [
            ("* * * * *", "2026-11-21T10:36:40Z", "2026-11-21T10:37:00Z"),
            ("* * * * *", "2026-12-31T23:59:00Z", "2027-01-01T00:00:00Z"),
            ("30 4 * * *", "2026-11-21T04:30:00Z", "2026-11-22T04:30:00Z"),
            ("30 4 * * *", "2026-11-21T04:29:59Z", "2026-11-21T04:30:00Z"),
            ("*/15 * * * *", "2026-11-21T10:36:00Z", "2026-11-21T10:45:00Z"),
            ("5-59/20 * * * *", "2026-11-21T10:46:00Z", "2026-11-21T11:05:00Z"),
            ("0 0 1 1 *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 12 * * mon-fri", "2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z"),
            ("0 12 * * SAT,sun", "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"),
            ("0 12 * * 7", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("0 12 * * fri-sun", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("0 12 * * 5-7", "2026-11-22T12:00:00Z", "2026-11-27T12:00:00Z"),
            ("0 0 13 * 5", "2026-11-21T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 13 * 5", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"),
            ("0 0 */2 * 5", "2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z"),
            ("59 23 31 dec *", "2026-11-21T00:00:00Z", "2026-12-31T23:59:00Z"),
            ("0 0 1 * *", "1969-12-15T00:00:00Z", "1970-01-01T00:00:00Z"),
            // Summer time begins and ends in many places in these nights; UTC does not care.
            ("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-29T02:30:00Z"),
            ("30 2 * * *", "2026-10-25T02:30:00Z", "2026-10-26T02:30:00Z"),
        ])
    func `the next time comes after a moment`(text: String, from: String, next: String) throws {
        #expect(try Cron(text).next(after: try Self.time(from)) == Self.time(next))
    }

    @Test(
        arguments: [
            "", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *",
            "* * * 13 *", "* * * * 8", "*/0 * * * *", "5/10 * * * *", "5-1 * * * *", "1- * * * *", "-1 * * * *",
            "1,,2 * * * *", ", * * * *", "1, * * * *", "a * * * *", "* * * foo *", "* * * * mond", "jan * * * *",
            "1-2-3 * * * *", "*/ * * * *", "*/-1 * * * *", "+1 * * * *", "0x1 * * * *", "* * * * sat-fri",
            "99999999999999999999 * * * *", "*/99999999999999999999 * * * *", "@daily", "\u{661} * * * *",
        ])
    func `what is no crontab line is refused`(text: String) {
        let error = #expect(throws: GatehouseError.self) { try Cron(text) }
        #expect(error?.code == .invalidParameters && error?.details["parameter"] == "cron")
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 feb-feb *"])
    func `a day that never comes is refused`(text: String) {
        let error = #expect(throws: GatehouseError.self) { try Cron(text) }
        #expect(error?.message.contains("never comes") == true)
    }

    @Test func `a line is kept with one space between its fields`() throws {
        #expect(try Cron("  1\t2   3 JAN mon ").description == "1 2 3 JAN mon")
        #expect(try Cron("1 2 3 4 5") == Cron("1  2 3 4 5"))
    }

    @Test func `a moment out of all reason has no next time`() throws {
        let cron = try Cron("* * * * *")
        for seconds in [Double.infinity, -.infinity, .nan, 1e300, -1e300, 1e12] {
            #expect(cron.next(after: Date(timeIntervalSince1970: seconds)) == nil)
        }
    }

    @Test func `lines made at random come when their fields say, and never at another time`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var random = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let line = RandomLine(using: &random)
            guard let cron = try? Cron(line.text) else {
                #expect(line.isImpossible, "\(line.text)")
                continue
            }
            var moment = Date(timeIntervalSince1970: Double.random(in: 0..<4e9, using: &random))
            for _ in 0..<3 {
                let next = try #require(cron.next(after: moment), "\(line.text)")
                #expect(next > moment)
                #expect(line.matches(next, calendar), "\(line.text) at \(next)")
                // Nothing between them, as far as a test can look.
                for minutes in 1...600 where next - Double(minutes) * 60 > moment {
                    let between = next - Double(minutes) * 60
                    #expect(!line.matches(between, calendar), "\(line.text) at \(between)")
                }
                moment = next
            }
        }
    }

    @Test func `nothing that is put in makes it fall over`() {
        let pieces = [
            "*", "/", "-", ",", " ", "\t", "0", "5", "31", "jan", "SUN", "7", "99", "\u{0}", "ä", "\n", "*/2",
        ]
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<14, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            guard let cron = try? Cron(text.joined()) else { continue }
            #expect(cron.next(after: Date(timeIntervalSince1970: 1.8e9)) != nil)
            #expect((try? Cron(cron.description)) == cron)
        }
    }
}

/// A crontab line of which the numbers are known.
private struct RandomLine {
    let minutes: Set<Int>
    let hours: Set<Int>
    let days: Set<Int>?
    let months: Set<Int>
    let weekdays: Set<Int>?

    init(using random: inout SeededGenerator) {
        func some(_ range: ClosedRange<Int>) -> Set<Int> {
            Set((0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: range, using: &random) })
        }
        minutes = some(0...59)
        hours = some(0...23)
        days = Bool.random(using: &random) ? some(1...31) : nil
        months = Bool.random(using: &random) ? some(1...12) : Set(1...12)
        weekdays = Bool.random(using: &random) ? some(0...6) : nil
    }

    var text: String {
        func list(_ set: Set<Int>?) -> String { set.map { $0.sorted().map(String.init).joined(separator: ",") } ?? "*" }
        return [minutes, hours, days, months, weekdays].map(list).joined(separator: " ")
    }

    /// Whether its day never comes.
    var isImpossible: Bool {
        guard weekdays == nil, let first = days?.min() else { return false }
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return months.allSatisfy { longest[$0 - 1] < first }
    }

    func matches(_ date: Date, _ calendar: Calendar) -> Bool {
        let parts = calendar.dateComponents([.minute, .hour, .day, .month, .weekday], from: date)
        guard let minute = parts.minute, let hour = parts.hour, let day = parts.day, let month = parts.month,
            let weekday = parts.weekday, minutes.contains(minute), hours.contains(hour), months.contains(month)
        else { return false }
        switch (days, weekdays) {
        case (nil, nil): return true
        case (let days?, nil): return days.contains(day)
        case (nil, let weekdays?): return weekdays.contains(weekday - 1)
        case (let days?, let weekdays?): return days.contains(day) || weekdays.contains(weekday - 1)
        }
    }
}
