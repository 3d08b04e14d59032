// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Store
import Synchronization
import TestSupport
import Testing

/// When the host is killed: at a write or at the call, before or after it took effect.
private enum Death: Sendable, CustomTestStringConvertible {
    case beforeWrite(Int)
    case afterWrite(Int)
    case beforeCall
    case afterCall
    case never

    var testDescription: String { "\(self)" }

    static let all: [Death] =
        (1...5).flatMap { [.beforeWrite($0), .afterWrite($0)] } + [.beforeCall, .afterCall, .never]
}

/// What a dead host does: nothing that anybody hears of.
private struct Killed: Error {}

/// A store that dies at a moment; whatever was written stays.
private final class MortalJobs: JobRepository {
    private let store: SQLiteStore
    private let death: Death
    private let state = Mutex((writes: 0, isDead: false))

    init(_ store: SQLiteStore, death: Death) {
        self.store = store
        self.death = death
    }

    /// Ends the host where its end is there.
    func die() throws -> Never {
        state.withLock { $0.isDead = true }
        throw Killed()
    }

    private func live() throws { if state.withLock({ $0.isDead }) { throw Killed() } }

    private func write<Value>(_ body: () async throws -> Value) async throws -> Value {
        try live()
        let number = state.withLock { state in
            state.writes += 1
            return state.writes
        }
        if case .beforeWrite(number) = death { try die() }
        let value = try await body()
        if case .afterWrite(number) = death { try die() }
        return value
    }

    func insertJob(_ job: Job, message: String) async throws -> Job {
        try await write { try await store.insertJob(job, message: message) }
    }
    func saveJobs(_ jobs: [Job], events: [JobEvent]) async throws {
        try await write { try await store.saveJobs(jobs, events: events) }
    }
    func unfinishedJobs() async throws -> [Job] { try await store.unfinishedJobs() }
    func job(_ id: JobID) async throws -> Job? { try await store.job(id) }
    func jobStatuses(_ ids: Set<JobID>) async throws -> [JobID: JobStatus] { try await store.jobStatuses(ids) }
    func jobs(_ filter: JobFilter) async throws -> (jobs: [Job], more: Bool) { try await store.jobs(filter) }
    func jobEvents(of id: JobID, after: Int64) async throws -> [JobEvent] {
        try await store.jobEvents(of: id, after: after)
    }
    func removeFinishedJobs(before date: Date, keeping most: Int) async throws -> Int { 0 }
}

/// The world outside of the host, which outlives it: the node, the store, the clock, and what has been done.
private struct World {
    let hypervisor = FakeHypervisor([.fake("web", .off), .fake("db")])
    let store: SQLiteStore
    let scratch: ScratchDirectory
    let clock = HandClock()
    /// How often the effect of a job that is no operation took place.
    let effects = Tally()

    init() throws {
        scratch = try ScratchDirectory()
        store = try SQLiteStore.open(directory: scratch.file("data"), logger: TestCore.quiet)
    }

    /// Runs a host until the body ends or it is killed; gives whether it lived.
    func live(
        _ death: Death, _ body: @Sendable (JobLedger, Inventory, MortalJobs) async throws -> Void
    ) async throws -> Bool {
        let repository = MortalJobs(store, death: death)
        let (bus, access) = (EventBus(), AccessRegistry())
        let inventory = Inventory(
            declarations: [TestCore.node("one", hypervisor)], repository: store, access: access, bus: bus,
            time: clock.source, logger: TestCore.quiet)
        let ledger = JobLedger(
            repository: repository, inventory: inventory, access: access, plugins: SchedulerTable(), bus: bus,
            time: clock.source, limits: JobLimits(), logger: TestCore.quiet)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            do {
                try await inventory.load()
                try await ledger.load()
                group.addTask { try await inventory.run() }
                try await eventually("machines are there") { await inventory.allMachines().count == 2 }
                try await body(ledger, inventory, repository)
                group.cancelAll()
                try? await group.waitForAll()
                return true
            } catch is Killed {
                group.cancelAll()
                try? await group.waitForAll()
                return false
            }
        }
    }

    /// How often an operation took place.
    func count(_ operation: MachineOperation) -> Int {
        hypervisor.requests.count { if case .perform(operation, _) = $0 { true } else { false } }
    }
}

private final class Tally: Sendable {
    private let number = Mutex(0)
    var count: Int { number.withLock { $0 } }
    func add() { number.withLock { $0 += 1 } }
}

extension JobLedger {
    /// Carries out whatever is ready, as a scheduler does.
    fileprivate func work(
        _ inventory: Inventory, _ effects: Tally, _ death: Death = .never, _ repository: MortalJobs? = nil
    ) async throws {
        while let job = try await claim(kinds: nil, by: "scheduler") {
            do {
                _ = try await call(job, on: inventory) {
                    if case .beforeCall = death { try repository?.die() }
                    if let operation = job.operation, let machine = job.machine {
                        try await inventory.perform(operation, on: machine, by: "anna", job: job.id)
                    } else {
                        effects.add()
                    }
                    if case .afterCall = death { try repository?.die() }
                    return "done"
                }
            } catch let error as GatehouseError {
                _ = try await finish(
                    job.id, fence: job.fence, by: "scheduler", outcome: .error, output: nil, message: error.message)
                continue
            }
            _ = try await finish(
                job.id, fence: job.fence, by: "scheduler", outcome: .completed, output: nil, message: nil)
        }
    }
}

