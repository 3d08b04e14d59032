// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

/// What becomes of a job whose scheduler ended while its call was not known to have ended.
@Suite struct JobOutcomeTests {
    private static let lost = GatehouseError(.timeout, "No answer in time.")

    /// Submits an operation on a machine in that state, has it called with a lost answer, and takes it away.
    private func interrupted(
        _ operation: MachineOperation, from before: MachineState, to after: MachineState, attempts: Int = 3,
        _ body: @Sendable (JobFixture, Job) async throws -> Void
    ) async throws {
        let machine = MachineSnapshot.fake("web", before)
        try await JobFixture.run(hypervisor: FakeHypervisor([machine, .fake("db")])) { fixture in
            try await fixture.submit("machine.\(operation.rawValue)", on: "web") { $0.attempts = attempts }
            let job = try await fixture.claimed()
            await expect(.timeout) { try await fixture.call(job) { throw Self.lost } }
            var changed = machine
            changed.state = after
            fixture.hypervisor.put(changed)
            await fixture.jobs.releaseAll(reason: "The scheduler ended.")
            #expect(try await fixture.status(job) == .executing, "until the node has told")
            #expect(try await fixture.test.machine("web").operation != nil)
            try await body(fixture, job)
        }
    }

    private func expectOutcome(
        _ status: JobStatus, _ operation: MachineOperation, from before: MachineState, to after: MachineState,
        attempts: Int = 3
    ) async throws {
        try await interrupted(operation, from: before, to: after, attempts: attempts) { fixture, job in
            await fixture.jobs.decide()
            let decided = try await fixture.jobs.job(job.id)
            #expect(decided.status == status, "\(operation) from \(before) to \(after)")
            #expect((status == .error) == (decided.error?.contains("outcome unknown") ?? false))
            #expect(try await fixture.test.machine("web").operation == nil)
            #expect(fixture.hypervisor.requests.isEmpty, "to look is not to do")
        }
    }

