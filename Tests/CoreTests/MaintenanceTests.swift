// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

/// A core with a scheduler and with nodes of fakes, which are called n1, n2 and so on.
struct MaintenanceFixture: Sendable {
    let test: TestCore
    let ids: [NodeID]

    static let anna = MaintenanceActor(name: "anna")

    static func run(
        _ hypervisors: [FakeHypervisor], machines: Int, directory: ScratchDirectory? = nil,
        shutdown: Duration = .milliseconds(200), patience: Duration = .seconds(5),
        _ body: @Sendable (MaintenanceFixture) async throws -> Void
    ) async throws {
        var limits = CoreLimits()
        limits.maintenance.pause = .milliseconds(10)
        limits.maintenance.shutdown = shutdown
        limits.maintenance.patience = patience
        let nodes = hypervisors.enumerated().map { TestCore.node("n\($0.offset + 1)", $0.element) }
        try await TestCore.run(nodes: nodes, limits: limits, directory: directory, plugins: SchedulerTable()) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == machines }
            let ids = await test.core.inventory.allNodes().map(\.record.id)
            try await body(MaintenanceFixture(test: test, ids: ids))
        }
    }

    var maintenance: Maintenance { test.core.maintenance }

    func enter(_ node: Int = 0, _ policy: MaintenancePolicy = .migrate) async throws {
        try await maintenance.enter(ids[node], policy: policy, by: Self.anna)
    }

    func leave(_ node: Int = 0, bringsBack: Bool = false) async throws {
        try await maintenance.leave(ids[node], bringsBack: bringsBack, by: Self.anna)
    }

    func kept(_ node: Int = 0) async -> NodeMaintenance? { await test.core.inventory.node(ids[node])?.maintenance }

    /// Where a machine is and what it does, as the inventory has it in a moment.
    func expect(_ name: String, on node: Int, _ state: MachineState) async throws {
        try await eventually("\(name) is \(state) on n\(node + 1)") {
            let machine = try? await test.machine(name)
            return machine?.id.node == ids[node] && machine?.snapshot.state == state
        }
    }
}

@Suite struct MaintenanceTests {
    @Test func `machines that run move to the node with the most memory, and all others stay`() async throws {
        let small = NodeFacts(hypervisor: "FAKE", version: "1", hostname: "small", cpus: 1, memoryKiB: 1_000_000)
        let hypervisors = [
            FakeHypervisor([.fake("web"), .fake("paused", .paused), .fake("off", .off)]),
            FakeHypervisor([.fake("mail")], facts: small), FakeHypervisor(),
        ]
        try await MaintenanceFixture.run(hypervisors, machines: 4) { fixture in
            let subscription = try fixture.test.core.bus.subscribe()
            try await fixture.enter()
            try await fixture.expect("web", on: 2, .running)
            try await fixture.expect("paused", on: 2, .paused)
            try await fixture.expect("off", on: 0, .off)
            let kept = try #require(await fixture.kept())
            #expect(kept.by == "anna" && kept.policy == .migrate && kept.phase == .entered)
            #expect(kept.machines.map(\.name).sorted() == ["paused", "web"])
            #expect(kept.machines.allSatisfy { $0.deed == .moved && $0.destination == fixture.ids[2] })
            fixture.test.core.bus.close()
            var changes = 0
            for await event in subscription.events where event == .nodeChanged(fixture.ids[0]) { changes += 1 }
            #expect(changes == 2, "it was told when it began and when it had come to rest")
        }
    }

