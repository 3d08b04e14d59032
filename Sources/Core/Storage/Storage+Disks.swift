// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

/// A disk as a caller asks for it; what is nil is chosen.
package struct DiskOrder: Sendable {
    /// What is to be behind it.
    package enum Source: Sendable {
        /// A volume.
        case volume(VolumeRecord, PoolRecord)
        /// Whatever is at a path of the node, in that format where it is no volume.
        case path(String, VolumeFormat)

        /// What stands for it where it is no volume of a pool.
        fileprivate var name: VolumeName {
            switch self {
            case .volume(let volume, _): VolumeName(pool: "", name: volume.name)
            case .path(let path, _): VolumeName(pool: "", name: path)
            }
        }
    }

    /// What is to be behind it.
    package var source: Source
    /// Its name in the guest; the next that is free where it is nil.
    package var target: String?
    /// How it is plugged in; as its name tells where it is nil, else virtio.
    package var bus: DiskBus?
    /// Whether the guest may only read it.
    package var isReadOnly: Bool
    /// Whether other machines may write to it at the same time.
    package var isShareable: Bool
    /// Whether everything that it stands on has to be a volume of the node.
    package var isConfined: Bool

    /// Orders a disk.
    package init(
        source: Source, target: String? = nil, bus: DiskBus? = nil, isReadOnly: Bool = false,
        isShareable: Bool = false, isConfined: Bool = true
    ) {
        self.source = source
        self.target = target
        self.bus = bus
        self.isReadOnly = isReadOnly
        self.isShareable = isShareable
        self.isConfined = isConfined
    }
}

extension Storage {
    /// The most disks that a machine may have.
    private static let diskLimit = 64
    /// The most volumes that stand on each other.
    private static let chainLimit = 64

    /// Gives a machine a disk of its node, at once where it runs and can take it, and tells its name.
    ///
    /// - Throws: `machineLocked`; `conflict` for what another machine has and does not share, for a name that is
    ///   taken, and for a machine with a saved image; `nodeUnreachable` where another node that may have it can
    ///   not be asked; `limitExceeded`; `invalidParameters`; `unsupported` for a format that is not raw or qcow2.
    package func attachDisk(
        _ order: DiskOrder, to machine: MachineID, by actor: StorageActor
    ) async throws -> (target: String, outcome: DeviceOutcome) {
        let bus = try Self.bus(of: order)
        let volume = try await volume(of: order.source, on: machine.node)
        return try await holding(.init(changing: [.volume(machine.node, volume ?? order.source.name)])) {
            try await inventory.change("attachDisk", on: machine, by: actor.name, job: actor.job) { hypervisor, _ in
                try await Self.checkNotSaved(machine, on: hypervisor)
                var disk = try await self.disk(order, volume, bus: bus, for: machine)
                try await Self.place(&disk, volume, order.target, in: machine.uuid, on: hypervisor)
                return (disk.target, try await hypervisor.attachDisk(disk, to: machine.uuid))
            }
        }
    }

    /// Takes a disk from a machine; its volume stays as it is.
    ///
    /// - Throws: `machineLocked`; `notFound`; `conflict` for a machine with a saved image.
    package func detachDisk(
        _ target: String, from machine: MachineID, by actor: StorageActor
    ) async throws -> DeviceOutcome {
        try await inventory.change("detachDisk", on: machine, by: actor.name, job: actor.job) { hypervisor, _ in
            try await Self.checkNotSaved(machine, on: hypervisor)
            return try await hypervisor.detachDisk(target, from: machine.uuid)
        }
    }

    /// A saved image keeps the disks that it was saved with, whatever the definition says.
    private static func checkNotSaved(_ machine: MachineID, on hypervisor: any Hypervisor) async throws {
        guard try await hypervisor.machine(machine.uuid).state == .saved else { return }
        throw GatehouseError(
            .conflict,
            "The machine has a saved image, which keeps the disks that it has; start it, and change them then.")
    }

    private static func bus(of order: DiskOrder) throws -> DiskBus {
        guard let target = order.target else { return order.bus ?? .virtio }
        guard let bus = order.bus ?? DiskBus(target: target), bus.fits(target) else {
            throw GatehouseError.invalidParameter(
                "target", "target must be vd, sd or hd, as its bus has it, and one or two letters, such as vdb.")
        }
        return bus
    }

    /// The volume that a source is, also where it is named by its path; nil for what is none.
    private func volume(of source: DiskOrder.Source, on node: NodeID) async throws -> VolumeName? {
        switch source {
        case .volume(let volume, let record):
            let pool = try await pool(record).snapshot
            guard pool.isActive else {
                throw GatehouseError(.conflict, "The pool \(pool.name) is not active; start it on its node first.")
            }
            return VolumeName(pool: pool.name, name: volume.name)
        case .path(let path, _):
            let isPath = path.hasPrefix("/") && path.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
            guard isPath, !path.split(separator: "/").contains("..") else {
                throw GatehouseError.invalidParameter(
                    "path", "path must be a whole path on the node, without .. and control characters.")
            }
            return try await use(of: node).volumes.first { $0.value.path == path }?.key
        }
    }

