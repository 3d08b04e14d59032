// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

extension Maintenance {
    /// Has a node take no new work, and brings its running machines to rest.
    ///
    /// Where some machines could not be brought to rest, the node stays in maintenance, and entering again goes on with
    /// them. So it does after a cancel, and after the host ended meanwhile.
    /// - Throws: `conflict` where the node is in maintenance already; `unsupported` for a node that is only consoles;
    ///   `nodeUnreachable`; `hypervisorFailed`, naming the machines that still run.
    package func enter(_ id: NodeID, policy: MaintenancePolicy, by actor: MaintenanceActor) async throws {
        try await alone(id) { node in
            guard node.record.kind == .libvirt else {
                throw GatehouseError(.unsupported, "This node is a list of consoles; nothing on it can be operated.")
            }
            let before = node.maintenance
            switch before?.phase {
            case .entered where actor.job != nil && before?.job == actor.job: return
            case .entered:
                throw GatehouseError(.conflict, "Node \(node.record.name) is in maintenance already.")
            case .leaving:
                throw GatehouseError(
                    .conflict, "Node \(node.record.name) has not left its last maintenance; have it leave that first.")
            case .entering, nil: break
            }
            try await self.awaitReport(of: id)
            try await self.completeMoves(of: id)
            var maintenance = NodeMaintenance(
                node: id, since: before?.since ?? self.time.now(), by: actor.name, policy: policy, job: actor.job)
            try await self.inventory.keep(maintenance)
            try await self.bringToRest(node, policy, actor)
            maintenance.phase = .entered
            try await self.inventory.keep(maintenance)
        }
    }

    /// Brings machines to rest until nothing runs any more; also those that others have started or sent meanwhile.
    private nonisolated func bringToRest(
        _ node: NodeEntry, _ policy: MaintenancePolicy, _ actor: MaintenanceActor
    ) async throws {
        var tried: Set<UUID> = []
        var failures: [MaintenanceFailure] = []
        var end = ContinuousClock.now + limits.patience
        while true {
            try await checkCancel(actor)
            let left = try await inventory.unrest(on: node.record.id).filter { !tried.contains($0.id.uuid) }
            let isAwaiting = await inventory.awaitsMachine(node.record.id)
            if left.isEmpty, !isAwaiting { break }
            guard let machine = left.first(where: { $0.operation == nil }) else {
                // What is being done to them may start them.
                guard ContinuousClock.now < end else {
                    failures += left.map { .init(name: $0.snapshot.name, reason: "something else is done to it") }
                    if isAwaiting { failures.append(.awaited) }
                    break
                }
                try await Task.sleep(for: limits.pause)
                continue
            }
            await tell(
                actor, "Bringing \(machine.snapshot.name) to rest.", done: tried.count, of: tried.count + left.count)
            do {
                try await bringToRest(machine, policy, actor)
            } catch let error as GatehouseError where error.code == .machineLocked {
                continue
            } catch let error as GatehouseError {
                failures.append(.init(name: machine.snapshot.name, reason: error.message))
            } catch let doubt as MaintenanceDoubt {
                failures.append(.init(name: machine.snapshot.name, reason: doubt.reason.message))
            }
            tried.insert(machine.id.uuid)
            end = ContinuousClock.now + limits.patience
        }
        guard failures.isEmpty else {
            throw GatehouseError(
                .hypervisorFailed,
                "Node \(node.record.name) is in maintenance, but still running are: \(MaintenanceFailure.text(failures)). "
                    + "See to them and enter maintenance again, or leave it.")
        }
    }

    /// Tries one thing after the other with a machine, until one of them succeeds.
    private nonisolated func bringToRest(
        _ machine: MachineEntry, _ policy: MaintenancePolicy, _ actor: MaintenanceActor
    ) async throws {
        try await inventory.whileLocked([machine.id], for: "maintenance", by: actor.name) {
            let hypervisor = try await self.inventory.hypervisor(of: machine.id)
            let noted = await self.inventory.maintained(machine.id)?.deed
            var reasons: [String] = []
            for deed in policy.deeds {
                let snapshot = try await hypervisor.machine(machine.id.uuid)
                guard snapshot.state.isActive else { return }
                // An earlier attempt paused it; another note would have it forgotten that leaving is to wake it.
                if noted == .paused, snapshot.state == .paused { return }
                do {
                    try await self.carryOut(deed, machine.id, snapshot, hypervisor, actor)
                    return
                } catch let error as GatehouseError {
                    reasons.append(error.message)
                    await self.tell(actor, "\(snapshot.name): \(error.message)")
                }
            }
            throw GatehouseError(.hypervisorFailed, reasons.joined(separator: " "))
        }
    }

    private nonisolated func carryOut(
        _ deed: MaintenanceDeed, _ id: MachineID, _ snapshot: MachineSnapshot, _ hypervisor: any Hypervisor,
        _ actor: MaintenanceActor
    ) async throws {
        // It rests already, and leaving is not to wake it.
        if deed == .paused, snapshot.state == .paused || snapshot.state == .suspended { return }
        guard deed != .moved else { return try await moveAway(id, snapshot, hypervisor, actor) }
        guard deed != .shutDown || snapshot.persistent != false else {
            throw GatehouseError(.conflict, "It has no stored definition and would be gone.")
        }
        try await noting(MaintainedMachine(uuid: id.uuid, name: snapshot.name, deed: deed), of: id.node) {
            switch deed {
            case .saved: try await hypervisor.perform(.save, on: id.uuid)
            case .paused: try await hypervisor.perform(.pause, on: id.uuid)
            case .shutDown, .moved:
                if snapshot.state != .shutdown { try await hypervisor.perform(.shutdown, on: id.uuid) }
            }
        }
        // The note stays whatever comes: a guest that was asked may still go off, and is to come back.
        if deed == .shutDown { try await waitUntilOff(id, hypervisor, actor) }
    }

    /// Notes what is done with a machine before it is done, and takes that back where it was certainly not done.
    ///
    /// - Throws: what the body throws; `MaintenanceDoubt` where nobody knows what came of it: the note stays, for
    ///   leaving looks at the machine.
    nonisolated func noting(
        _ machine: MaintainedMachine, of node: NodeID, _ body: () async throws -> Void
    ) async throws {
        let earlier = await inventory.maintained(MachineID(node: node, uuid: machine.uuid))
        try await inventory.keep(machine, of: node)
        do {
            try await body()
        } catch {
            let error = MaintenanceDoubt.weigh(error)
            if error is GatehouseError || error is MaintenanceCancel {
                if let earlier {
                    try await inventory.keep(earlier, of: node)
                } else {
                    try await inventory.removeMaintained(machine.uuid, of: node)
                }
            }
            throw error
        }
    }

    private nonisolated func waitUntilOff(
        _ id: MachineID, _ hypervisor: any Hypervisor, _ actor: MaintenanceActor
    ) async throws {
        let end = ContinuousClock.now + limits.shutdown
        while try await hypervisor.machine(id.uuid).state.isActive {
            try await checkCancel(actor)
            guard ContinuousClock.now < end else {
                throw GatehouseError(
                    .conflict,
                    "The guest was asked to shut down and is not off after \(limits.shutdown.components.seconds) s.")
            }
            try await Task.sleep(for: limits.pause)
        }
    }
}