@Suite struct JobCrashTests {
    private enum Kind: CaseIterable {
        case start, reset, repeatable, once
    }

    /// Kills a host at some moment of a job's life, starts another one, and gives what became of the job.
    private func outcome(
        _ kind: Kind, _ death: Death, _ check: (World, _ wasAnswered: Bool, Job?) async throws -> Void
    ) async throws {
        let world = try World()
        let answered = Tally()
        let lived = try await world.live(death) { ledger, inventory, repository in
            var job = Job(
                kind: "node.enable", isRepeatable: kind == .repeatable, submitter: JobFixture.anna,
                createdAt: world.clock.now)
            if kind == .start || kind == .reset {
                let name = kind == .start ? "web" : "db"
                job.kind = kind == .start ? "machine.start" : "machine.reset"
                job.machine = await inventory.allMachines().first { $0.snapshot.name == name }?.id
                job.node = job.machine?.node
            }
            _ = try await ledger.submit(job)
            answered.add()
            try await ledger.work(inventory, world.effects, death, repository)
        }
        if case .never = death { #expect(lived) }
        // The next host, and one more after the pauses of what is done again.
        for _ in 0..<3 {
            world.clock.advance(.seconds(60))
            _ = try await world.live(.never) { ledger, inventory, _ in
                await ledger.decide()
                await ledger.tick()
                try await ledger.work(inventory, world.effects)
                for machine in await inventory.allMachines() where machine.operation != nil {
                    let open = await ledger.unfinishedCount
                    #expect(open > 0, "no lock is left behind")
                }
            }
        }
        try await check(world, answered.count > 0, try await world.store.job(JobID(1)))
        try await world.store.close()
    }

    @Test(arguments: Death.all)
    fileprivate func `a start is done, exactly once, whenever the host is killed`(death: Death) async throws {
        try await outcome(.start, death) { world, wasAnswered, job in
            #expect(job != nil || !wasAnswered, "no job is lost that was answered for")
            #expect(job == nil || job?.status == .completed, "\(job?.error ?? "")")
            #expect(world.count(.start) == (job == nil ? 0 : 1))
        }
    }

    @Test(arguments: Death.all)
    fileprivate func `a reset is done once at most, and where that is not known it says so`(death: Death) async throws {
        try await outcome(.reset, death) { world, wasAnswered, job in
            #expect(job != nil || !wasAnswered)
            #expect(world.count(.reset) <= 1)
            if world.count(.reset) == 0 { #expect(job?.status != .completed) }
            #expect(
                job == nil || job?.status == .completed
                    || (job?.status == .error && job?.error?.contains("outcome unknown") == true))
        }
    }

    @Test(arguments: Death.all)
    fileprivate func `what may be repeated is done in the end`(death: Death) async throws {
        try await outcome(.repeatable, death) { world, wasAnswered, job in
            #expect(job != nil || !wasAnswered)
            #expect(job == nil || (job?.status == .completed && world.effects.count >= 1))
        }
    }

    @Test(arguments: Death.all)
    fileprivate func `what may not be repeated is never done twice`(death: Death) async throws {
        try await outcome(.once, death) { world, wasAnswered, job in
            #expect(job != nil || !wasAnswered)
            #expect(world.effects.count <= 1)
            #expect(
                job == nil || job?.status == .completed
                    || (job?.status == .error && job?.error?.contains("outcome unknown") == true))
        }
    }

    @Test func `jobs that wait for others are taken up as they were`() async throws {
        let world = try World()
        _ = try await world.live(.never) { ledger, _, _ in
            let job = { (kind: String) in Job(kind: kind, submitter: JobFixture.anna, createdAt: world.clock.now) }
            let first = try await ledger.submit(job("a"))
            var second = job("b")
            second.dependencies = [first.id]
            _ = try await ledger.submit(second)
            var third = job("c")
            third.notBefore = world.clock.now + 100
            _ = try await ledger.submit(third)
        }
        _ = try await world.live(.never) { ledger, inventory, _ in
            #expect(try await ledger.job(JobID(2)).status == .fetched)
            try await ledger.work(inventory, world.effects)
            #expect(try await ledger.job(JobID(2)).status == .completed)
            #expect(try await ledger.job(JobID(3)).status == .inserted)
        }
        world.clock.advance(.seconds(100))
        _ = try await world.live(.never) { ledger, inventory, _ in
            await ledger.tick()
            try await ledger.work(inventory, world.effects)
            #expect(try await ledger.job(JobID(3)).status == .completed)
        }
        #expect(world.effects.count == 3)
        try await world.store.close()
    }

    @Test func `a machine is locked again while its node is asked what became of a job`() async throws {
        let world = try World()
        _ = try await world.live(.afterCall) { ledger, inventory, repository in
            var job = Job(kind: "machine.start", submitter: JobFixture.anna, createdAt: world.clock.now)
            job.machine = await inventory.allMachines().first { $0.snapshot.name == "web" }?.id
            _ = try await ledger.submit(job)
            try await ledger.work(inventory, world.effects, .afterCall, repository)
        }
        _ = try await world.live(.never) { ledger, inventory, _ in
            let job = try await ledger.job(JobID(1))
            let machine = try #require(job.machine)
            #expect(job.status == .executing)
            await expect(.machineLocked) { try await inventory.perform(.powerOff, on: machine, by: "bert") }
            await ledger.decide()
            #expect(try await ledger.job(JobID(1)).status == .completed)
            try await inventory.perform(.powerOff, on: machine, by: "bert")
        }
        try await world.store.close()
    }
}
