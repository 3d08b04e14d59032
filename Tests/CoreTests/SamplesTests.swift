// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct SamplesTests {
    @Test func `a report is kept with the sum of its machines' traffic, and everybody hears of it`() async throws {
        try await SampleFixture.run { fixture in
            let subscription = try fixture.core.bus.subscribe()
            #expect(try await fixture.append(machines: [("web", 10), ("db", 20), (nil, 40)]))
            var events = subscription.events.makeAsyncIterator()
            #expect(await events.next() == .sampleAdded(fixture.node))
            let history = try await fixture.history(.node(fixture.node))
            #expect(history.map(\.traffic.diskRead) == [30], "a machine that the node does not have does not count")
            let web = try await fixture.test.machine("web")
            #expect(try await fixture.history(.machine(web.id)).map(\.cpuPercent) == [10])
        }
    }

    @Test func `the same report twice is kept once`() async throws {
        try await SampleFixture.run { fixture in
            try await fixture.append()
            #expect(try await fixture.append() == false)
            fixture.test.clock.advance(.seconds(10))
            #expect(try await fixture.append())
            #expect(try await fixture.history(.node(fixture.node)).count == 2)
        }
    }

    @Test func `the order of time outlives a restart`() async throws {
        let clock = HandClock()
        let directory = try ScratchDirectory()
        try await SampleFixture.run(clock: clock, directory: directory) { _ = try await $0.append() }
        try await SampleFixture.run(clock: clock, directory: directory) { fixture in
            let isKept = try await fixture.append()
            #expect(!isKept)
            await expect(.conflict) { try await fixture.append(at: clock.now - 30) }
        }
    }

    @Test func `a clock that was ahead leaves nothing in the way`() async throws {
        try await SampleFixture.run { fixture in
            try await fixture.append()
            fixture.test.clock.advance(.seconds(3600))
            try await fixture.append()
            fixture.test.clock.advance(.seconds(-3500))
            #expect(try await fixture.append())
            #expect(try await fixture.history(.node(fixture.node)).map(\.at).last == fixture.test.clock.now)
        }
    }

    @Test func `a sample has what the node tells and what is known of the machine`() async throws {
        try await SampleFixture.run { fixture in
            fixture.hypervisor.put(.fake("saved", .saved))
            try await eventually("it is there") {
                (try? await fixture.test.machine("saved"))?.snapshot.state == .saved
            }
            let saved = try await fixture.test.machine("saved").id.uuid
            fixture.hypervisor.setSample(machines: [MachineCounters(uuid: saved, state: .off)])
            let sample = try await fixture.core.samples.take(from: fixture.node)
            #expect(
                sample.machines.count == 3 && sample.machines.allSatisfy { $0.vcpus == 1 && $0.memoryKiB == 524_288 })
            #expect(sample.machines.first { $0.uuid == saved }?.state == .saved)
            await expect(.notFound) { try await fixture.core.samples.take(from: NodeID(99)) }
            fixture.hypervisor.disconnect("gone")
            try await eventually("it is away") {
                if case .unreachable = await fixture.core.inventory.node(fixture.node)?.state { true } else { false }
            }
            await expect(.nodeUnreachable) { try await fixture.core.samples.take(from: fixture.node) }
        }
    }

    @Test func `what a machine computes is told from the second look on`() async throws {
        try await SampleFixture.run { fixture in
            let web = try await fixture.test.machine("web").id
            func look(after seconds: Double, nanoseconds: Int64?) async throws -> Double? {
                fixture.test.clock.advance(.seconds(seconds))
                var counters = MachineCounters(uuid: web.uuid, state: .running)
                (counters.cpuNanoseconds, counters.vcpus) = (nanoseconds, 2)
                fixture.hypervisor.setSample(machines: [counters])
                return try await fixture.core.samples.statistics(of: web).cpuPercent
            }
            #expect(try await look(after: 0, nanoseconds: 1_000_000_000) == nil)
            #expect(try await look(after: 10, nanoseconds: 6_000_000_000) == 25)
            #expect(try await look(after: 0.25, nanoseconds: 6_200_000_000) == 25, "too soon to say anything new")
            #expect(try await look(after: 9.75, nanoseconds: 46_000_000_000) == 100)
            #expect(try await look(after: 10, nanoseconds: 5) == nil, "it was started anew")
            #expect(try await look(after: 301, nanoseconds: 10) == nil, "too long ago")
            #expect(try await look(after: 5, nanoseconds: nil) == nil)
        }
    }
}

/// A core with one node that has the machines web and db.
struct SampleFixture: Sendable {
    let test: TestCore
    let hypervisor: FakeHypervisor
    let node: NodeID
    var core: CoreServices { test.core }

    static func run(
        clock: HandClock = HandClock(), directory: ScratchDirectory? = nil,
        _ body: @Sendable (SampleFixture) async throws -> Void
    ) async throws {
        let uuids = ["11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"]
        let machines = zip(["web", "db"], uuids).map { name, uuid in
            MachineSnapshot.fake(name, uuid: UUID(uuidString: uuid) ?? UUID())
        }
        let hypervisor = FakeHypervisor(machines)
        let nodes = [TestCore.node("n1", hypervisor)]
        try await TestCore.run(nodes: nodes, clock: clock, directory: directory) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == 2 }
            let node = try #require(await test.core.inventory.node(named: "n1")).record.id
            try await body(SampleFixture(test: test, hypervisor: hypervisor, node: node))
        }
    }

    /// Appends a report of now, in which each machine has the given percentage and traffic; nil is a stranger.
    @discardableResult
    func append(
        at date: Date? = nil, cpu: Double? = nil, memory: Double? = nil, machines: [(name: String?, value: Double)] = []
    ) async throws -> Bool {
        var host = HostFigures()
        (host.cpuPercent, host.memoryPercent) = (cpu, memory)
        var figures: [MachineFigures] = []
        for (name, value) in machines {
            var machine = MachineFigures(uuid: UUID())
            if let name { machine.uuid = try await test.machine(name).id.uuid }
            machine.cpuPercent = value
            machine.traffic.diskRead = value
            figures.append(machine)
        }
        return try await core.samples.append(
            NodeReport(node: node, at: date ?? test.clock.now, host: host, machines: figures))
    }

    /// The last hour.
    func history(_ subject: SampleSubject) async throws -> [SamplePoint] {
        try await core.samples.history(of: subject, from: nil, to: nil, resolution: nil).points
    }

    /// Appends the same report again and again, ten seconds apart.
    func keepAppending(
        _ count: Int, cpu: Double? = nil, memory: Double? = nil, machines: [(name: String?, value: Double)] = []
    ) async throws {
        for _ in 0..<count {
            test.clock.advance(.seconds(10))
            try await append(cpu: cpu, memory: memory, machines: machines)
        }
    }
}
