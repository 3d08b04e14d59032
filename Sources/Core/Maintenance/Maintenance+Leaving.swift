// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

extension Maintenance {
    /// Has a node take work again, and brings back what its maintenance brought to rest on it.
    ///
    /// The node leaves maintenance also where some machines could not be brought back: those are as they were, and can
    /// be started like any other. After a cancel, and after the host ended meanwhile, leaving again goes on.
    /// - Parameters:
    ///   - id: the node.
    ///   - bringsBack: whether machines that moved away come back.
    ///   - actor: who wishes so.
    /// - Throws: `conflict` where the node is not in maintenance; `nodeUnreachable`; `timeout` for a machine that may
    ///   still be coming back; `hypervisorFailed`, naming the machines that could not be brought back.
    package func leave(_ id: NodeID, bringsBack: Bool, by actor: MaintenanceActor) async throws {
        try await alone(id) { node in
            guard var maintenance = node.maintenance else {
                throw GatehouseError(.conflict, "Node \(node.record.name) is not in maintenance.")
            }
            try await self.awaitReport(of: id)
            try await self.completeMoves(of: id)
            (maintenance.phase, maintenance.job) = (.leaving, actor.job)
            try await self.inventory.keep(maintenance)
            var failures: [MaintenanceFailure] = []
            for (done, machine) in maintenance.machines.enumerated() {
                try await self.checkCancel(actor)
                await self.tell(
                    actor, "Bringing \(machine.name) back.", done: done, of: maintenance.machines.count)
                do {
                    try await self.bringBack(machine, of: id, moves: bringsBack, actor)
                } catch let error as GatehouseError where error.code != .nodeUnreachable {
                    failures.append(.init(name: machine.name, reason: error.message))
                } catch let doubt as MaintenanceDoubt {
                    // Leaving again takes up where it is then.
                    throw doubt.reason
                }
                try await self.inventory.removeMaintained(machine.uuid, of: id)
            }
            try await self.inventory.removeMaintenance(of: id)
            guard failures.isEmpty else {
                throw GatehouseError(
                    .hypervisorFailed,
                    "Node \(node.record.name) has left maintenance, but not brought back are: "
                        + "\(MaintenanceFailure.text(failures)). Start them yourself.")
            }
        }
    }

    private nonisolated func bringBack(
        _ machine: MaintainedMachine, of node: NodeID, moves: Bool, _ actor: MaintenanceActor
    ) async throws {
        if machine.deed == .moved {
            if moves { try await moveBack(machine, to: node, actor) }
            return
        }
        let id = MachineID(node: node, uuid: machine.uuid)
        // What was deleted meanwhile is none of ours any more.
        guard await inventory.machine(id) != nil else { return }
        try await waitForLock([id], actor) {
            let hypervisor = try await self.inventory.hypervisor(of: id)
            let state = try await hypervisor.machine(id.uuid).state
            guard let operation = machine.deed.undoing(in: state) else { return }
            try await hypervisor.perform(operation, on: id.uuid)
        }
    }

    private nonisolated func moveBack(
        _ machine: MaintainedMachine, to node: NodeID, _ actor: MaintenanceActor
    ) async throws {
        guard let away = machine.destination else { return }
        let id = MachineID(node: away, uuid: machine.uuid)
        do {
            try await awaitReport(of: away)
        } catch let error as GatehouseError where error.code == .nodeUnreachable {
            let name = await inventory.node(away)?.record.name ?? "it moved to"
            throw GatehouseError(.conflict, "Node \(name), where it is now, is not online.", cause: error.message)
        }
        guard let entry = await inventory.machine(id), entry.snapshot.state.isActive else { return }
        try await waitForLock([id], actor) {
            let hypervisor = try await self.inventory.hypervisor(of: id)
            let home = try await self.inventory.hypervisor(on: node)
            try await self.move(id, to: node, home, from: hypervisor, isNewWork: false, actor)
        }
    }

    /// Does something while holding the locks of machines, once nothing else is done to them.
    private nonisolated func waitForLock(
        _ ids: [MachineID], _ actor: MaintenanceActor, _ body: @Sendable () async throws -> Void
    ) async throws {
        let end = ContinuousClock.now + limits.patience
        while true {
            do {
                return try await inventory.whileLocked(ids, for: "maintenance", by: actor.name, body)
            } catch let error as GatehouseError where error.code == .machineLocked && ContinuousClock.now < end {
                try await checkCancel(actor)
                try await Task.sleep(for: limits.pause)
            }
        }
    }
}

extension MaintenanceDeed {
    /// What brings a machine back that is in that state now; nil where nothing is to be done.
    ///
    /// A machine that was paused and is off has lost its run with its host, and begins anew.
    func undoing(in state: MachineState) -> MachineOperation? {
        switch (self, state) {
        case (.saved, .saved), (.paused, .saved), (.shutDown, .saved): .start
        case (.paused, .off), (.paused, .crashed), (.shutDown, .off), (.shutDown, .crashed): .start
        case (.paused, .paused): .resume
        default: nil
        }
    }
}
