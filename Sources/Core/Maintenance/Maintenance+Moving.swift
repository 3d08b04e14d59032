// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

extension Maintenance {
    /// Moves a machine to the first node that takes it.
    ///
    /// - Throws: why the last one did not; `conflict` where there is none; `MaintenanceDoubt` where it may have moved,
    ///   and then no other node is tried.
    nonisolated func moveAway(
        _ id: MachineID, _ snapshot: MachineSnapshot, _ hypervisor: any Hypervisor, _ actor: MaintenanceActor
    ) async throws {
        var refusal = GatehouseError(.conflict, "No other node of its kind is online and has the memory for it.")
        for target in await inventory.targets(for: snapshot, from: id.node).prefix(limits.targets) {
            do {
                try await inventory.admitWork(on: target.node)
                _ = try await inventory.hypervisor(on: target.node)
                let note = MaintainedMachine(
                    uuid: id.uuid, name: snapshot.name, deed: .moved, destination: target.node)
                return try await noting(note, of: id.node) {
                    await tell(actor, "\(snapshot.name) moves to \(target.name).")
                    try await move(id, to: target.node, target.hypervisor, from: hypervisor, isNewWork: true, actor)
                }
            } catch let error as GatehouseError {
                refusal = error
            }
        }
        throw refusal
    }

    /// Moves a machine, and all that is kept of it, to another node.
    ///
    /// - Parameter isNewWork: whether a node in maintenance refuses it; a machine that comes home is none.
    /// - Throws: why it did not move; `MaintenanceDoubt` where it has moved, or may have.
    nonisolated func move(
        _ id: MachineID, to node: NodeID, _ target: any Hypervisor, from hypervisor: any Hypervisor,
        isNewWork: Bool, _ actor: MaintenanceActor
    ) async throws {
        let new = MachineID(node: node, uuid: id.uuid)
        try await inventory.whileLocked([new], for: "maintenance", by: actor.name) {
            await self.inventory.expect(new, true)
            var hasMoved = false
            do {
                // From here on a maintenance of that node waits for the machine; one that began before is seen now.
                if isNewWork { try await self.inventory.admitWork(on: node) }
                try await self.migrate(id.uuid, from: hypervisor, to: target, actor)
                hasMoved = true
                let snapshot = try await target.machine(id.uuid)
                try await self.inventory.moveMachine(id, to: node, as: snapshot) {
                    try await self.accounts.machineMoved()
                }
                await self.jobs.machineMoved(id, to: node)
            } catch {
                await self.inventory.expect(new, false)
                throw hasMoved ? MaintenanceDoubt.moved(error) : MaintenanceDoubt.weigh(error)
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
                    // The migration alone says how it ended, also where this task is cancelled.
                    while !(await self.isCancelled(actor)), (try? await Task.sleep(for: self.limits.pause)) != nil {}
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
            let moved = try? await target.machine(uuid)
            guard moved?.state.isActive == true, await isGone(uuid, from: hypervisor) else { throw error }
        }
    }

    /// Whether a machine certainly does not run on a node.
    private nonisolated func isGone(_ uuid: UUID, from hypervisor: any Hypervisor) async -> Bool {
        do {
            return try await !hypervisor.machine(uuid).state.isActive
        } catch {
            return (error as? GatehouseError)?.code == .notFound
        }
    }
}

/// Something was done with a machine, or may have been, and could not be followed to its end.
///
/// Its note stays, and nothing else is tried with the machine; taking up the maintenance again looks at it anew.
struct MaintenanceDoubt: Error {
    /// What went wrong.
    let reason: GatehouseError

    /// The error as it is where nothing was done; else the doubt.
    static func weigh(_ error: any Error) -> any Error {
        guard let error = error as? GatehouseError, !error.isWithoutEffect else { return error }
        return MaintenanceDoubt(reason: error)
    }

    /// A machine has moved, and then something failed.
    static func moved(_ error: any Error) -> MaintenanceDoubt {
        let error = error as? GatehouseError
        return MaintenanceDoubt(
            reason: GatehouseError(
                error?.isWithoutEffect == false ? error?.code ?? .internal : .internal,
                "It has moved, but that could not be noted: \(error?.message ?? "it was given up").",
                cause: error?.cause))
    }
}
