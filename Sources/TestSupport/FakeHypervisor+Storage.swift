// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// The storage of a node in memory.
struct FakeStorage: Sendable {
    var pools: [String: PoolSnapshot] = [:]
    var volumes: [VolumeName: VolumeSnapshot] = [:]
    /// The paths that several machines may have at once.
    var shareable: Set<String> = []
    /// What each definition's text stands for, also after its machine is gone.
    var definitions: [String: MachineSnapshot] = [:]
    /// Waits in each copy, for tests of what happens meanwhile.
    var duringCopy: (@Sendable () async -> Void)?
    /// What machines that run have at their next start, where it is not what they have now.
    var storedDisks: [UUID: [MachineDisk]] = [:]
    /// When changes of the disks of machines that run count.
    var diskOutcome = DeviceOutcome.done
    /// Why no machine is defined.
    var refusal: GatehouseError?
}

extension FakeHypervisor {
    // MARK: Telling it what to do

    /// Adds a pool, or changes the one of its name.
    package func put(_ pool: PoolSnapshot) { state.withLock { $0.storage.pools[pool.name] = pool } }

    /// Adds a volume, or changes the one of its name.
    package func put(_ volume: VolumeSnapshot, in pool: String) {
        state.withLock { $0.storage.volumes[VolumeName(pool: pool, name: volume.name)] = volume }
    }

    /// Lets several machines have a disk at once.
    package func share(_ path: String) { state.withLock { _ = $0.storage.shareable.insert(path) } }

