// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization
import Testing

@testable import SchedulerPlugin

@Suite(.timeLimit(.minutes(1))) struct SchedulerTests {
    /// Runs a scheduler beside a test, and ends it afterwards.
    private func with(_ core: FakeCore, _ body: (Scheduler) async throws -> Void) async throws {
        let scheduler = Scheduler()
        let task = Task { await scheduler.run(core.host) }
        try await body(scheduler)
        task.cancel()
        await task.value
    }

    @Test func `a job is claimed at start, done under its token and reported`() async throws {
        let core = FakeCore()
        core.submit(7, "machine.start", ["machine": "m"])
        let called = Mutex<[String]>([])
        core.answer("machine.start") { parameters, token in
            called.withLock { $0.append("\(token ?? "") \(parameters["machine"]?.stringValue ?? "")") }
            return [:]
        }
        try await with(core) { _ in
            #expect(await core.nextEnd() == ["job": 7, "fence": 107, "outcome": "completed"])
            #expect(called.withLock { $0 } == ["token 7 m"])
        }
    }

    @Test func `an event brings a job that came later`() async throws {
        let core = FakeCore(configuration: ["pollSeconds": 300])
        core.answer("a.b") { _, _ in [:] }
        try await with(core) { scheduler in
            while core.claims == 0 { await Task.yield() }
            core.submit(1, "a.b")
            await scheduler.wake()
            #expect(await core.nextEnd()?["job"] == 1)
            core.submit(2, "a.b")
            await scheduler.wake()
            #expect(await core.nextEnd()?["job"] == 2)
        }
    }

    @Test func `only so many are carried out at a time, and each end makes room`() async throws {
        let core = FakeCore(configuration: ["concurrency": 2, "pollSeconds": 300])
        let door = Door()
        core.answer("a.b") { _, _ in
            await door.pass()
            return [:]
        }
        for id in 1...5 { core.submit(Int64(id), "a.b") }
        try await with(core) { scheduler in
            await door.arrival(of: 2)
            #expect(await scheduler.count == 2)
            #expect(core.claims == 2)
            door.open()
            var ends: Set<Int64> = []
            for _ in 0..<5 { ends.insert(await core.nextEnd()?["job"]?.intValue ?? 0) }
            #expect(ends == [1, 2, 3, 4, 5])
            #expect(door.arrived == 5)
        }
    }

    @Test func `with the part off nothing is claimed, and with it on again it is`() async throws {
        let core = FakeCore(configuration: ["pollSeconds": 300], parts: [])
        core.answer("a.b") { _, _ in [:] }
        core.submit(1, "a.b")
        try await with(core) { scheduler in
            await scheduler.wake()
            #expect(core.claims == 0)
            await scheduler.setParts(["scheduler"])
            #expect(await core.nextEnd()?["job"] == 1)
        }
    }

    @Test func `a configuration that changes counts at once`() async throws {
        let core = FakeCore(configuration: ["concurrency": 1, "pollSeconds": 300])
        let door = Door()
        core.answer("a.b") { _, _ in
            await door.pass()
            return [:]
        }
        for id in 1...2 { core.submit(Int64(id), "a.b") }
        try await with(core) { scheduler in
            await door.arrival(of: 1)
            await scheduler.configure(["concurrency": 2])
            await door.arrival(of: 2)
            door.open()
        }
    }

    @Test func `a claim that fails is tried again`() async throws {
        let core = FakeCore(configuration: ["pollSeconds": 1])
        let tries = Mutex(0)
        core.answer("job.claim") { _, _ in
            tries.withLock { $0 += 1 }
            throw GatehouseError(.forbidden, "Not granted.")
        }
        try await with(core) { scheduler in
            while tries.withLock({ $0 }) < 3 {
                await scheduler.wake()
                await Task.yield()
            }
            #expect(await scheduler.count == 0)
        }
    }

    @Test func `at the end running jobs may finish, and no other is claimed`() async throws {
        let core = FakeCore(configuration: ["concurrency": 1, "pollSeconds": 300, "graceSeconds": 60])
        let door = Door()
        core.answer("a.b") { _, _ in
            await door.pass()
            return [:]
        }
        for id in 1...2 { core.submit(Int64(id), "a.b") }
        let scheduler = Scheduler()
        let task = Task { await scheduler.run(core.host) }
        await door.arrival(of: 1)
        task.cancel()
        await Task.yield()
        door.open()
        #expect(await core.nextEnd()?["outcome"] == "completed")
        await task.value
        #expect(core.claims == 1)
        #expect(await scheduler.count == 0)
    }

    @Test func `what has not ended by the grace time is left to the core`() async throws {
        let core = FakeCore(configuration: ["graceSeconds": 0])
        let ends = Mutex(0)
        core.answer("a.b") { _, _ in
            try await Task.sleep(for: .seconds(600))
            return [:]
        }
        core.answer("job.finish") { _, _ in
            ends.withLock { $0 += 1 }
            return [:]
        }
        core.submit(1, "a.b")
        let scheduler = Scheduler()
        let task = Task { await scheduler.run(core.host) }
        while await scheduler.count == 0 { await Task.yield() }
        task.cancel()
        await task.value
        while await scheduler.count > 0 { await Task.yield() }
        #expect(ends.withLock { $0 } == 0)
    }

    @Test func `settings that are missing or out of range hold as they do by themselves`() {
        #expect(SchedulerSettings(nil) == SchedulerSettings())
        #expect(
            SchedulerSettings(["concurrency": 0, "pollSeconds": 301, "waitSeconds": -1, "graceSeconds": "4"])
                == SchedulerSettings())
        let settings = SchedulerSettings(["concurrency": 64, "pollSeconds": 9, "waitSeconds": 60, "graceSeconds": 2])
        #expect(settings.concurrency == 64 && settings.period == .seconds(9))
        #expect(settings.wait == .seconds(60) && settings.grace == .seconds(2))
    }
}