    @Test func `a machine that moves stays the same: notes, rights, address, jobs`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            let core = fixture.test.core
            let before = try await fixture.test.machine("web")
            let admin = try await fixture.test.someone("admin")
            try await fixture.test.grant(.admin, on: before.id, to: admin)
            _ = try await core.inventory.setNotes("Ours.", of: before.id)
            var job = Job(kind: "machine.reboot", submitter: JobSubmitter(user: nil, name: "x"), createdAt: Date())
            (job.machine, job.node) = (before.id, before.id.node)
            let submitted = try await core.jobs.submit(job)
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
            let after = try await fixture.test.machine("web")
            #expect(after.address == before.address && after.record.notes == "Ours." && !after.record.isDuplicate)
            #expect(core.access.level(of: admin, on: after.id) == .admin)
            #expect(core.access.level(of: admin, on: before.id) == .none)
            #expect(await core.inventory.resolve(before.address) == after.id)
            #expect(try await core.jobs.job(submitted.id).machine == after.id)
            #expect(try await core.jobs.jobs(JobFilter(machine: after.id)).jobs.map(\.id) == [submitted.id])
            try await fixture.leave()
            try await fixture.expect("web", on: 1, .running)
            #expect(await fixture.kept() == nil)
        }
    }

    @Test func `what moved comes back where that is asked for`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            let before = try await fixture.test.machine("web")
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
            try await fixture.leave(bringsBack: true)
            try await fixture.expect("web", on: 0, .running)
            #expect(try await fixture.test.machine("web").address == before.address)
        }
    }

    @Test func `what can not move is saved, what can not be saved is paused, and leaving brings both back`()
        async throws
    {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor()]
        hypervisors[1].refuseMoves(GatehouseError(.hypervisorFailed, "The disk is not there."))
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            try await fixture.enter()
            try await fixture.expect("web", on: 0, .saved)
            #expect(await fixture.kept()?.machines.map(\.deed) == [.saved])
            try await fixture.leave()
            try await fixture.expect("web", on: 0, .running)
            hypervisors[0].refuseSaving(GatehouseError(.hypervisorFailed, "The disk is full."))
            try await fixture.enter()
            try await fixture.expect("web", on: 0, .paused)
            #expect(await fixture.kept()?.machines.map(\.deed) == [.paused])
            try await fixture.leave()
            try await fixture.expect("web", on: 0, .running)
        }
    }

    @Test func `a machine that was paused before is not woken by leaving`() async throws {
        try await MaintenanceFixture.run([FakeHypervisor([.fake("a", .paused), .fake("b")])], machines: 2) { fixture in
            try await fixture.enter(0, .pause)
            try await fixture.expect("b", on: 0, .paused)
            #expect(await fixture.kept()?.machines.map(\.name) == ["b"])
            try await fixture.leave()
            try await fixture.expect("b", on: 0, .running)
            try await fixture.expect("a", on: 0, .paused)
        }
    }

    @Test func `guests are shut down and started again; who does not obey is named and loses nothing`() async throws {
        let hypervisor = FakeHypervisor([.fake("good"), .fake("deaf")])
        try await MaintenanceFixture.run([hypervisor], machines: 2) { fixture in
            hypervisor.ignoreShutdown(of: try await fixture.test.machine("deaf").id.uuid)
            let error = await expect(.hypervisorFailed) { try await fixture.enter(0, .shutdown) }
            #expect(error?.message.contains("deaf") == true && error?.message.contains("good") == false)
            try await fixture.expect("good", on: 0, .off)
            try await fixture.expect("deaf", on: 0, .running)
            #expect(await fixture.kept()?.phase == .entering, "it stays in maintenance")
            try await fixture.enter(0, .save)
            try await fixture.expect("deaf", on: 0, .saved)
            #expect(await fixture.kept()?.phase == .entered)
            try await fixture.leave()
            try await fixture.expect("good", on: 0, .running)
            try await fixture.expect("deaf", on: 0, .running)
        }
    }

    @Test func `while a node is in maintenance nothing is started there, and nothing moves there`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web"), .fake("off", .off)]), FakeHypervisor([.fake("mail")])]
        try await MaintenanceFixture.run(hypervisors, machines: 3) { fixture in
            try await fixture.enter(0, .pause)
            let inventory = fixture.test.core.inventory
            for (name, operation) in [("off", MachineOperation.start), ("web", .resume)] {
                let id = try await fixture.test.machine(name).id
                let error = await expect(.conflict) { try await inventory.perform(operation, on: id, by: "x") }
                #expect(error?.message.contains("maintenance") == true)
            }
            await expect(.conflict) { try await fixture.enter() }
            await expect(.conflict) { try await fixture.leave(1) }
            try await fixture.enter(1)
            try await fixture.expect("mail", on: 1, .saved)
            #expect(!hypervisors[1].requests.contains { if case .migrate = $0 { true } else { false } })
            try await fixture.leave(0)
            try await fixture.leave(1)
            try await inventory.perform(.start, on: try await fixture.test.machine("off").id, by: "x")
        }
    }

    @Test func `a maintenance outlives the host, and its machines come back after it`() async throws {
        let directory = try ScratchDirectory()
        let machine = MachineSnapshot.fake("web")
        let hypervisor = FakeHypervisor([machine])
        try await MaintenanceFixture.run([hypervisor], machines: 1, directory: directory) { fixture in
            try await fixture.enter(0, .save)
        }
        try await MaintenanceFixture.run([hypervisor], machines: 1, directory: directory) { fixture in
            let kept = try #require(await fixture.kept())
            #expect(kept.policy == .save && kept.phase == .entered && kept.machines.map(\.deed) == [.saved])
            await expect(.conflict) {
                try await fixture.test.core.inventory.perform(
                    .start, on: MachineID(node: fixture.ids[0], uuid: machine.uuid), by: "x")
            }
            try await fixture.leave()
            try await fixture.expect("web", on: 0, .running)
        }
    }

    @Test func `a cancelled job stops at the machine that moves, which stays, and leaving undoes the rest`()
        async throws
    {
        let hypervisors = [FakeHypervisor([.fake("a"), .fake("b")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 2) { fixture in
            let jobs = fixture.test.core.jobs
            let submitter = JobSubmitter(user: nil, name: "anna")
            let kind = "node.enterMaintenance"
            _ = try await jobs.submit(Job(kind: kind, isRepeatable: true, submitter: submitter, createdAt: Date()))
            let job = try #require(try await jobs.claim(kinds: nil, by: "scheduler"))
            hypervisors[1].duringMoves {
                guard await jobs.isCancelRequested(job.id) == false else { return }
                _ = try await jobs.cancel(job.id, by: "anna")
                try await Task.sleep(for: .seconds(30))
            }
            let (maintenance, node) = (fixture.maintenance, fixture.ids[0])
            await expect(.timeout) {
                _ = try await jobs.call(job, on: fixture.test.core.inventory) {
                    try await maintenance.enter(node, policy: .migrate, by: .init(name: "anna", job: job.id))
                    return .null
                }
            }
            let ended = try await jobs.finish(
                job.id, fence: job.fence, by: "scheduler", outcome: .retry, output: nil, message: "It was given up.")
            #expect(ended.status == .cancelled)
            try await fixture.expect("a", on: 0, .running)
            try await fixture.expect("b", on: 0, .running)
            let kept = try #require(await fixture.kept())
            #expect(kept.machines == [] && kept.phase == .entering)
            let lines = try await jobs.events(of: job.id).map(\.message)
            #expect(lines.contains("a moves to n2."))
            try await fixture.leave()
            #expect(await fixture.kept() == nil)
        }
    }

    @Test func `a list of consoles has no maintenance, and a node that is away can not enter it`() async throws {
        let hypervisor = FakeHypervisor([.fake("web")])
        let nodes = [
            TestCore.node("n1", hypervisor),
            NodeDeclaration(
                name: "list", kind: .static, uri: nil, hypervisor: StaticHypervisor(name: "list", machines: [])),
        ]
        try await TestCore.run(nodes: nodes) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            let list = try #require(await test.core.inventory.node(named: "list")).record.id
            let actor = MaintenanceFixture.anna
            await expect(.unsupported) {
                try await test.core.maintenance.enter(list, policy: .save, by: actor)
            }
            await expect(.notFound) {
                try await test.core.maintenance.enter(NodeID(99), policy: .save, by: actor)
            }
            hypervisor.disconnect("cable")
            let node = try #require(await test.core.inventory.node(named: "n1")).record.id
            try await eventually("it is away") {
                if case .unreachable = await test.core.inventory.node(node)?.state { true } else { false }
            }
            await expect(.nodeUnreachable) {
                try await test.core.maintenance.enter(node, policy: .save, by: actor)
            }
            #expect(await test.core.inventory.node(node)?.maintenance == nil)
        }
    }
}
