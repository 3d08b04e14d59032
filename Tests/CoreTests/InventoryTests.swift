// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct InventoryTests {
    private func run(
        _ hypervisors: FakeHypervisor..., machines: Int, directory: ScratchDirectory? = nil,
        clock: HandClock = HandClock(), _ body: @Sendable (TestCore) async throws -> Void
    ) async throws {
        let nodes = hypervisors.enumerated().map { TestCore.node("n\($0.offset + 1)", $0.element) }
        try await TestCore.run(nodes: nodes, clock: clock, directory: directory) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == machines }
            try await body(test)
        }
    }

    private func expectCount(_ count: Int, _ test: TestCore) async throws {
        try await eventually("there are \(count) machines") { await test.core.inventory.allMachines().count == count }
    }

    @Test func `machines are listed by name, and changes are followed`() async throws {
        let hypervisor = FakeHypervisor([.fake("b"), .fake("a", .off)])
        try await run(hypervisor, machines: 2) { test in
            #expect(await test.core.inventory.allMachines().map(\.snapshot.name) == ["a", "b"])
            var changed = try await test.machine("a").snapshot
            #expect(try await test.machine("a").since == nil, "since before Gatehouse started")
            changed.state = .running
            test.clock.advance(.seconds(60))
            hypervisor.put(changed)
            try await eventually("it runs") { try await test.machine("a").snapshot.state == .running }
            #expect(try await test.machine("a").since == test.clock.now)
            hypervisor.put(.fake("c"))
            try await expectCount(3, test)
            hypervisor.remove(changed.uuid)
            try await expectCount(2, test)
            #expect(await test.core.inventory.allMachines().map(\.snapshot.name) == ["b", "c"])
        }
    }

    @Test func `what is gone when a node comes back is removed`() async throws {
        let hypervisor = FakeHypervisor([.fake("a"), .fake("b")])
        try await run(hypervisor, machines: 2) { test in
            let gone = try await test.machine("a")
            let subscription = try test.core.bus.subscribe()
            hypervisor.disconnect("cable")
            hypervisor.remove(gone.id.uuid)
            hypervisor.reconnect()
            try await expectCount(1, test)
            test.core.bus.close()
            var removals: [CoreEvent] = []
            for await event in subscription.events {
                if case .machineRemoved = event { removals.append(event) }
            }
            #expect(removals == [.machineRemoved(gone.id, address: gone.id.uuid.uuidString.lowercased())])
        }
    }

    @Test func `while a node can not be reached its machines stay, in an unknown state`() async throws {
        let hypervisor = FakeHypervisor([.fake("a")])
        try await run(hypervisor, machines: 1) { test in
            let id = try await test.machine("a").id
            hypervisor.disconnect("cable")
            try await eventually("it is unknown") { try await test.machine("a").snapshot.state == .unknown }
            let error = await expect(.nodeUnreachable) {
                try await test.core.inventory.perform(.start, on: id, by: "anna")
            }
            #expect(error?.message.contains("cable") == true)
            hypervisor.reconnect()
            try await eventually("it is known") { try await test.machine("a").snapshot.state == .running }
        }
    }

    @Test func `a node that is switched off lists nothing and is not connected, and comes back`() async throws {
        let hypervisor = FakeHypervisor([.fake("a")])
        try await run(hypervisor, machines: 1) { test in
            let id = try await test.machine("a").id
            for _ in 0..<3 {
                try await test.core.inventory.setNode(id.node, enabled: false)
                #expect(await test.core.inventory.allMachines().isEmpty)
                #expect(await test.core.inventory.node(id.node)?.state == .disabled)
                await expect(.nodeUnreachable) { try await test.core.inventory.hypervisor(of: id) }
                await expect(.nodeUnreachable, { try await eventuallyUnreachable(hypervisor, id.uuid) })
                try await test.core.inventory.setNode(id.node, enabled: true)
                try await expectCount(1, test)
            }
            await expect(.notFound) { try await test.core.inventory.setNode(NodeID(99), enabled: true) }
        }
    }

    private func eventuallyUnreachable(_ hypervisor: FakeHypervisor, _ uuid: UUID) async throws {
        for _ in 0..<5000 {
            _ = try await hypervisor.machine(uuid)
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test func `switching a node off and on in one breath connects it anew`() async throws {
        let hypervisor = FakeHypervisor([.fake("a")])
        try await run(hypervisor, machines: 1) { test in
            let id = try await test.machine("a").id
            for _ in 0..<20 {
                try await test.core.inventory.setNode(id.node, enabled: false)
                try await test.core.inventory.setNode(id.node, enabled: true)
            }
            try await expectCount(1, test)
            hypervisor.put(.fake("b"))
            try await expectCount(2, test)
        }
    }

    @Test func `a node stays switched off over a restart`() async throws {
        let (directory, clock) = (try ScratchDirectory(), HandClock())
        try await run(FakeHypervisor([.fake("a")]), machines: 1, directory: directory, clock: clock) { test in
            try await test.core.inventory.setNode(try await test.machine("a").id.node, enabled: false)
        }
        try await run(FakeHypervisor([.fake("a")]), machines: 0, directory: directory, clock: clock) { test in
            #expect(await test.core.inventory.allNodes().map(\.state) == [.disabled])
        }
    }

    @Test func `notes stay with the machine over a restart`() async throws {
        let (directory, clock, machine) = (try ScratchDirectory(), HandClock(), MachineSnapshot.fake("a"))
        try await run(FakeHypervisor([machine]), machines: 1, directory: directory, clock: clock) { test in
            let id = try await test.machine("a").id
            _ = try await test.core.inventory.setNotes("the web server", of: id)
            await expect(.invalidParameters) {
                try await test.core.inventory.setNotes(String(repeating: "ä", count: 5001), of: id)
            }
        }
        try await run(FakeHypervisor([machine]), machines: 1, directory: directory, clock: clock) { test in
            let machine = try await test.machine("a")
            #expect(machine.record.notes == "the web server")
        }
    }
}

@Suite struct DuplicateTests {
    private func run(
        _ first: FakeHypervisor, _ second: FakeHypervisor, _ body: @Sendable (TestCore) async throws -> Void
    ) async throws {
        try await TestCore.run(nodes: [TestCore.node("n1", first), TestCore.node("n2", second)], body)
    }

    @Test func `a second machine of a UUID is flagged, and addressed with its node`() async throws {
        let (uuid, first, second) = (UUID(), FakeHypervisor([]), FakeHypervisor([]))
        try await run(first, second) { test in
            first.put(.fake("elder", uuid: uuid))
            try await eventually("the elder is there") { await test.core.inventory.allMachines().count == 1 }
            let elder = try await test.machine("elder").id
            let anna = try await test.someone("anna")
            try await test.grant(.owner, on: elder, to: anna)
            _ = try await test.core.inventory.setNotes("old", of: elder)
            second.put(.fake("twin", uuid: uuid))
            try await eventually("the twin is there") { await test.core.inventory.allMachines().count == 2 }
            let twin = try await test.machine("twin")
            #expect(twin.record.isDuplicate && twin.record.notes.isEmpty)
            #expect(twin.address.description == "\(uuid.uuidString.lowercased())@n2")
            #expect(test.core.access.level(of: anna, on: twin.id) == .none, "it inherits no right")
            #expect(try await !test.machine("elder").record.isDuplicate)
            #expect(await test.core.inventory.resolve(MachineAddress(uuid: uuid)) == elder)
            #expect(await test.core.inventory.resolve(MachineAddress(uuid: uuid, node: "n1")) == elder)
            #expect(await test.core.inventory.resolve(MachineAddress(uuid: uuid, node: "n2")) == twin.id)
            #expect(await test.core.inventory.resolve(MachineAddress(uuid: uuid, node: "n3")) == nil)
        }
    }

    @Test func `the bare UUID never comes to mean the twin, even when the elder is gone`() async throws {
        let (uuid, first, second) = (UUID(), FakeHypervisor([]), FakeHypervisor([]))
        try await run(first, second) { test in
            first.put(.fake("elder", uuid: uuid))
            try await eventually("the elder is there") { await test.core.inventory.allMachines().count == 1 }
            second.put(.fake("twin", uuid: uuid))
            try await eventually("the twin is there") { await test.core.inventory.allMachines().count == 2 }
            first.remove(uuid)
            try await eventually("the elder is gone") { await test.core.inventory.allMachines().count == 1 }
            second.put(.fake("twin", .paused, uuid: uuid))
            try await eventually("it is paused") { try await test.machine("twin").snapshot.state == .paused }
            #expect(await test.core.inventory.resolve(MachineAddress(uuid: uuid)) == nil)
        }
    }
}

/// A node with one machine, on which an operation takes until it is let go.
private final class SlowHypervisor: Hypervisor {
    let uuid = UUID()
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    var isAtWork: Bool { waiting.withLock { $0 != nil } }
    func letGo() { waiting.withLock { $0.take() }?.resume() }

    func run(events: @escaping @Sendable (HypervisorEvent) async -> Void) async throws {
        let facts = NodeFacts(hypervisor: "SLOW", version: "1", hostname: "h", cpus: 1, memoryKiB: 1)
        await events(.node(.online(facts)))
        await events(.inventory([.fake("slow", uuid: uuid)]))
        try await Task.sleep(for: .seconds(3600))
    }

    func machine(_ uuid: UUID) async throws -> MachineSnapshot { .fake("slow", .paused, uuid: uuid) }

    func perform(_ operation: MachineOperation, on uuid: UUID) async throws {
        await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
        if operation == .reset { throw GatehouseError(.hypervisorFailed, "no") }
    }

    func openConsole(_ type: ConsoleType, on uuid: UUID, force: Bool) async throws -> ConsoleSource {
        throw GatehouseError(.consoleUnreachable, "no")
    }

    func details() async throws -> NodeDetails { throw GatehouseError(.unsupported, "no") }
    func vncPassword(of uuid: UUID) async throws -> String? { nil }
    func modify(_ uuid: UUID, _ change: MachineChange) async throws {}
    func screenshot(of uuid: UUID) async throws -> Screenshot? { nil }
    func sendKeys(_ keys: [KeyName], to uuid: UUID) async throws {}
    func sample() async throws -> NodeSample { throw GatehouseError(.unsupported, "no") }
    func statistics(of uuid: UUID) async throws -> MachineStatistics { throw GatehouseError(.unsupported, "no") }
}

@Suite struct OperationTests {
    @Test(arguments: [MachineOperation.pause, .reset])
    func `one thing happens to a machine at a time`(operation: MachineOperation) async throws {
        let hypervisor = SlowHypervisor()
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            let id = try await test.machine("slow").id
            async let first: Void = test.core.inventory.perform(operation, on: id, by: "anna")
            try await eventually("it is at work") { hypervisor.isAtWork }
            #expect(try await test.machine("slow").operation?.by == "anna")
            let error = await expect(.machineLocked) {
                try await test.core.inventory.perform(.start, on: id, by: "bert")
            }
            #expect(error?.message.contains("anna") == true)
            #expect(error?.details["operation"] == .string(operation.rawValue))
            hypervisor.letGo()
            let result: Void? = try? await first
            #expect((result == nil) == (operation == .reset))
            #expect(try await test.machine("slow").operation == nil, "also after a failure")
            #expect(try await test.machine("slow").snapshot.state == .paused, "what the node says now")
        }
    }

    @Test func `what is kept after an operation is what the node would report`() async throws {
        let hypervisor = FakeHypervisor([.fake("a", .off)])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            try await test.core.inventory.perform(.start, on: try await test.machine("a").id, by: "anna")
            let kept = try await test.machine("a").snapshot
            #expect(kept.state == .running && kept.disks == nil && kept.interfaces == nil)
        }
    }

    @Test func `an operation that ends after its node was switched off brings no machine back`() async throws {
        let hypervisor = SlowHypervisor()
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            let id = try await test.machine("slow").id
            async let first: Void = test.core.inventory.perform(.pause, on: id, by: "anna")
            try await eventually("it is at work") { hypervisor.isAtWork }
            try await test.core.inventory.setNode(id.node, enabled: false)
            hypervisor.letGo()
            try await first
            #expect(await test.core.inventory.allMachines().isEmpty)
        }
    }
}
