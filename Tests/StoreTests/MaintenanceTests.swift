// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct MaintenanceTests {
    @Test func `a maintenance and what was done with machines outlive a start, until they are removed`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let nodes = [try await store.node("one"), try await store.node("two")]
        var maintenance = NodeMaintenance(node: nodes[0], since: noon, by: "anna", policy: .migrate)
        try await store.saveMaintenance(maintenance)
        maintenance.phase = .entered
        maintenance.job = JobID(7)
        try await store.saveMaintenance(maintenance)
        let moved = MaintainedMachine(uuid: UUID(), name: "b", deed: .moved, destination: nodes[1])
        var other = MaintainedMachine(uuid: UUID(), name: "a", deed: .saved)
        for machine in [moved, other] { try await store.saveMaintained(machine, of: nodes[0]) }
        other.deed = .paused
        try await store.saveMaintained(other, of: nodes[0])
        await expect(.notFound) { try await store.saveMaintained(moved, of: nodes[1]) }
        try await store.close()
        let later = try scratch.open()
        maintenance.machines = [other, moved]
        maintenance.since = noon.kept
        #expect(try await later.maintenances() == [maintenance])
        try await later.removeMaintained(other.uuid, of: nodes[0])
        #expect(try await later.maintenances().first?.machines == [moved])
        try await later.removeMaintenance(of: nodes[0])
        #expect(try await later.maintenances() == [])
        try await later.close()
    }

    @Test func `a machine becomes another node's with notes and privileges, and what was there of it is gone`()
        async throws
    {
        try await withStore { store in
            let nodes = [try await store.node("one"), try await store.node("two")]
            let uuid = UUID()
            let (old, new) = (MachineID(node: nodes[0], uuid: uuid), MachineID(node: nodes[1], uuid: uuid))
            try await store.upsertMachines([
                MachineRecord(id: old, name: "web", notes: "Ours.", lastSeenAt: noon.kept),
                MachineRecord(id: new, name: "web", notes: "Old.", isDuplicate: true, lastSeenAt: noon.kept),
            ])
            let users = [try await store.user("anna"), try await store.user("ben")]
            _ = try await store.grantPrivilege(to: .user(users[0].id), on: .machine(old), level: .admin)
            _ = try await store.grantPrivilege(to: .user(users[1].id), on: .machine(new), level: .owner)
            try await store.moveMachine(old, to: nodes[1])
            let kept = try await store.machines()
            #expect(kept == [MachineRecord(id: new, name: "web", notes: "Ours.", lastSeenAt: noon.kept)])
            let privileges = try await store.accessTable().privileges
            #expect(privileges.map(\.target) == [.machine(new)] && privileges.map(\.level) == [.admin])
            await expect(.notFound) { try await store.moveMachine(old, to: nodes[1]) }
            #expect(try await store.machines() == kept, "nothing has come of it")
        }
    }
}
