// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization
import Testing

@testable import SchedulerPlugin

@Suite(.timeLimit(.minutes(1))) struct JobRunTests {
    private let core = FakeCore()

    private func job(_ kind: String, lease: Double = 30) throws -> ClaimedJob {
        let claim: JSONValue = [
            "job": [
                "id": 1, "kind": .string(kind), "parameters": ["machine": "m"], "attempt": 1, "fence": 5,
                "leaseSeconds": .double(lease),
            ], "callToken": "t",
        ]
        return try #require(try ClaimedJob(claim))
    }

    private func end(_ run: JobRun) async -> [String: JSONValue]? {
        async let end = core.nextEnd()
        await run.run()
        return await end
    }

    @Test(arguments: [
        (GatehouseError.Code.nodeUnreachable, "retry"), (.machineLocked, "retry"), (.timeout, "retry"),
        (.storageFailed, "retry"), (.internal, "retry"),
        (.forbidden, "error"), (.notFound, "error"), (.conflict, "error"), (.hypervisorFailed, "error"),
        (.invalidParameters, "error"), (.unsupported, "error"),
    ])
    func `an error ends the attempt, and some are worth another`(code: GatehouseError.Code, outcome: String)
        async throws
    {
        core.answer("a.b") { _, _ in throw GatehouseError(code, "So it is.") }
        let run = JobRun(try job("a.b"), host: core.host, wait: .zero)
        #expect(
            await end(run) == ["job": 1, "fence": 5, "outcome": .string(outcome), "message": "So it is."])
    }

    @Test func `the lease is renewed while the call goes on`() async throws {
        let door = Door()
        core.answer("a.b") { _, _ in
            await door.pass()
            return [:]
        }
        let run = JobRun(try job("a.b", lease: 0.03), host: core.host, wait: .zero)
        async let end = end(run)
        while core.progressed.count < 3 { await Task.yield() }
        door.open()
        #expect(await end?["outcome"] == "completed")
        #expect(core.progressed.first == ["job": 1, "fence": 5])
    }

    @Test func `a job that was taken away is not spoken of any more`() async throws {
        core.answer("a.b") { _, _ in
            try await Task.sleep(for: .seconds(600))
            return [:]
        }
        core.answer("job.progress") { _, _ in throw GatehouseError(.conflict, "It is not held under this number.") }
        let ends = Mutex(0)
        core.answer("job.finish") { _, _ in
            ends.withLock { $0 += 1 }
            return [:]
        }
        await JobRun(try job("a.b", lease: 0.03), host: core.host, wait: .zero).run()
        #expect(ends.withLock { $0 } == 0)
    }

    @Test func `a cancel before the call makes none`() async throws {
        let run = JobRun(try job("a.b"), host: core.host, wait: .zero)
        run.cancel()
        #expect(await end(run)?["outcome"] == "cancelled")
    }

    @Test func `a cancel during the call waits for its answer, which tells what was done`() async throws {
        let door = Door()
        core.answer("a.b") { _, _ in
            await door.pass()
            return ["done": true]
        }
        let run = JobRun(try job("a.b"), host: core.host, wait: .zero)
        async let end = end(run)
        await door.arrival(of: 1)
        run.cancel()
        door.open()
        #expect(await end == ["job": 1, "fence": 5, "outcome": "completed"])
    }

    @Test func `a shutdown is done when it was asked for, or when the guest is off if so configured`() async throws {
        core.answer("machine.shutdown") { _, _ in ["asked": true] }
        #expect(
            await end(JobRun(try job("machine.shutdown"), host: core.host, wait: .zero))?["outcome"] == "completed")
        let looks = Mutex(0)
        core.answer("machine.show") { parameters, token in
            #expect(parameters == ["machine": "m"] && token == "t")
            let look = looks.withLock { looks in
                looks += 1
                return looks
            }
            return ["machine": ["state": look < 3 ? "shutdown" : "off"]]
        }
        let waited = await end(JobRun(try job("machine.shutdown"), host: core.host, wait: .seconds(1)))
        #expect(waited?["outcome"] == "completed" && waited?["output"] == ["machine": ["state": "off"]])
        #expect(looks.withLock { $0 } == 3)
    }

    @Test func `a guest that does not shut down in time is an error that says what to do`() async throws {
        core.answer("machine.shutdown") { _, _ in [:] }
        core.answer("machine.show") { _, _ in ["machine": ["state": "running"]] }
        let end = await end(JobRun(try job("machine.shutdown"), host: core.host, wait: .milliseconds(50)))
        #expect(end?["outcome"] == "error")
        #expect(end?["message"]?.stringValue?.hasSuffix("try powerOff.") == true)
    }

    @Test func `a cancel that the core tells of ends the waiting for a guest`() async throws {
        core.answer("machine.shutdown") { _, _ in [:] }
        core.answer("machine.show") { _, _ in ["machine": ["state": "running"]] }
        core.cancel(1)
        let run = JobRun(try job("machine.shutdown", lease: 0.03), host: core.host, wait: .seconds(600))
        let cancelled = await end(run)
        #expect(cancelled?["outcome"] == "cancelled")
        #expect(core.progressed.last?["message"]?.stringValue?.contains("waiting until it is off") == true)
    }

    @Test func `a text that is longer than the core takes is cut`() async throws {
        core.answer("a.b") { _, _ in throw GatehouseError(.conflict, String(repeating: "\u{1F600}", count: 600)) }
        let message = await end(JobRun(try job("a.b"), host: core.host, wait: .zero))?["message"]?.stringValue
        #expect(message?.utf8.count == 2000)
    }

    @Test func `an end that can not be told is told again`() async throws {
        core.answer("a.b") { _, _ in [:] }
        let tries = Mutex(0)
        core.answer("job.finish") { _, _ in
            let attempt = tries.withLock { tries in
                tries += 1
                return tries
            }
            if attempt < 2 { throw GatehouseError(.storageFailed, "The disk is full.") }
            return [:]
        }
        await JobRun(try job("a.b"), host: core.host, wait: .zero).run()
        #expect(tries.withLock { $0 } == 2)
    }

    @Test func `a claim without a job is none, one that lacks something an error`() throws {
        #expect(try ClaimedJob(["job": nil]) == nil)
        #expect(throws: GatehouseError.self) { try ClaimedJob(["job": ["id": 1], "callToken": "t"]) }
        #expect(throws: GatehouseError.self) { try ClaimedJob(["job": ["id": 1, "kind": "a", "fence": 1]]) }
    }
}
