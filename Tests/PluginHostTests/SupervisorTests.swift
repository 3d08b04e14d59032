// SPDX-License-Identifier: Apache-2.0

import Model
import TestRandom
import Testing

@testable import PluginHost

@Suite struct SupervisorTests {
    private let start = ContinuousClock.now

    private func make(_ change: (inout PluginRestartLimits) -> Void = { _ in }) -> Supervisor {
        var limits = PluginRestartLimits()
        change(&limits)
        return Supervisor(limits: limits)
    }

    @Test func `the ordinary way goes from disabled over starting to healthy and back`() {
        var supervisor = make()
        #expect(supervisor.state == .disabled && supervisor.switchOff() == .nothing)
        #expect(supervisor.switchOn() == .start && supervisor.state == .starting)
        #expect(supervisor.switchOn() == .nothing)
        supervisor.becomeHealthy(at: start)
        #expect(supervisor.state == .healthy && supervisor.switchOn() == .nothing)
        #expect(supervisor.switchOff() == .end && supervisor.state == .disabled)
        #expect(supervisor.processEnded("x", at: start, jitter: 0) == .nothing && supervisor.state == .disabled)
    }

    @Test func `pauses grow, keep to their longest and are shortened by chance to no less than half`() {
        var supervisor = make { limits in
            limits.most = 100
            limits.longestDelay = .seconds(1)
        }
        _ = supervisor.switchOn()
        var pauses: [Duration] = []
        for attempt in 0..<8 {
            guard case .startAfter(let pause) = supervisor.processEnded("x", at: start, jitter: attempt == 1 ? 1 : 0)
            else { break }
            #expect(supervisor.state == .backoff && supervisor.error == "x")
            pauses.append(pause)
            #expect(supervisor.endPause() == .start && supervisor.state == .starting)
        }
        #expect(pauses == [50, 50, 200, 400, 800, 1000, 1000, 1000].map { .milliseconds($0) })
        #expect(supervisor.restarts == 8)
    }

    @Test func `one that ends too often within the window has failed`() {
        var supervisor = make { $0.most = 2 }
        _ = supervisor.switchOn()
        for second in [0, 1] {
            #expect(
                supervisor.processEnded("x", at: start + .seconds(second), jitter: 0) != .nothing)
            _ = supervisor.endPause()
        }
        #expect(supervisor.processEnded("gone.", at: start + .seconds(2), jitter: 0) == .nothing)
        #expect(
            supervisor.state == .failed && supervisor.error?.hasPrefix("gone. It was started again 2 times") == true)
        #expect(supervisor.endPause() == .nothing)
        #expect(supervisor.switchOn() == .start && supervisor.error == nil)
    }

    @Test func `ends before the window do not count, and after calm the pauses begin anew`() {
        var supervisor = make { $0.most = 2 }
        _ = supervisor.switchOn()
        for minute in 0..<10 {
            let now = start + .seconds(61 * minute)
            supervisor.becomeHealthy(at: now)
            #expect(supervisor.processEnded("x", at: now + .seconds(60), jitter: 0) == .startAfter(.milliseconds(50)))
            _ = supervisor.endPause()
        }
        #expect(supervisor.restarts == 10)
    }

    @Test func `missed pings make it degraded, an answer healthy again, too many end it`() {
        var supervisor = make()
        #expect(supervisor.missedPing() == .nothing)
        _ = supervisor.switchOn()
        supervisor.becomeHealthy(at: start)
        #expect(supervisor.missedPing() == .nothing && supervisor.state == .degraded && supervisor.error != nil)
        supervisor.answered()
        #expect(supervisor.state == .healthy && supervisor.error == nil)
        for _ in 1..<Supervisor.mostMissedPings { #expect(supervisor.missedPing() == .nothing) }
        #expect(supervisor.missedPing() == .kill)
        #expect(supervisor.processEnded("x", at: start, jitter: 0) == .startAfter(.milliseconds(50)))
    }

    @Test func `late answers make it degraded, and one in time healthy again`() {
        var supervisor = make()
        supervisor.answered(slowly: .seconds(4))
        #expect(supervisor.state == .disabled)
        _ = supervisor.switchOn()
        supervisor.becomeHealthy(at: start)
        for _ in 0..<10 { supervisor.answered(slowly: .milliseconds(3250)) }
        #expect(supervisor.state == .degraded && supervisor.error?.contains("3.2 s") == true)
        supervisor.answered()
        #expect(supervisor.state == .healthy && supervisor.error == nil)
    }

    @Test func `what a person must mend stays failed until somebody switches it on`() {
        var supervisor = make()
        #expect(supervisor.refuse("no") == .nothing && supervisor.state == .failed)
        #expect(supervisor.switchOn() == .start)
        #expect(supervisor.refuse("no") == .kill && supervisor.error == "no")
        supervisor.becomeHealthy(at: start)
        #expect(supervisor.state == .failed)
        #expect(supervisor.processEnded("x", at: start, jitter: 0) == .nothing && supervisor.error == "no")
        #expect(supervisor.switchOff() == .nothing && supervisor.error == nil)
    }

    @Test func `another process in its place makes it healthy, whatever was before`() {
        var supervisor = make { $0.most = 1 }
        _ = supervisor.switchOn()
        _ = supervisor.processEnded("x", at: start, jitter: 0)
        supervisor.becomeReplaced(at: start)
        #expect(supervisor.state == .healthy && supervisor.endPause() == .nothing && supervisor.error == nil)
        #expect(supervisor.processEnded("x", at: start, jitter: 0) != .nothing)
    }

    @Test(arguments: [1, 2, 3]) func `whatever happens in whatever order, it never runs while it is off`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var supervisor = make { $0.most = 3 }
        var now = start
        var isWanted = false
        for _ in 0..<20_000 {
            now += .milliseconds(Int.random(in: 0..<30_000, using: &random))
            switch Int.random(in: 0..<9, using: &random) {
            case 0:
                isWanted = true
                _ = supervisor.switchOn()
            case 1:
                isWanted = false
                _ = supervisor.switchOff()
            case 2: supervisor.becomeHealthy(at: now)
            case 3, 4: _ = supervisor.processEnded("x", at: now, jitter: .random(in: 0..<1, using: &random))
            case 5: #expect(supervisor.endPause() != .start || isWanted)
            case 6: _ = supervisor.missedPing()
            case 7: supervisor.answered(slowly: Bool.random(using: &random) ? .seconds(4) : nil)
            default: if isWanted, Int.random(in: 0..<10, using: &random) == 0 { _ = supervisor.refuse("no") }
            }
            #expect(isWanted == (supervisor.state != .disabled))
        }
    }
}
