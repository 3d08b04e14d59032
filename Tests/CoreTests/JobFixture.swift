// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
import TestSupport
import Testing

/// A plugin table with one scheduler, which a test switches and kills.
final class SchedulerTable: PluginControl {
    private let status: Mutex<PluginStatus>

    init() {
        var status = PluginStatus(name: "scheduler", since: Date(timeIntervalSince1970: 0))
        status.parts = [.scheduler]
        status.switches = PluginSwitches(enabled: true)
        status.state = .healthy
        status.process = 100
        status.jobKinds = ["*"]
        status.granted = ["job.*"]
        self.status = Mutex(status)
    }

    func change(_ body: (inout PluginStatus) -> Void) { status.withLock { body(&$0) } }

    func plugins() -> [PluginStatus] { [status.withLock { $0 }] }
    func plugin(named name: String) throws -> PluginStatus {
        guard name == "scheduler" else { throw GatehouseError.pluginNotFound }
        return status.withLock { $0 }
    }
    func modify(_ name: String, _ change: PluginChange) throws -> PluginStatus { try plugin(named: name) }
    func reset(_ name: String?) {}
    func reload() {}
    func restart(_ name: String) throws -> PluginStatus { try plugin(named: name) }
    func log(_ name: String, limit: Int, after: Int64?) throws -> [PluginLogLine] { [] }
    var sandbox: SandboxAvailability { .unavailable(reason: "not here") }
}

/// A core with one node that has the machines web (off) and db (running), and a scheduler.
struct JobFixture: Sendable {
    let test: TestCore
    let hypervisor: FakeHypervisor
    let table: SchedulerTable

    static let anna = JobSubmitter(user: UserID(1), name: "anna")

    static func run(
        limits: JobLimits = JobLimits(), directory: ScratchDirectory? = nil, clock: HandClock = HandClock(),
        hypervisor: FakeHypervisor = FakeHypervisor([.fake("web", .off), .fake("db")]),
        _ body: @Sendable (JobFixture) async throws -> Void
    ) async throws {
        let table = SchedulerTable()
        var all = CoreLimits()
        all.jobs = limits
        let nodes = [TestCore.node("one", hypervisor)]
        try await TestCore.run(nodes: nodes, limits: all, clock: clock, directory: directory, plugins: table) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == 2 }
            try await body(JobFixture(test: test, hypervisor: hypervisor, table: table))
        }
    }

    var jobs: JobLedger { test.core.jobs }
    var clock: HandClock { test.clock }

    /// Submits a job; an operation of a machine where one is named.
    @discardableResult
    func submit(
        _ kind: String, on machine: String? = nil, _ change: (inout Job) throws -> Void = { _ in }
    ) async throws -> Job {
        var job = Job(kind: kind, submitter: Self.anna, createdAt: clock.now)
        if let machine {
            let entry = try await test.machine(machine)
            (job.machine, job.machineName, job.node) = (entry.id, machine, entry.id.node)
            job.parameters = ["machine": .string(entry.address.description)]
        }
        try change(&job)
        return try await jobs.submit(job)
    }

    func claim(_ kinds: [String]? = nil) async throws -> Job? {
        try await jobs.claim(kinds: kinds, by: "scheduler")
    }

    /// Claims a job that must be there.
    func claimed() async throws -> Job { try #require(try await claim()) }

    /// Makes the job's call: the operation that it is, or what is given.
    @discardableResult
    func call(
        _ job: Job, _ body: (@Sendable () async throws -> JSONValue)? = nil
    ) async throws -> JSONValue {
        try await jobs.call(job, on: test.core.inventory, body)
    }

    @discardableResult
    func finish(_ job: Job, _ outcome: JobOutcome, _ message: String? = nil) async throws -> Job {
        try await jobs.finish(
            job.id, fence: job.fence, by: "scheduler", outcome: outcome, output: nil, message: message)
    }

    func progress(_ job: Job, _ percent: Int? = nil, _ message: String? = nil) async throws -> Bool {
        try await jobs.progress(job.id, fence: job.fence, by: "scheduler", percent: percent, message: message)
    }

    /// Where a job stands.
    func status(_ job: Job) async throws -> JobStatus { try await jobs.job(job.id).status }

    func advance(_ seconds: Int) async {
        clock.advance(.seconds(seconds))
        await jobs.tick()
    }

    /// How often an operation was asked of the node.
    func count(_ operation: MachineOperation) -> Int {
        hypervisor.requests.count { if case .perform(operation, _) = $0 { true } else { false } }
    }

    func lines(_ job: Job) async throws -> [String] { try await jobs.events(of: job.id).map(\.message) }
}

extension JobLedger {
    /// Makes a job's call as the core API does.
    func call(
        _ job: Job, on inventory: Inventory, _ body: (@Sendable () async throws -> JSONValue)? = nil
    ) async throws -> JSONValue {
        let principal = await self.principal(of: job)
        guard case .work(let work) = principal.identity else { return .null }
        return try await carryOut(
            work, method: job.kind, parameters: job.parameters, isChange: true, kept: { $0 },
            body ?? {
                guard let operation = job.operation, let machine = job.machine else { return .null }
                try await inventory.perform(operation, on: machine, by: "anna", job: job.id)
                return ["did": .string(operation.rawValue)]
            })
    }
}
