// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
package import Model

/// A machine that is to be made.
package struct MachineOrder: Sendable {
    /// What it is made after.
    package var template: Template
    /// Its name.
    package var name: String
    /// Whether its disks hold only the differences from the template's.
    package var isLinked: Bool

    /// Orders a machine.
    package init(template: Template, name: String, isLinked: Bool) {
        self.template = template
        self.name = name
        self.isLinked = isLinked
    }
}

/// What became of the volumes of a machine that was deleted.
package struct MachineRemains: Sendable, Equatable {
    /// Those that were deleted with it.
    package var deleted: [VolumeName] = []
    /// Those that are still there: used by others, or not to be deleted.
    package var kept: [VolumeName] = []
}

extension Storage {
    /// Makes a machine after a template on the template's node, with a UUID, addresses and disks of its own; it is
    /// not started.
    ///
    /// Where anything fails, its disks are deleted again.
    /// - Throws: `conflict` for a name that is taken, and while the node is in maintenance.
    package func createMachine(_ order: MachineOrder) async throws -> MachineEntry {
        try StorageRules.checkName(order.name)
        let (template, node) = (order.template, order.template.node)
        try await inventory.admitWork(on: node)
        let claim = StorageHolds.Claim(
            reading: [.template(template.id)], changing: [.machineName(node, order.name)])
        return try await holding(claim) {
            let isTaken = await inventory.allMachines().contains {
                $0.id.node == node && $0.snapshot.name == order.name
            }
            guard !isTaken else {
                throw GatehouseError(.conflict, "The node has a machine of that name; choose another name.")
            }
            let disks = try await disks(of: order)
            let uuid = UUID()
            try await networks.withFreeAddresses(template.definition.interfaces.count, on: node) { macs in
                try await self.making(disks, on: node, linked: order.isLinked) { volumes in
                    try await self.define(order, uuid: uuid, macs: macs, volumes, pools: disks.map(\.pool))
                }
            }
            return try await inventory.takeUp(MachineID(node: node, uuid: uuid))
        }
    }

    private func disks(of order: MachineOrder) async throws -> [DiskCopy] {
        let (template, node) = (order.template, order.template.node)
        let pools = try await pools(of: node).map(\.snapshot)
        let volumes = template.volumes.isEmpty ? [:] : try await use(of: node).volumes
        return try template.volumes.map { volume in
            guard let pool = pools.first(where: { $0.name == volume.volume.pool }),
                let snapshot = volumes[volume.volume]
            else {
                throw GatehouseError(
                    .conflict,
                    "The template's volume \(volume.volume.name) is not in the pool \(volume.volume.pool) now; see "
                        + "that the pool is active, or make the template anew.")
            }
            return DiskCopy(
                target: volume.target, source: volume.volume, snapshot: snapshot, pool: pool, prefix: order.name)
        }
    }

    private func define(
        _ order: MachineOrder, uuid: UUID, macs: [MACAddress], _ volumes: [Template.Volume], pools: [PoolSnapshot]
    ) async throws {
        var disks: [String: MachineCopy.Disk] = [:]
        for (volume, pool) in zip(volumes, pools) {
            disks[volume.target] = MachineCopy.Disk(
                path: volume.path, format: volume.format, isDevice: !pool.holdsFiles)
        }
        try await inventory.hypervisor(on: order.template.node).define(
            MachineCopy(uuid: uuid, name: order.name, macs: macs.map(\.description), disks: disks),
            of: order.template.definition.text)
    }

    /// Deletes a machine that is off, and with it those of its own disks that nothing else uses.
    ///
    /// A volume that can not be deleted is told among those that were kept.
    /// - Throws: `conflict` while the machine is running.
    package func deleteMachine(
        _ id: MachineID, withVolumes: Bool, by actor: StorageActor
    ) async throws -> MachineRemains {
        try await inventory.whileLocked([id], for: "delete", by: actor.name, job: actor.job) {
            let hypervisor = try await self.inventory.hypervisor(of: id)
            let state = try await hypervisor.machine(id.uuid).state
            guard !state.isActive else {
                throw GatehouseError(.conflict, "The machine is \(state.rawValue); power it off first.")
            }
            var names: [VolumeName] = []
            if withVolumes {
                let own = try await hypervisor.definition(of: id.uuid).disks.filter(\.isOwn)
                let use = try await self.use(of: id.node)
                names = own.compactMap { use.volume(of: $0)?.name }
            }
            try await hypervisor.undefine(id.uuid)
            await self.inventory.remove(id)
            return await self.deleteVolumes(names, on: id.node)
        }
    }

    private func deleteVolumes(_ names: [VolumeName], on node: NodeID) async -> MachineRemains {
        var remains = MachineRemains()
        for name in names {
            do {
                try await deleteUnused(name, on: node)
                remains.deleted.append(name)
            } catch {
                logger.info("volume was kept", metadata: ["volume": "\(name.name)", "reason": "\(error)"])
                remains.kept.append(name)
            }
        }
        return remains
    }
}
