// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

extension Maintenance {
    /// Moves a machine to the first node that takes it.
    ///
    /// - Throws: why the last one did not; `conflict` where there is none.
    nonisolated func moveAway(
        _ id: MachineID, _ snapshot: MachineSnapshot, _ hypervisor: any Hypervisor, _ actor: MaintenanceActor
    ) async throws {
        var refusal = GatehouseError(.conflict, "No other node of its kind is online and has the memory for it.")
        for target in await inventory.targets(for: snapshot, from: id.node).prefix(limits.targets) {
            do {
                try await inventory.admitWork(on: target.node)
                let note = MaintainedMachine(
                    uuid: id.uuid, name: snapshot.name, deed: .moved, destination: target.node)
                return try await noting(note, of: id.node) {
                    await tell(actor, "\(snapshot.name) moves to \(target.name).")
                    try await move(id, to: target.node, target.hypervisor, from: hypervisor, actor)
                }
            } catch let error as GatehouseError {
                refusal = error
            }
        }
        throw refusal
    }

    /// Moves a machine, and all that is kept of it, to another node.
    nonisolated func move(
        _ id: MachineID, to node: NodeID, _ target: any Hypervisor, from hypervisor: any Hypervisor,
        _ actor: MaintenanceActor
    ) async throws {
        let new = MachineID(node: node, uuid: id.uuid)
        try await inventory.whileLocked([new], for: "maintenance", by: actor.name) {
            await self.inventory.expect(new, true)
            do {
                try await self.migrate(id.uuid, from: hypervisor, to: target, actor)
                let snapshot = try await target.machine(id.uuid)
                try await self.inventory.moveMachine(id, to: node, as: snapshot) {
                    try await self.accounts.machineMoved()
                }
                await self.jobs.machineMoved(id, to: node)
            } catch {
                await self.inventory.expect(new, false)
                throw error
            }
        }
    }

    /// Has the node migrate, until that has ended or the job is cancelled.
    private nonisolated func migrate(
        _ uuid: UUID, from hypervisor: any Hypervisor, to target: any Hypervisor, _ actor: MaintenanceActor
    ) async throws {
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask(name: "migration of \(uuid)") {
                    try await hypervisor.migrate(uuid, to: target) { percent in
                        await self.tell(actor, "\(percent) % of its memory has moved.", isLine: false)
                    }
                    return true
                }
                group.addTask(name: "cancel of a migration") {
                    while !(await self.isCancelled(actor)) { try await Task.sleep(for: self.limits.pause) }
                    return false
                }
                defer { group.cancelAll() }
                while let isOver = try await group.next() {
                    if isOver { return }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {
            throw MaintenanceCancel()
        } catch let error as GatehouseError where error.code == .timeout {
            // Whether it has moved all the same is for both nodes to say.
            if try await isGone(uuid, from: hypervisor), try await target.machine(uuid).state.isActive { return }
            throw error
        }
    }

    private nonisolated func isGone(_ uuid: UUID, from hypervisor: any Hypervisor) async throws -> Bool {
        do {
            return try await !hypervisor.machine(uuid).state.isActive
        } catch let error as GatehouseError where error.code == .notFound {
            return true
        }
    }
}