    /// Has every copy wait for something.
    package func duringCopies(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.storage.duringCopy = body }
    }

    /// Refuses every definition from now on; nil takes that back.
    package func refuseDefinitions(_ error: GatehouseError?) { state.withLock { $0.storage.refusal = error } }

    /// The names of all volumes of a pool.
    package func volumeNames(in pool: String) -> [String] {
        state.withLock { $0.storage.volumes.keys.filter { $0.pool == pool }.map(\.name).sorted() }
    }

    private func withStorage<Result: Sendable>(_ body: (inout State) throws -> Result) throws -> Result {
        try state.withLock { state in
            if let reason = state.unreachable { throw GatehouseError(.nodeUnreachable, reason) }
            if !state.failures.isEmpty { throw state.failures.removeFirst() }
            return try body(&state)
        }
    }

    // MARK: Pools and volumes

    /// Its pools, each with the number of its volumes.
    package func pools() async throws -> [PoolSnapshot] {
        try withStorage { state in
            state.storage.pools.values.map { pool in
                var pool = pool
                if pool.isActive { pool.volumeCount = state.storage.volumes.keys.count { $0.pool == pool.name } }
                return pool
            }.sorted { $0.name < $1.name }
        }
    }

    /// Does nothing but look whether there is such a pool.
    package func refreshPool(_ name: String) async throws { try withStorage { _ = try Self.pool(name, $0) } }

    /// The volumes of a pool.
    package func volumes(in pool: String) async throws -> [VolumeSnapshot] {
        try withStorage { state in
            guard try Self.pool(pool, state).isActive else { return [] }
            return state.storage.volumes.filter { $0.key.pool == pool }.values.sorted { $0.name < $1.name }
        }
    }

    /// Makes a volume.
    package func createVolume(
        _ volume: NewVolume, in pool: String, backing: VolumeName?
    ) async throws -> VolumeSnapshot {
        try withStorage { state in
            let below = try backing.map { try Self.volume($0, state) }
            return try Self.add(volume, pool, backing: below?.path, &state)
        }
    }

    /// Makes a volume after another one.
    package func copyVolume(
        _ source: VolumeName, to volume: NewVolume, in pool: String
    ) async throws -> VolumeSnapshot {
        await state.withLock { $0.storage.duringCopy }?()
        return try withStorage { state in
            _ = try Self.volume(source, state)
            return try Self.add(volume, pool, backing: nil, &state)
        }
    }

    /// Deletes a volume.
    package func deleteVolume(_ volume: VolumeName) async throws {
        try withStorage { state in
            _ = try Self.volume(volume, state)
            state.storage.volumes[volume] = nil
        }
    }

    private static func pool(_ name: String, _ state: State) throws -> PoolSnapshot {
        guard let pool = state.storage.pools[name] else { throw GatehouseError(.notFound, "There is no such pool.") }
        return pool
    }

    private static func volume(_ name: VolumeName, _ state: State) throws -> VolumeSnapshot {
        _ = try pool(name.pool, state)
        guard let volume = state.storage.volumes[name] else {
            throw GatehouseError(.notFound, "There is no such volume.")
        }
        return volume
    }

    private static func add(
        _ volume: NewVolume, _ pool: String, backing: String?, _ state: inout State
    ) throws -> VolumeSnapshot {
        let name = VolumeName(pool: pool, name: volume.name)
        let path = try Self.pool(pool, state).path ?? "/\(pool)"
        guard state.storage.volumes[name] == nil else {
            throw GatehouseError(.conflict, "There is a volume of that name.")
        }
        let made = VolumeSnapshot(
            name: volume.name, path: "\(path)/\(volume.name)", format: volume.format?.rawValue,
            capacityBytes: volume.capacityBytes,
            allocatedBytes: volume.allocation == .preallocated ? volume.capacityBytes : 0, backingPath: backing)
        state.storage.volumes[name] = made
        return made
    }

    // MARK: Definitions

    /// What its machines have.
    package func attachments() async throws -> [MachineAttachments] {
        try withStorage { state in
            state.machines.map { machine in
                let stored = machine.state.isActive ? state.storage.storedDisks[machine.uuid] ?? [] : []
                let disks = ((machine.disks ?? []) + stored).compactMap { disk in
                    disk.source.map { source in
                        AttachedDisk(
                            paths: [source], isReadOnly: disk.readOnly,
                            isShareable: state.storage.shareable.contains(source))
                    }
                }
                return MachineAttachments(uuid: machine.uuid, disks: disks)
            }
        }
    }

    /// The machine as it is, under a text that stands for it.
    package func definition(of uuid: UUID) async throws -> MachineDefinition {
        try withMachine(uuid) { state, machine in
            let text = "fake:\(uuid)"
            state.storage.definitions[text] = machine
            return MachineDefinition(
                text: text, osType: machine.osType ?? "", architecture: "x86_64", vcpus: machine.vcpus,
                memoryKiB: machine.memoryKiB, maxMemoryKiB: machine.maxMemoryKiB,
                disks: Self.storedDisks(of: machine, state).map { disk in
                    DefinedDisk(
                        target: disk.target, isOwn: disk.device == "disk" && !disk.readOnly, path: disk.source)
                }, interfaces: machine.interfaces ?? [])
        }
    }

    /// Adds a machine after what a text stands for.
    package func define(_ copy: MachineCopy, of definition: String) async throws {
        try withStorage { state in
            if let refusal = state.storage.refusal { throw refusal }
            guard var machine = state.storage.definitions[definition] else {
                throw GatehouseError.invalidParameter("definition", "The definition is not that of a machine.")
            }
            guard !state.machines.contains(where: { $0.uuid == copy.uuid || $0.name == copy.name }) else {
                throw GatehouseError(.conflict, "There is a machine of that name or UUID.")
            }
            (machine.uuid, machine.name, machine.state) = (copy.uuid, copy.name, .off)
            machine.disks = (machine.disks ?? []).map { disk in
                var disk = disk
                if let new = copy.disks[disk.target] { (disk.source, disk.format) = (new.path, new.format) }
                return disk
            }
            machine.interfaces = zip(machine.interfaces ?? [], copy.macs).map { interface, mac in
                var interface = interface
                interface.mac = mac
                return interface
            }
            state.machines.append(machine)
            state.events?.yield(.machine(machine.brief))
        }
    }

    /// Removes a machine that is off.
    package func undefine(_ uuid: UUID) async throws {
        try withMachine(uuid) { _, machine in
            guard !machine.state.isActive else { throw GatehouseError(.conflict, "The machine is running.") }
        }
        remove(uuid)
    }
}