    /// The disk without its name, where the machine may have what is behind it.
    private func disk(
        _ order: DiskOrder, _ volume: VolumeName?, bus: DiskBus, for machine: MachineID
    ) async throws -> NewMachineDisk {
        let use = try await use(of: machine.node)
        var disk = NewMachineDisk(
            target: "", bus: bus, path: "", format: .raw, isReadOnly: order.isReadOnly, isShareable: order.isShareable)
        if let volume {
            guard let snapshot = use.volumes[volume] else {
                throw GatehouseError(.notFound, "The pool has this volume no longer.", details: ["parameter": "volume"])
            }
            let pool = try await inventory.hypervisor(on: machine.node).pools().first { $0.name == volume.pool }
            disk.path = snapshot.path
            disk.isDevice = pool?.holdsFiles == false
            disk.format = try Self.format(of: snapshot)
            if order.isConfined { try Self.checkChain(of: snapshot, in: use) }
        } else if case .path(let path, let format) = order.source {
            (disk.path, disk.format) = (path, format)
            disk.isDevice = path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/")
        }
        guard !disk.isShareable || disk.format == .raw else {
            throw GatehouseError.invalidParameter(
                "shareable", "Only a raw volume can be written to by several machines.")
        }
        let name = volume ?? order.source.name
        if let obstacle = use.use(of: name, at: disk.path).obstacle(to: disk, name.name, for: machine.uuid) {
            throw obstacle
        }
        if !disk.isReadOnly { try use.elsewhere.checkAnswered(at: disk.path) }
        return disk
    }

    private static func format(of volume: VolumeSnapshot) throws -> VolumeFormat {
        // What a node takes for an image of a CD is read as it is.
        guard let word = volume.format, word != "iso" else { return .raw }
        guard volume.path.hasPrefix("/"), let format = VolumeFormat(rawValue: word) else {
            throw GatehouseError(
                .unsupported, "The volume \(volume.name) is of a kind (\(word)) that Gatehouse attaches to no machine.")
        }
        return format
    }

    /// A guest that wrote a qcow2 header into its raw disk could otherwise have any file of the node behind it.
    private static func checkChain(of volume: VolumeSnapshot, in use: NodeUse) throws {
        var path = volume.backingPath
        for _ in 0..<chainLimit {
            guard let below = path else { return }
            guard let found = use.volumes.values.first(where: { $0.path == below }) else { break }
            path = found.backingPath
        }
        throw GatehouseError(
            .forbidden,
            "The volume \(volume.name) stands on something that is in no active pool of the node; only a superuser "
                + "may attach it.")
    }

    /// Gives a disk a name that is free, and has it wait where the machine that runs still has something in its way.
    private static func place(
        _ disk: inout NewMachineDisk, _ volume: VolumeName?, _ wanted: String?, in machine: UUID,
        on hypervisor: any Hypervisor
    ) async throws {
        let snapshot = try await hypervisor.machine(machine)
        let stored = try await hypervisor.definition(of: machine).disks
        let live = snapshot.state.isActive ? snapshot.disks ?? [] : []
        guard stored.count < diskLimit else {
            throw GatehouseError(.limitExceeded, "A machine may have at most \(diskLimit) disks.")
        }
        if let same = stored.first(where: { $0.path == disk.path || (volume != nil && $0.volume == volume) }) {
            throw GatehouseError(.conflict, "The machine has it already, as \(same.target).")
        }
        guard wanted == nil || !stored.contains(where: { $0.target == wanted }) else {
            throw GatehouseError(
                .conflict, "The machine has a disk \(wanted ?? "") already.", details: ["parameter": "target"])
        }
        let taken = Set(stored.map(\.target) + live.map(\.target))
        disk.target = wanted ?? (0...).lazy.map(disk.bus.target).first { !taken.contains($0) } ?? ""
        let sources = [disk.path, volume.map { "\($0.pool)/\($0.name)" }]
        disk.waits = live.contains { $0.target == disk.target || ($0.source != nil && sources.contains($0.source)) }
    }
}

extension VolumeUse {
    /// Why a machine can not get it as a disk; nil where it can.
    fileprivate func obstacle(to disk: NewMachineDisk, _ name: String, for machine: UUID) -> GatehouseError? {
        if let template {
            return GatehouseError(
                .conflict, "The volume \(name) belongs to the template \(template); clone it and attach the copy.")
        }
        if !disk.isReadOnly, let child = children.first {
            return GatehouseError(
                .conflict,
                "The volume \(child.name) holds the differences from \(name), which may be attached for reading only.")
        }
        let isFree = { (users: [UUID]) in users.allSatisfy { $0 == machine } }
        guard !isFree(machines), !(disk.isReadOnly && isFree(writers)), !(disk.isShareable && isFree(exclusive)),
            let other = machines.first(where: { $0 != machine })
        else { return nil }
        return GatehouseError(
            .conflict,
            "\(name) is a disk of \(words(for: other)), which does not share it; take it off there, or "
                + "attach it for reading where nobody writes to it.")
    }
}