    @Test(
        arguments: [
            (MachineOperation.start, MachineState.off), (.shutdown, .running), (.powerOff, .running),
            (.pause, .running), (.resume, .paused), (.save, .running),
        ])
    func `what the node shows as done is completed, and what it shows as not done is done again`(
        operation: MachineOperation, before: MachineState
    ) async throws {
        let after: [MachineOperation: MachineState] = [
            .start: .running, .shutdown: .off, .powerOff: .off, .pause: .paused, .resume: .running, .save: .saved,
        ]
        try await expectOutcome(.completed, operation, from: before, to: try #require(after[operation]))
        try await expectOutcome(.rescheduled, operation, from: before, to: before)
    }

    @Test(arguments: [MachineOperation.reboot, .reset])
    func `a reboot leaves no trace, so its outcome is unknown and it is not done again`(
        operation: MachineOperation
    ) async throws {
        try await expectOutcome(.error, operation, from: .running, to: .running)
    }

    @Test func `a state that fits neither way is unknown`() async throws {
        try await expectOutcome(.error, .pause, from: .running, to: .off)
        try await expectOutcome(.error, .save, from: .running, to: .off)
    }

    @Test func `what is not done and has no attempts left ends in an error that says so`() async throws {
        try await interrupted(.start, from: .off, to: .off, attempts: 1) { fixture, job in
            await fixture.jobs.decide()
            let decided = try await fixture.jobs.job(job.id)
            #expect(decided.status == .error && decided.error?.contains("not done") == true)
        }
    }

    @Test func `a node that is away is waited for`() async throws {
        try await interrupted(.start, from: .off, to: .running) { fixture, job in
            fixture.hypervisor.disconnect("cable")
            try await eventually("it is away") { try await fixture.test.machine("web").snapshot.state == .unknown }
            await fixture.jobs.decide()
            #expect(try await fixture.status(job) == .executing)
            fixture.clock.advance(.seconds(500))
            await fixture.jobs.decide()
            #expect(try await fixture.status(job) == .executing)
            fixture.hypervisor.reconnect()
            try await eventually("it is back") { try await fixture.test.machine("web").snapshot.state == .running }
            await fixture.jobs.decide()
            #expect(try await fixture.status(job) == .completed)
        }
    }

    @Test func `a node that stays away leaves the outcome unknown`() async throws {
        try await interrupted(.start, from: .off, to: .running) { fixture, job in
            fixture.hypervisor.disconnect("cable")
            try await eventually("it is away") { try await fixture.test.machine("web").snapshot.state == .unknown }
            fixture.clock.advance(.seconds(601))
            await fixture.jobs.decide()
            #expect(try await fixture.jobs.job(job.id).error?.contains("outcome unknown") == true)
        }
    }

    @Test func `a machine that is gone leaves the outcome unknown`() async throws {
        try await interrupted(.start, from: .off, to: .running) { fixture, job in
            fixture.hypervisor.remove(try await fixture.test.machine("web").id.uuid)
            await fixture.jobs.decide()
            #expect(try await fixture.jobs.job(job.id).error?.contains("outcome unknown") == true)
        }
    }

    @Test func `a cancelled job that was not done is cancelled, one that was done is completed`() async throws {
        for (after, status) in [(MachineState.off, JobStatus.cancelled), (.running, .completed)] {
            try await interrupted(.start, from: .off, to: after) { fixture, job in
                _ = try await fixture.jobs.cancel(job.id, by: "anna")
                await fixture.jobs.decide()
                #expect(try await fixture.status(job) == status)
            }
        }
    }

    @Test func `what takes effect late is seen before it would be done again`() async throws {
        try await interrupted(.start, from: .off, to: .off) { fixture, job in
            await fixture.jobs.decide()
            await fixture.advance(5)
            let again = try await fixture.claimed()
            var machine = try await fixture.test.machine("web").snapshot
            machine.state = .running
            fixture.hypervisor.put(machine)
            try await fixture.call(again)
            try await fixture.finish(again, .completed)
            #expect(fixture.count(.start) == 0)
        }
    }

    @Test func `other calls are made again where that is harmless, and are unknown where it is not`() async throws {
        for isRepeatable in [true, false] {
            try await JobFixture.run { fixture in
                try await fixture.submit("a") { $0.isRepeatable = isRepeatable }
                let job = try await fixture.claimed()
                await expect(.timeout) { try await fixture.call(job) { throw Self.lost } }
                await fixture.jobs.releaseAll(reason: "The scheduler ended.")
                let decided = try await fixture.jobs.job(job.id)
                #expect(decided.status == (isRepeatable ? .rescheduled : .error))
                #expect(isRepeatable || decided.error?.contains("outcome unknown") == true)
            }
        }
    }

    @Test func `a scheduler that asks to try again what may have been done has the node asked`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("machine.reset", on: "db")
            let reset = try await fixture.claimed()
            await expect(.timeout) { try await fixture.call(reset) { throw Self.lost } }
            _ = try await fixture.finish(reset, .retry, "No answer in time.")
            await fixture.jobs.decide()
            #expect(try await fixture.jobs.job(reset.id).error?.contains("outcome unknown") == true)
            try await fixture.submit("machine.pause", on: "db")
            let pause = try await fixture.claimed()
            await expect(.timeout) { try await fixture.call(pause) { throw Self.lost } }
            _ = try await fixture.finish(pause, .retry, "No answer in time.")
            await fixture.jobs.decide()
            #expect(try await fixture.status(pause) == .rescheduled)
        }
    }

    @Test func `what a call was refused for is told where nobody else can tell`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("machine.pause", on: "web")
            let job = try await fixture.claimed()
            await expect(.conflict) { try await fixture.call(job) }
            await fixture.jobs.releaseAll(reason: "The scheduler ended.")
            let decided = try await fixture.jobs.job(job.id)
            #expect(decided.status == .error && decided.error?.contains("off") == true)
        }
    }

    @Test func `a node that is away before the call makes no call, so even a reset may be tried again`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("machine.reset", on: "db")
            let job = try await fixture.claimed()
            fixture.hypervisor.disconnect("cable")
            try await eventually("it is away") { try await fixture.test.machine("db").snapshot.state == .unknown }
            await expect(.nodeUnreachable) { try await fixture.call(job) }
            #expect(try await fixture.finish(job, .retry, "away").status == .rescheduled)
        }
    }
}
