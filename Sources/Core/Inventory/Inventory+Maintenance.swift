// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

/// Another node that could take a machine.
struct MigrationTarget: Sendable {
    let node: NodeID
    let name: String
    let hypervisor: any Hypervisor
    /// The memory that its running machines leave, in KiB.
    let freeKiB: Int
}

extension Inventory {
    /// Refuses new work on a node in maintenance.
    ///
    /// - Throws: `conflict`, saying what to do.
    package func admitWork(on id: NodeID) throws {
        guard let node = nodes[id], node.maintenance != nil else { return }
        throw GatehouseError(
            .conflict,
            "Node \(node.record.name) is in maintenance and takes no new work; use another node, or have it leave "
                + "maintenance (node.leaveMaintenance).")
    }

    // MARK: What is kept of a maintenance

    /// The maintenance of a node.
    func maintenance(of id: NodeID) -> NodeMaintenance? { nodes[id]?.maintenance }

    /// What the maintenance of a machine's node has done with the machine.
    func maintained(_ id: MachineID) -> MaintainedMachine? {
        nodes[id.node]?.maintenance?.machines.first { $0.uuid == id.uuid }
    }

    /// Begins a maintenance, or changes one but for its machines.
    func keep(_ maintenance: NodeMaintenance) async throws {
        try await repository.saveMaintenance(maintenance)
        let machines = nodes[maintenance.node]?.maintenance?.machines ?? []
        nodes[maintenance.node]?.maintenance = maintenance
        nodes[maintenance.node]?.maintenance?.machines = machines
        bus.publish(.nodeChanged(maintenance.node))
    }

    /// Notes what is done with a machine, before it is done.
    func keep(_ machine: MaintainedMachine, of id: NodeID) async throws {
        try await repository.saveMaintained(machine, of: id)
        forget(machine.uuid, of: id)
        nodes[id]?.maintenance?.machines.append(machine)
    }

    /// Forgets what was to be done with a machine, or was undone.
    func removeMaintained(_ uuid: UUID, of id: NodeID) async throws {
        try await repository.removeMaintained(uuid, of: id)
        forget(uuid, of: id)
    }

    /// Ends a maintenance.
    func removeMaintenance(of id: NodeID) async throws {
        try await repository.removeMaintenance(of: id)
        nodes[id]?.maintenance = nil
        bus.publish(.nodeChanged(id))
    }

    private func forget(_ uuid: UUID, of id: NodeID) {
        nodes[id]?.maintenance?.machines.removeAll { $0.uuid == uuid }
    }

    // MARK: What is on a node

    /// Every machine of a node that runs or that something is being done to, by name.
    ///
    /// - Throws: `nodeUnreachable`, also where the node has not told its machines yet.
    func unrest(on id: NodeID) throws -> [MachineEntry] {
        _ = try hypervisor(on: id)
        guard nodes[id]?.hasReported == true else {
            throw GatehouseError(.nodeUnreachable, "The node has not told its machines yet; try again in a moment.")
        }
        return present.keys.filter { $0.node == id }.compactMap { machine($0) }
            .filter { $0.snapshot.state.isActive || $0.operation != nil }
            .sorted { ($0.snapshot.name, $0.id.uuid.uuidString) < ($1.snapshot.name, $1.id.uuid.uuidString) }
    }

    /// Whether a machine is on its way to a node.
    func awaitsMachine(_ id: NodeID) -> Bool { coming.contains { $0.node == id } }

    /// The nodes that could take a machine, the one with the most free memory first.
    func targets(for machine: MachineSnapshot, from id: NodeID) -> [MigrationTarget] {
        guard case .online(let own)? = nodes[id]?.state else { return [] }
        let needed = machine.memoryKiB ?? 0
        return nodes.values.compactMap { node -> MigrationTarget? in
            let other = node.record.id
            guard other != id, node.record.kind == .libvirt, node.maintenance == nil,
                case .online(let facts) = node.state, facts.hypervisor == own.hypervisor,
                // Two names of one host tell the same machines.
                present[MachineID(node: other, uuid: machine.uuid)] == nil
            else { return nil }
            let used = present.filter { $0.key.node == other && $0.value.snapshot.state.isActive }
                .reduce(0) { $0 + ($1.value.snapshot.memoryKiB ?? 0) }
            guard facts.memoryKiB - used >= needed else { return nil }
            return MigrationTarget(
                node: other, name: node.record.name, hypervisor: node.hypervisor, freeKiB: facts.memoryKiB - used)
        }.sorted { ($1.freeKiB, $0.name) < ($0.freeKiB, $1.name) }
    }

    // MARK: Machines that change their node

    /// Notes that a machine is on its way, or not any more.
    func expect(_ id: MachineID, _ isComing: Bool) {
        if isComing { coming.insert(id) } else { coming.remove(id) }
    }

    /// Makes a machine one of another node, to which it has moved: with its notes, privileges, alerts and jobs.
    ///
    /// - Parameters:
    ///   - snapshot: the machine as its new node has it.
    ///   - reloadRights: has rights worked out anew, once they are kept under the new node.
    func moveMachine(
        _ id: MachineID, to node: NodeID, as snapshot: MachineSnapshot, reloadRights: @Sendable () async throws -> Void
    ) async throws {
        try await repository.moveMachine(id, to: node)
        let address = machine(id)?.address.description
        let new = MachineID(node: node, uuid: id.uuid)
        if var record = records.removeValue(forKey: id) {
            (record.id, records[new]) = (new, nil)
            records[new] = record
        }
        present[id] = nil
        if let address { bus.publish(.machineRemoved(id, address: address)) }
        try await reloadRights()
        coming.remove(new)
        await note(snapshot.brief, on: node)
    }

    /// The moves from or to a node in maintenance that have ended on the nodes, but are not kept.
    func incompleteMoves(of id: NodeID) -> [(machine: MachineID, node: NodeID, snapshot: MachineSnapshot)] {
        (nodes[id]?.maintenance?.machines ?? []).flatMap { machine in
            guard let other = machine.destination else { return [(MachineID, NodeID)]() }
            return [(MachineID(node: id, uuid: machine.uuid), other), (MachineID(node: other, uuid: machine.uuid), id)]
        }.compactMap { old, node in
            guard records[old] != nil, present[old] == nil, nodes[old.node]?.hasReported == true,
                let new = present[MachineID(node: node, uuid: old.uuid)]
            else { return nil }
            return (old, node, new.snapshot)
        }
    }
}
