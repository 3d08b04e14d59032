// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

extension FakeHypervisor {
    /// Sets when changes of the disks of machines that run count.
    package func setDiskOutcome(_ outcome: DeviceOutcome) { state.withLock { $0.storage.diskOutcome = outcome } }

    /// What a machine has at its next start.
    static func storedDisks(of machine: MachineSnapshot, _ state: State) -> [MachineDisk] {
        let shown = machine.disks ?? []
        return machine.state.isActive ? state.storage.storedDisks[machine.uuid] ?? shown : shown
    }

    /// Adds a disk to a machine.
    package func attachDisk(_ disk: NewMachineDisk, to uuid: UUID) async throws -> DeviceOutcome {
        try withMachine(uuid) { state, machine in
            let stored = Self.storedDisks(of: machine, state)
            let isWaiting = machine.state.isActive && (disk.waits || state.storage.diskOutcome == .pending)
            let present = stored + (isWaiting ? [] : machine.disks ?? [])
            guard !present.contains(where: { $0.target == disk.target }) else {
                throw GatehouseError(.conflict, "The machine has a disk of that name already.")
            }
            let made = MachineDisk(
                target: disk.target, device: "disk", source: disk.path, bus: disk.bus.rawValue,
                format: disk.format.rawValue, readOnly: disk.isReadOnly)
            if disk.isShareable { state.storage.shareable.insert(disk.path) }
            if machine.state.isActive { state.storage.storedDisks[uuid] = stored + [made] }
            if !isWaiting { machine.disks = (machine.disks ?? []) + [made] }
            return isWaiting ? .pending : .done
        }
    }

    /// Removes a disk from a machine.
    package func detachDisk(_ target: String, from uuid: UUID) async throws -> DeviceOutcome {
        try withMachine(uuid) { state, machine in
            let stored = Self.storedDisks(of: machine, state)
            let live = machine.disks ?? []
            guard (stored + live).contains(where: { $0.target == target }) else {
                throw GatehouseError.diskNotFound
            }
            let isActive = machine.state.isActive
            if isActive { state.storage.storedDisks[uuid] = stored.filter { $0.target != target } }
            guard !isActive || state.storage.diskOutcome == .done else {
                return live.contains { $0.target == target } ? .pending : .done
            }
            machine.disks = live.filter { $0.target != target }
            return .done
        }
    }
}
