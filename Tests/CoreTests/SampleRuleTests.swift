// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

private let now = Date(timeIntervalSince1970: 1_800_014_400)

@Suite struct SampleOrderTests {
    private static func decide(_ at: Double, last: Double?) throws -> SampleOrder.Verdict {
        try SampleOrder.decide(now + at, last: last.map { now + $0 }, now: now)
    }

    @Test func `reports follow each other in time`() throws {
        #expect(try Self.decide(0, last: nil) == .keep)
        #expect(try Self.decide(0, last: -10) == .keep)
        #expect(try Self.decide(0, last: -5) == .keep)
        #expect(try Self.decide(0, last: -5000) == .keep)
    }

    @Test func `the same report again changes nothing, nor does one right after it`() throws {
        #expect(try Self.decide(0, last: 0) == .drop)
        #expect(try Self.decide(0, last: -4.9) == .drop)
    }

    @Test func `a report from before the last one is refused`() async {
        #expect(throws: GatehouseError.self) { try Self.decide(-10, last: 0) }
        await expect(.conflict) { try Self.decide(-0.1, last: 0) }
    }

    @Test func `a clock that is far off is refused`() async throws {
        #expect(try Self.decide(60, last: nil) == .keep)
        #expect(try Self.decide(-600, last: nil) == .keep)
        await expect(.invalidParameters) { try Self.decide(61, last: nil) }
        await expect(.invalidParameters) { try Self.decide(-601, last: nil) }
    }

    @Test func `what was kept under a clock that was ahead does not stop what comes after it was set`() throws {
        #expect(try Self.decide(0, last: 61) == .keepAfterClockChange)
        #expect(try Self.decide(0, last: 1_000_000) == .keepAfterClockChange)
    }
}

@Suite struct SampleWindowTests {
    private static func window(
        _ from: Double?, _ to: Double? = nil, _ resolution: SampleResolution? = nil
    ) throws -> SampleWindow {
        try SampleWindow(from: from.map { now + $0 }, to: to.map { now + $0 }, resolution: resolution, now: now)
    }

    @Test func `the last hour in full is what is meant where nothing is said`() throws {
        let window = try Self.window(nil)
        #expect(window.resolution == .tenSeconds && window.step == 10)
        #expect(window.to == now + 1 && window.from == now - 3599)
    }

    @Test(arguments: [
        (-3600, SampleResolution.tenSeconds, 10), (-7200, .tenSeconds, 10), (-7300, .minute, 60),
        (-86_400, .minute, 60), (-2 * 86_400, .quarter, 900), (-7 * 86_400, .quarter, 900),
        (-60 * 86_400, .quarter, 2700),
    ])
    func `the finest resolution that reaches back and fits is taken`(
        from: Double, resolution: SampleResolution, step: Int
    ) throws {
        let window = try Self.window(from)
        #expect(window.resolution == resolution && window.step == step)
    }

    @Test func `an answer never has more points than it may`() throws {
        for resolution in SampleResolution.allCases {
            for days in [0.01, 0.1, 1, 2, 5, 30, 90, 10_000] {
                let window = try Self.window(-86_400 * days, nil, resolution)
                let points = window.to.timeIntervalSince(window.from) / Double(window.step)
                #expect(points <= Double(SampleWindow.maximumPoints) && window.step % resolution.seconds == 0)
            }
        }
    }

    @Test func `moments at the end of time are no trouble`() throws {
        let window = try SampleWindow(from: .distantPast, to: .distantFuture, resolution: nil, now: now)
        #expect(window.resolution == .quarter && window.from == now - 90 * 86_400)
        _ = try SampleWindow(from: .distantFuture - 1, to: .distantFuture, resolution: .tenSeconds, now: now)
    }

    @Test func `a begin that is no begin is refused`() async {
        await expect(.invalidParameters) { try Self.window(0, 0) }
        await expect(.invalidParameters) { try Self.window(10, 5) }
    }
}

@Suite struct ConditionWatchTests {
    private static let cpu = Threshold(kind: .cpu, percent: 90, minutes: 2)

