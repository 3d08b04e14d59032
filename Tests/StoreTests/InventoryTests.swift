// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct InventoryTests {
    @Test func `a node keeps its number and its switch while it is declared`() async throws {
        try await withStore { store in
            let first = try await store.declareNodes([(name: "a", kind: .libvirt), (name: "b", kind: .static)])
            #expect(first.map(\.name) == ["a", "b"] && first.map(\.isEnabled) == [true, true])
            try await store.setNode(first[0].id, enabled: false)
            let second = try await store.declareNodes([
                (name: "c", kind: .libvirt), (name: "A", kind: .static), (name: "b", kind: .static),
            ])
            #expect(second.map(\.name) == ["c", "A", "b"])
            #expect(second[1] == NodeRecord(id: first[0].id, name: "A", kind: .static, isEnabled: false))
            #expect(second[2] == first[1])
        }
    }

    @Test func `a node that is not declared any more keeps its machines and privileges`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let node = try await store.node("a")
            let machine = try await store.machine("web", on: node)
            _ = try await store.grantPrivilege(to: .user(ada.id), on: .machine(machine), level: .admin)
            #expect(try await store.declareNodes([]).isEmpty)
            #expect(try await store.machines().map(\.id) == [machine])
            #expect(try await store.accessTable().privileges.count == 1)
            #expect(try await store.node("a") == node)
        }
    }

    @Test func `an unknown node or machine is not found`() async throws {
        try await withStore { store in
            await expect(.notFound) { try await store.setNode(NodeID(5), enabled: true) }
            let id = MachineID(node: NodeID(5), uuid: UUID())
            #expect(await failure { try await store.setNotes("x", of: id) } == .machineNotFound)
            await expect(.notFound) {
                try await store.upsertMachines([MachineRecord(id: id, name: "x", lastSeenAt: noon)])
            }
        }
    }

    @Test func `seeing a machine again keeps its notes`() async throws {
        try await withStore { store in
            let node = try await store.node("a")
            let id = try await store.machine("web", on: node)
            try await store.setNotes("important \u{1F600}", of: id)
            let seen = MachineRecord(id: id, name: "web2", notes: "", isDuplicate: true, lastSeenAt: noon + 9)
            try await store.upsertMachines([seen])
            var expected = seen
            expected.notes = "important \u{1F600}"
            expected.lastSeenAt = (noon + 9).kept
            #expect(try await store.machines() == [expected])
        }
    }

    @Test func `a UUID may be on two nodes`() async throws {
        try await withStore { store in
            let id = try await store.machine("web", on: try await store.node("a"))
            let twin = MachineID(node: try await store.node("b"), uuid: id.uuid)
            try await store.upsertMachines([MachineRecord(id: twin, name: "web", isDuplicate: true, lastSeenAt: noon)])
            #expect(try await store.machines().map(\.isDuplicate) == [false, true])
        }
    }

    @Test func `old machines are forgotten with their privileges and locks`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let node = try await store.node("a")
            let old = try await store.machine("old", on: node, seen: noon - 100)
            let new = try await store.machine("new", on: node)
            for machine in [old, new] {
                _ = try await store.grantPrivilege(to: .user(ada.id), on: .machine(machine), level: .admin)
                _ = try await store.insertLock(
                    machine: machine, type: .text, user: ada.id, session: SessionID("s"), since: noon, address: "")
            }
            #expect(try await store.forgetMachines(notSeenSince: noon) == 1)
            #expect(try await store.forgetMachines(notSeenSince: noon) == 0)
            #expect(try await store.machines().map(\.id) == [new])
            #expect(try await store.accessTable().privileges.map(\.target) == [.machine(new)])
            #expect(try await store.locks().map(\.machine) == [new])
        }
    }

    @Test func `ten thousand machines are kept at once or not at all`() async throws {
        try await withStore { store in
            let node = try await store.node("a")
            let many = (0..<10_000).map { number in
                MachineRecord(id: MachineID(node: node, uuid: UUID()), name: "m\(number)", lastSeenAt: noon)
            }
            let broken = MachineRecord(id: MachineID(node: NodeID(9), uuid: UUID()), name: "x", lastSeenAt: noon)
            await expect(.notFound) { try await store.upsertMachines(many + [broken]) }
            #expect(try await store.machines().isEmpty)
            try await store.upsertMachines(many)
            #expect(try await store.machines().count == 10_000)
        }
    }
}
