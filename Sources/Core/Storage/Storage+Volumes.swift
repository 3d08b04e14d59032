// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

/// A volume as a caller asks for it; what is nil is up to the pool.
package struct VolumeOrder: Sendable {
    /// Its name.
    package var name: String
    /// How large a guest sees it.
    package var capacityBytes: Int64
    /// Its format.
    package var format: VolumeFormat?
    /// When its place is taken.
    package var allocation: VolumeAllocation?

    /// Orders a volume.
    package init(
        name: String, capacityBytes: Int64, format: VolumeFormat? = nil, allocation: VolumeAllocation? = nil
    ) {
        self.name = name
        self.capacityBytes = capacityBytes
        self.format = format
        self.allocation = allocation
    }
}

/// Who does something that holds machines' locks.
package struct StorageActor: Sendable {
    /// The name.
    package var name: String
    /// The job that does it, where one does.
    package var job: JobID?

    /// Names somebody.
    package init(name: String, job: JobID? = nil) {
        self.name = name
        self.job = job
    }
}

extension Storage {
    /// Makes an empty volume: qcow2 where volumes are files and nothing else was asked for.
    ///
    /// - Throws: `unsupported` for a pool in which Gatehouse makes none, `conflict` for a name that is taken,
    ///   `invalidParameters`.
    package func createVolume(_ order: VolumeOrder, in record: PoolRecord) async throws -> VolumeEntry {
        try StorageRules.checkName(order.name)
        guard StorageRules.sizes.contains(order.capacityBytes) else {
            throw GatehouseError.invalidParameter("capacityBytes", "A volume has 1 MiB to 64 TiB.")
        }
        let pool = try await changeable(record)
        let volume = try Self.fitted(order, to: pool.snapshot)
        let name = VolumeName(pool: pool.snapshot.name, name: order.name)
        return try await holding(.init(changing: [.volume(record.node, name)])) {
            let hypervisor = try await inventory.hypervisor(on: record.node)
            _ = try await making([name], on: record.node) {
                try await begin(name, on: record.node) {
                    try await hypervisor.createVolume(volume, in: name.pool, backing: nil)
                }
            }
            return try await entry(name, in: record)
        }
    }

    /// Deletes a volume that nothing uses.
    ///
    /// - Throws: `conflict`, naming what uses it; `nodeUnreachable` where another node that may have it can not
    ///   be asked.
    package func deleteVolume(_ volume: VolumeRecord, in record: PoolRecord) async throws {
        let pool = try await changeable(record)
        let name = VolumeName(pool: pool.snapshot.name, name: volume.name)
        try await deleteUnused(name, on: record.node)
        try await repository.forgetVolume(volume.id)
    }

    /// Copies a volume within its pool, or makes one that holds the differences from it.
    ///
    /// - Throws: `conflict` where a machine that runs, or for a linked one any machine, may write to it meanwhile.
    package func cloneVolume(
        _ volume: VolumeRecord, in record: PoolRecord, to newName: String, linked: Bool, by actor: StorageActor
    ) async throws -> VolumeEntry {
        try StorageRules.checkName(newName)
        let pool = try await changeable(record)
        let source = VolumeName(pool: pool.snapshot.name, name: volume.name)
        let target = VolumeName(pool: pool.snapshot.name, name: newName)
        let claim = StorageHolds.Claim(
            reading: [.volume(record.node, source)], changing: [.volume(record.node, target)])
        return try await holding(claim) {
            let use = try await use(of: record.node)
            guard let snapshot = use.volumes[source] else {
                throw GatehouseError(.notFound, "The pool has this volume no longer.")
            }
            let order = try Self.clone(of: snapshot, named: newName, linked: linked, in: pool.snapshot)
            let users = use.use(of: source, at: snapshot.path)
            let writers = users.writers.map { use.machine($0, on: record.node) }
            if linked { try use.elsewhere.checkAnswered(at: snapshot.path) }
            try await checkWriters(writers, of: volume.name, users, linked: linked)
            let hypervisor = try await inventory.hypervisor(on: record.node)
            try await inventory.whileLocked(writers, for: "clone", by: actor.name, job: actor.job) {
                try await self.making([target], on: record.node) {
                    _ = try await self.begin(target, on: record.node) {
                        linked
                            ? try await hypervisor.createVolume(order, in: source.pool, backing: source)
                            : try await hypervisor.copyVolume(source, to: order, in: source.pool)
                    }
                }
            }
            return try await entry(target, in: record)
        }
    }

