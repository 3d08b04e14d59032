// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Store
import TestSupport
import Testing

@Suite struct JobLeaseTests {
    @Test func `a scheduler that is silent loses its job, and is refused from then on`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("machine.start", on: "web")
            let old = try await fixture.claimed()
            await fixture.advance(29)
            _ = try await fixture.progress(old)
            await fixture.advance(29)
            #expect(try await fixture.status(old) == .launching)
            await fixture.advance(2)
            #expect(try await fixture.status(old) == .enqueued)
            #expect(try await fixture.test.machine("web").operation == nil)
            let new = try await fixture.claimed()
            #expect(new.id == old.id && new.fence > old.fence && new.attempt == 1, "nothing had been done")
            await expect(.conflict) { try await fixture.progress(old) }
            await expect(.conflict) { try await fixture.finish(old, .completed) }
            await expect(.conflict) { try await fixture.call(old) }
            #expect(fixture.count(.start) == 0)
            try await fixture.call(new)
            try await fixture.finish(new, .completed)
            #expect(fixture.count(.start) == 1)
            await expect(.conflict) { try await fixture.finish(new, .completed) }
        }
    }

    @Test func `a job makes one call for each attempt, and no other change`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("machine.start", on: "web")
            let job = try await fixture.claimed()
            guard case .work(let work) = await fixture.jobs.principal(of: job).identity else { return }
            func call(_ method: String, _ parameters: [String: JSONValue], isChange: Bool) async throws -> JSONValue {
                try await fixture.jobs.carryOut(
                    work, method: method, parameters: parameters, isChange: isChange, kept: { $0 }, { "called" })
            }
            #expect(try await call("machine.show", ["machine": "x"], isChange: false) == "called")
            await expect(.forbidden) { try await call("machine.powerOff", job.parameters, isChange: true) }
            await expect(.forbidden) { try await call("machine.start", ["machine": "other"], isChange: true) }
            #expect(try await fixture.status(job) == .launching, "none of these was its call")
            #expect(try await call("machine.start", job.parameters, isChange: true) == "called")
            await expect(.conflict) { try await call("machine.start", job.parameters, isChange: true) }
            try await fixture.finish(job, .completed)
            await expect(.conflict) { try await call("machine.show", [:], isChange: false) }
        }
    }

    @Test func `nothing is completed that was not done, and nothing ends while it is being done`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            let job = try await fixture.claimed()
            await expect(.conflict) { try await fixture.finish(job, .completed) }
            let gate = Gate()
            async let result = fixture.call(job) { await gate.wait() }
            try await eventually("it is being done") { await gate.isWaitedFor }
            await expect(.conflict) { try await fixture.finish(job, .completed) }
            // The core itself is at work: the lease can not run out.
            await fixture.advance(3600)
            #expect(try await fixture.status(job) == .executing)
            await gate.open()
            _ = try await result
            await fixture.advance(29)
            #expect(try await fixture.finish(job, .completed).status == .completed)
        }
    }

    @Test func `with its part switched off a scheduler gets no job, and its grace time for what it has`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            try await fixture.submit("b")
            let job = try await fixture.claimed()
            fixture.table.change { $0.switches.parts = [] }
            await fixture.jobs.pluginChanged("scheduler")
            #expect(await !fixture.jobs.hasScheduler)
            await expect(.forbidden) { try await fixture.claim() }
            await fixture.advance(4)
            _ = try await fixture.progress(job)
            await fixture.advance(2)
            await expect(.conflict) { try await fixture.progress(job) }
            #expect(try await fixture.status(job) == .enqueued)
            try await fixture.submit("c")
            fixture.table.change { $0.switches.parts = [.scheduler] }
            #expect(try await fixture.claimed().id == job.id)
        }
    }

    @Test func `what a switched-off scheduler finishes in its grace time counts`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            let job = try await fixture.claimed()
            await fixture.jobs.schedulerStopped("scheduler", grace: .seconds(3))
            await fixture.advance(2)
            try await fixture.call(job) { "done" }
            #expect(try await fixture.finish(job, .completed).status == .completed)
        }
    }

    @Test func `the jobs of a process that ended are taken away, those of its successor are not`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            let old = try await fixture.claimed()
            await fixture.jobs.pluginChanged("scheduler")
            #expect(try await fixture.status(old) == .launching, "nothing has happened to it")
            fixture.table.change { $0.process = 101 }
            await fixture.jobs.pluginChanged("scheduler")
            #expect(try await fixture.status(old) == .enqueued)
            let new = try await fixture.claimed()
            await fixture.jobs.pluginChanged("scheduler")
            #expect(try await fixture.status(new) == .launching)
            fixture.table.change { ($0.process, $0.state) = (nil, .backoff) }
            await fixture.jobs.pluginChanged("scheduler")
            #expect(try await fixture.status(new) == .enqueued)
        }
    }

    @Test func `a call goes on when its scheduler ends, and its own end decides`() async throws {
        for isGood in [true, false] {
            try await JobFixture.run { fixture in
                try await fixture.submit("machine.reset", on: "db")
                let job = try await fixture.claimed()
                let gate = Gate()
                async let result = fixture.call(job) {
                    let value = await gate.wait()
                    guard isGood else { throw GatehouseError(.hypervisorFailed, "broken") }
                    return value
                }
                try await eventually("it is being done") { await gate.isWaitedFor }
                await fixture.jobs.releaseAll(reason: "It ended.")
                #expect(try await fixture.status(job) == .executing)
                #expect(try await fixture.test.machine("db").operation != nil)
                #expect(try await fixture.claim() == nil)
                await gate.open()
                _ = try? await result
                #expect(try await fixture.status(job) == (isGood ? .completed : .error))
                #expect(try await fixture.test.machine("db").operation == nil)
            }
        }
    }

    @Test func `a call that its caller gives up is seen through, and what came of it is known`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            let job = try await fixture.claimed()
            let gate = Gate()
            let call = Task {
                try await fixture.call(job) {
                    let value = await gate.wait()
                    try Task.checkCancellation()
                    return value
                }
            }
            try await eventually("it is being done") { await gate.isWaitedFor }
            call.cancel()
            await fixture.jobs.releaseAll(reason: "The scheduler ended.")
            await gate.open()
            #expect(try await call.value == "done")
            #expect(try await fixture.status(job) == .completed)
        }
    }

    @Test func `the ledger hears of plugins and machines by itself while it runs`() async throws {
        try await JobFixture.run { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.jobs.run() }
                defer { group.cancelAll() }
                try await fixture.submit("machine.start", on: "web")
                let job = try await fixture.claimed()
                try await eventually("it listens") { fixture.test.core.bus.listenerCount == 1 }
                fixture.table.change { ($0.process, $0.state) = (nil, .backoff) }
                fixture.test.core.bus.publish(.pluginChanged("scheduler"))
                try await eventually("the job waits again") { try await fixture.status(job) == .enqueued }
                let subscription = try fixture.test.core.bus.subscribe()
                fixture.test.core.bus.publish(.machineChanged(try await fixture.test.machine("web").id))
                for await event in subscription.events where event == .jobReady { break }
            }
        }
    }

    @Test func `after a restart a machine's job waits until its node has told its machines`() async throws {
        let (directory, clock) = (try ScratchDirectory(), HandClock())
        let machines = [MachineSnapshot.fake("web", .off), .fake("db")]
        try await JobFixture.run(
            directory: directory, clock: clock, hypervisor: FakeHypervisor(machines)
        ) { fixture in
            try await fixture.submit("machine.start", on: "web")
            try await fixture.submit("node.list")
        }
        let away = FakeHypervisor(machines)
        let table = SchedulerTable()
        let nodes = [TestCore.node("one", away)]
        try await TestCore.run(nodes: nodes, clock: clock, directory: directory, plugins: table) { test in
            away.disconnect("cable")
            try await eventually("it is away") {
                if case .unreachable? = await test.core.inventory.allNodes().first?.state { true } else { false }
            }
            for machine in machines { away.remove(machine.uuid) }
            try await eventually("nothing is known") { await test.core.inventory.allMachines().isEmpty }
            #expect(try await test.core.jobs.claim(kinds: nil, by: "scheduler")?.kind == "node.list")
            #expect(try await test.core.jobs.claim(kinds: nil, by: "scheduler") == nil)
            for machine in machines { away.put(machine) }
            away.reconnect()
            try await eventually("its machines are told") { await test.core.inventory.allMachines().count == 2 }
            #expect(try await test.core.jobs.claim(kinds: nil, by: "scheduler")?.kind == "machine.start")
        }
    }

    @Test func `the job of a machine that is gone for good is handed out, and fails`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("machine.start", on: "web")
            fixture.hypervisor.remove(try await fixture.test.machine("web").id.uuid)
            try await eventually("it is gone") { await fixture.test.core.inventory.allMachines().count == 1 }
            #expect(try await fixture.claim()?.id == job.id)
        }
    }

    @Test func `a claim that can not be written leaves the machine free`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("machine.start", on: "web")
            try await fixture.test.store.close()
            await expect(.storageFailed) { try await fixture.claim() }
            #expect(try await fixture.test.machine("web").operation == nil)
            #expect(try await fixture.status(job) == .enqueued)
        }
    }

    @Test func `a plugin's own job acts within what the plugin is granted then`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a") {
                $0.submitter = JobSubmitter(user: nil, plugin: "scheduler", name: "scheduler (plugin)")
            }
            let job = try await fixture.claimed()
            fixture.table.change { $0.granted = ["machine.list"] }
            guard case .work(let work) = await fixture.jobs.principal(of: job).identity else { return }
            #expect(work.plugin?.permissions == ["machine.list"] && work.fence == job.fence && work.user == nil)
        }
    }
}

/// Something to wait at until it is opened.
actor Gate {
    private var waiting: CheckedContinuation<Void, Never>?

    var isWaitedFor: Bool { waiting != nil }
    func open() { waiting.take()?.resume() }
    func wait() async -> JSONValue {
        await withCheckedContinuation { waiting = $0 }
        return "done"
    }
}
