// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

/// What a maintenance keeps of machines where something goes wrong half way.
@Suite struct MaintenanceDoubtTests {
    @Test(arguments: [GatehouseError.Code.timeout, .nodeUnreachable])
    func `a move of which nobody knows what came stays noted, and nothing else is tried`(
        _ code: GatehouseError.Code
    ) async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor(), FakeHypervisor()]
        hypervisors[1].refuseMoves(GatehouseError(code, "The line is dead."))
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            let error = await expect(.hypervisorFailed) { try await fixture.enter() }
            #expect(error?.message.contains("web (The line is dead.)") == true)
            try await fixture.expect("web", on: 0, .running)
            let kept = try #require(await fixture.kept())
            #expect(kept.machines.map(\.deed) == [.moved] && kept.machines.map(\.destination) == [fixture.ids[1]])
            #expect(kept.phase == .entering)
            hypervisors[1].refuseMoves(nil)
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
        }
    }

    @Test func `a machine that has moved is taken up where its new node could not be asked at once`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor(), FakeHypervisor()]
        hypervisors[1].failAfterMoves(.machineNotFound)
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            _ = try await fixture.test.core.inventory.setNotes("Ours.", of: try await fixture.test.machine("web").id)
            let error = await expect(.hypervisorFailed) { try await fixture.enter() }
            #expect(error?.message.contains("It has moved") == true)
            #expect(await fixture.kept()?.machines.map(\.destination) == [fixture.ids[1]])
            hypervisors[1].reconnect()
            try await fixture.expect("web", on: 1, .running)
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
            #expect(try await fixture.test.machine("web").record.notes == "Ours.")
            #expect(await fixture.kept()?.phase == .entered)
        }
    }

    @Test func `what an earlier attempt paused stays so when entering goes on, and is woken by leaving`() async throws {
        let hypervisors = [FakeHypervisor([.fake("a"), .fake("b")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 2) { fixture in
            hypervisors[0].fail(GatehouseError(.hypervisorFailed, "It is not well."))
            await expect(.hypervisorFailed) { try await fixture.enter(0, .pause) }
            try await fixture.expect("b", on: 0, .paused)
            try await fixture.enter()
            try await fixture.expect("a", on: 1, .running)
            try await fixture.expect("b", on: 0, .paused)
            #expect(await fixture.kept()?.machines.first { $0.name == "b" }?.deed == .paused)
            try await fixture.leave()
            try await fixture.expect("b", on: 0, .running)
        }
    }

    @Test func `what was shut down keeps its note where something else is refused after that`() async throws {
        let hypervisor = FakeHypervisor([.fake("deaf")])
        try await MaintenanceFixture.run([hypervisor], machines: 1) { fixture in
            hypervisor.ignoreShutdown(of: try await fixture.test.machine("deaf").id.uuid)
            await expect(.hypervisorFailed) { try await fixture.enter(0, .shutdown) }
            hypervisor.refuseSaving(GatehouseError(.hypervisorFailed, "The disk is full."))
            try await fixture.enter(0, .save)
            try await fixture.expect("deaf", on: 0, .paused)
            #expect(await fixture.kept()?.machines.map(\.deed) == [.paused])
        }
    }

    @Test func `a machine whose other node is away is named when it is to come back`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 1) { fixture in
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
            hypervisors[1].disconnect("cable")
            try await eventually("it is away") {
                let node = await fixture.test.core.inventory.node(fixture.ids[1])
                return if case .unreachable = node?.state { true } else { false }
            }
            let error = await expect(.hypervisorFailed) { try await fixture.leave(bringsBack: true) }
            #expect(error?.message.contains("web (Node n2, where it is now, is not online.)") == true)
            #expect(await fixture.kept() == nil)
        }
    }

    @Test func `a node to which a machine is still moving has not come to rest`() async throws {
        let hypervisors = [FakeHypervisor([.fake("web")]), FakeHypervisor()]
        try await MaintenanceFixture.run(hypervisors, machines: 1, patience: .milliseconds(100)) { fixture in
            hypervisors[1].duringMoves {
                let error = await expect(.hypervisorFailed) { try await fixture.enter(1, .pause) }
                #expect(error?.message.contains("on its way") == true)
            }
            try await fixture.enter()
            try await fixture.expect("web", on: 1, .running)
            #expect(await fixture.kept(1)?.phase == .entering)
            try await fixture.enter(1, .pause)
            try await fixture.expect("web", on: 1, .paused)
        }
    }
}