    /// Notes values ten seconds apart and gives what came of each.
    private static func verdicts(
        _ values: [Double?], _ watch: inout ConditionWatch, from start: Double = 0, threshold: Threshold = cpu
    ) -> [ConditionWatch.Verdict?] {
        values.enumerated().map { index, value in
            let look = ConditionWatch.look(value, threshold: threshold.percent)
            return watch.note(look, at: now + start + Double(index * 10), threshold: threshold)
        }
    }

    @Test func `an alert is raised once, when it has lasted`() {
        var watch = ConditionWatch()
        let verdicts = Self.verdicts(Array(repeating: 95, count: 40), &watch)
        #expect(verdicts.firstIndex(of: .raise) == 12 && verdicts.count { $0 != nil } == 1 && watch.isRaised)
    }

    @Test func `a moment below begins the time anew`() {
        var watch = ConditionWatch()
        let verdicts = Self.verdicts(Array(repeating: 95, count: 12) + [89] + Array(repeating: 95, count: 12), &watch)
        #expect(verdicts.allSatisfy { $0 == nil } && !watch.isRaised)
    }

    @Test func `it is over when it has been gone by a margin for a minute`() {
        var watch = ConditionWatch(isRaised: true)
        #expect(Self.verdicts(Array(repeating: 86, count: 50), &watch).allSatisfy { $0 == nil }, "within the margin")
        var verdicts = Self.verdicts([80, 80, 80, 87, 80, 80, 80, 80, 80, 80, 80], &watch, from: 1000)
        #expect(verdicts.firstIndex(of: .clear) == 10)
        #expect(!watch.isRaised)
        verdicts = Self.verdicts(Array(repeating: 20, count: 50), &watch, from: 2000)
        #expect(verdicts.allSatisfy { $0 == nil }, "it is over once")
    }

    @Test func `time without looks proves nothing`() {
        var watch = ConditionWatch()
        #expect(watch.note(.bad, at: now, threshold: Self.cpu) == nil)
        #expect(watch.note(.bad, at: now + 121, threshold: Self.cpu) == nil, "two minutes were not seen")
        #expect(watch.note(.bad, at: now + 230, threshold: Self.cpu) == nil)
        #expect(watch.note(.unknown, at: now + 240, threshold: Self.cpu) == nil)
        #expect(watch.note(.bad, at: now + 241, threshold: Self.cpu) == .raise)
        #expect(watch.note(.unknown, at: now + 9000, threshold: Self.cpu) == nil && watch.isRaised)
    }

    @Test func `a clock that is set back begins the time anew`() {
        var watch = ConditionWatch()
        #expect(watch.note(.bad, at: now + 500, threshold: Self.cpu) == nil)
        #expect(watch.note(.bad, at: now, threshold: Self.cpu) == nil)
        #expect(watch.note(.bad, at: now + 110, threshold: Self.cpu) == nil)
        #expect(watch.note(.bad, at: now + 120, threshold: Self.cpu) == .raise)
    }

    @Test func `what is not measured is told and taken back at once`() {
        var watch = ConditionWatch()
        let crashed = Threshold.standard(.crashed)
        #expect(watch.note(.bad, at: now, threshold: crashed) == .raise)
        #expect(watch.note(.bad, at: now + 1, threshold: crashed) == nil)
        #expect(watch.note(.good, at: now + 2, threshold: crashed) == .clear)
    }

    @Test func `a threshold that is switched off ends its alert and raises none`() {
        var watch = ConditionWatch(isRaised: true)
        var off = Self.cpu
        off.isEnabled = false
        #expect(watch.note(.unknown, at: now, threshold: off) == .clear)
        #expect(Self.verdicts(Array(repeating: 100, count: 50), &watch, threshold: off).allSatisfy { $0 == nil })
    }

    @Test func `a value that is none says nothing`() {
        #expect(ConditionWatch.look(nil, threshold: 90) == .unknown)
        #expect(ConditionWatch.look(.nan, threshold: 90) == .unknown)
        #expect(ConditionWatch.look(95, threshold: nil) == .unknown)
        #expect(ConditionWatch.look(90, threshold: 90) == .bad)
        #expect(ConditionWatch.look(85, threshold: 90) == .between)
        #expect(ConditionWatch.look(84.9, threshold: 90) == .good)
    }
}
