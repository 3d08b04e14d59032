// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import Testing

@testable import Libvirt

@Suite(.timeLimit(.minutes(1))) struct WorkersTests {
    /// Blocks a thread until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)

        func open() { isOpen.withLock { $0 = true } }

        func pass() {
            while !isOpen.withLock({ $0 }) { usleep(1_000) }
        }
    }

    @Test func `a call's value and its error come back`() async throws {
        let workers = Workers(name: "test", limit: 2, hanging: HangingCalls(limit: 2))
        #expect(try await workers.run(within: .seconds(5)) { 42 } == 42)
        await #expect(throws: LibvirtError(number: 1, message: "no")) {
            try await workers.run(within: .seconds(5)) { throw LibvirtError(number: 1, message: "no") }
        }
    }

    @Test func `a call that hangs is left at its deadline, and its place taken by another`() async throws {
        let hanging = HangingCalls(limit: 5)
        let workers = Workers(name: "test", limit: 1, hanging: hanging)
        let gate = Gate()
        await #expect(throws: CallFailure.deadlinePassed) {
            try await workers.run(within: .milliseconds(100)) { gate.pass() }
        }
        #expect(hanging.count == 1)
        #expect(try await workers.run(within: .seconds(5)) { "next" } == "next")
        gate.open()
        #expect(await eventually { hanging.count == 0 })
    }

    @Test func `with too many hanging calls no other is begun`() async throws {
        let hanging = HangingCalls(limit: 2)
        let workers = Workers(name: "test", limit: 4, hanging: hanging)
        let gate = Gate()
        for _ in 0..<2 {
            await #expect(throws: CallFailure.deadlinePassed) {
                try await workers.run(within: .milliseconds(50)) { gate.pass() }
            }
        }
        await #expect(throws: CallFailure.tooManyHanging) { try await workers.run(within: .seconds(5)) {} }
        gate.open()
        #expect(await eventually { hanging.count == 0 })
        try await workers.run(within: .seconds(5)) {}
    }

    @Test func `what was not begun in time is never done`() async throws {
        let workers = Workers(name: "test", limit: 1, hanging: HangingCalls(limit: 5))
        let gate = Gate()
        let isDone = Mutex(false)
        try workers.start { gate.pass() }
        await #expect(throws: CallFailure.neverBegun) {
            try await workers.run(within: .milliseconds(50)) { isDone.withLock { $0 = true } }
        }
        gate.open()
        try await workers.run(within: .seconds(5)) {}
        #expect(isDone.withLock { $0 } == false)
    }

    @Test func `a task that is cancelled leaves at once`() async throws {
        let hanging = HangingCalls(limit: 5)
        let workers = Workers(name: "test", limit: 1, hanging: hanging)
        let gate = Gate()
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await workers.run(within: .seconds(30)) { gate.pass() } }
            try? await Task.sleep(for: .milliseconds(50))
            group.cancelAll()
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        gate.open()
        #expect(await eventually { hanging.count == 0 })
    }

    @Test func `the wait before connecting again doubles up to its limit`() {
        var backoff = Backoff(start: .seconds(1), limit: .seconds(30))
        let waits = (0..<8).map { _ in backoff.wait() }
        for (wait, full) in zip(waits, [1, 2, 4, 8, 16, 30, 30, 30]) {
            #expect(wait <= .seconds(full) && wait >= .seconds(full) * 0.75)
        }
        backoff.reset()
        #expect(backoff.wait() <= .seconds(1))
    }
}