    private func checkWriters(
        _ writers: [MachineID], of name: String, _ users: VolumeUse, linked: Bool
    ) async throws {
        if linked, let writer = writers.first {
            throw GatehouseError(
                .conflict,
                "\(name) is written to by \(users.words(for: writer.uuid)), which would spoil whatever stands on it; make "
                    + "a full clone.")
        }
        for writer in writers where await inventory.machine(writer)?.snapshot.state.isActive == true {
            throw GatehouseError(
                .conflict,
                "\(name) is written to by \(users.words(for: writer.uuid)), which is running; power it off first."
            )
        }
    }

    /// Deletes a volume of that name where nothing uses it.
    func deleteUnused(_ name: VolumeName, on node: NodeID) async throws {
        try await holding(.init(changing: [.volume(node, name)])) {
            let use = try await use(of: node)
            guard let snapshot = use.volumes[name] else {
                throw GatehouseError(.notFound, "The pool has this volume no longer.")
            }
            if let obstacle = use.use(of: name, at: snapshot.path).obstacle(name.name) { throw obstacle }
            try use.elsewhere.checkAnswered(at: snapshot.path)
            try await inventory.hypervisor(on: node).deleteVolume(name)
        }
    }

    /// The pool of a record, if Gatehouse makes and deletes volumes in it.
    private func changeable(_ record: PoolRecord) async throws -> PoolEntry {
        let pool = try await pool(record)
        guard pool.snapshot.isActive else {
            throw GatehouseError(.conflict, "The pool \(pool.snapshot.name) is not active; start it on its node first.")
        }
        guard pool.snapshot.allowsNewVolumes else {
            throw GatehouseError(
                .unsupported, "Gatehouse makes and deletes volumes in directories and volume groups only.")
        }
        return pool
    }

    private func entry(_ name: VolumeName, in record: PoolRecord) async throws -> VolumeEntry {
        guard let entry = try await volumes(of: record).first(where: { $0.snapshot.name == name.name }) else {
            throw GatehouseError(.hypervisorFailed, "The volume was made, but the node does not list it.")
        }
        return entry
    }
}

// MARK: - What fits

extension Storage {
    /// The volume as the pool can have it.
    private static func fitted(_ order: VolumeOrder, to pool: PoolSnapshot) throws -> NewVolume {
        guard pool.holdsFiles else {
            guard order.format != .qcow2 else {
                throw GatehouseError.invalidParameter("format", "Volumes of this pool are raw.")
            }
            guard order.allocation != .sparse else {
                throw GatehouseError.invalidParameter("allocation", "Volumes of this pool take their place at once.")
            }
            return NewVolume(
                name: order.name, capacityBytes: order.capacityBytes, format: nil, allocation: .preallocated)
        }
        let format = order.format ?? (order.allocation == .preallocated ? .raw : .qcow2)
        guard format == .raw || order.allocation != .preallocated else {
            throw GatehouseError.invalidParameter(
                "allocation", "A qcow2 volume grows as the guest writes; choose raw to have its place taken at once.")
        }
        return NewVolume(
            name: order.name, capacityBytes: order.capacityBytes, format: format,
            allocation: order.allocation ?? .sparse)
    }

    /// A volume for the content of another one, or for the differences from it.
    static func clone(
        of volume: VolumeSnapshot, named name: String, linked: Bool, in pool: PoolSnapshot
    ) throws -> NewVolume {
        guard pool.holdsFiles else {
            guard !linked else {
                throw GatehouseError.invalidParameter(
                    "linked", "Volumes of \(pool.name) are no files and can not be linked; make a full clone.")
            }
            return NewVolume(
                name: name, capacityBytes: volume.capacityBytes, format: nil, allocation: .preallocated)
        }
        let known = VolumeFormat(rawValue: volume.format ?? "raw")
        guard !linked || known != nil else {
            throw GatehouseError.invalidParameter(
                "linked", "A volume in the format \(volume.format ?? "") can not be linked; make a full clone.")
        }
        let format = linked ? .qcow2 : known ?? .qcow2
        let isFull = format == .raw && volume.allocatedBytes >= volume.capacityBytes
        return NewVolume(
            name: name, capacityBytes: volume.capacityBytes, format: format,
            allocation: isFull ? .preallocated : .sparse)
    }
}
