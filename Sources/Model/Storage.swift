// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A storage pool as its node describes it.
package struct PoolSnapshot: Sendable, Equatable {
    /// The name on the node.
    package var name: String
    /// libvirt's word for what it is made of, such as `dir`, `logical` or `iscsi`.
    package var type: String
    /// Where its volumes are on the node, such as a directory.
    package var path: String?
    /// Whether it can be used now.
    package var isActive: Bool
    /// How much it holds in all; nil while it is not active.
    package var capacityBytes: Int64?
    /// How much of that is taken.
    package var allocatedBytes: Int64?
    /// How much is free.
    package var availableBytes: Int64?
    /// How many volumes it has; nil while it is not active.
    package var volumeCount: Int?

    /// Makes a pool; what is not given is not known.
    package init(
        name: String, type: String, path: String? = nil, isActive: Bool, capacityBytes: Int64? = nil,
        allocatedBytes: Int64? = nil, availableBytes: Int64? = nil, volumeCount: Int? = nil
    ) {
        self.name = name
        self.type = type
        self.path = path
        self.isActive = isActive
        self.capacityBytes = capacityBytes
        self.allocatedBytes = allocatedBytes
        self.availableBytes = availableBytes
        self.volumeCount = volumeCount
    }

    /// Gatehouse's word for how it stores: `file`, `lvm`, `phys` or `iscsi`; of other types libvirt's own.
    package var mechanism: String {
        switch type {
        case "dir", "fs", "netfs": "file"
        case "logical": "lvm"
        case "disk": "phys"
        case "iscsi", "iscsi-direct": "iscsi"
        default: type
        }
    }

    /// Whether volumes are files in a directory, and so can be of any format.
    package var holdsFiles: Bool { mechanism == "file" }

    /// Whether Gatehouse makes volumes in it: in directories and volume groups, while they can be used.
    package var allowsNewVolumes: Bool { isActive && (holdsFiles || mechanism == "lvm") }

    /// What tells it from the node's other pools of the same mechanism, also under another name.
    package var place: String { holdsFiles || mechanism == "lvm" ? path ?? name : name }
}

/// A volume as its node describes it.
package struct VolumeSnapshot: Sendable, Equatable {
    /// The name in its pool.
    package var name: String
    /// Where it is on the node.
    package var path: String
    /// The image format, such as `raw` or `qcow2`; nil where there is none.
    package var format: String?
    /// How large a guest sees it.
    package var capacityBytes: Int64
    /// How much of the pool it takes.
    package var allocatedBytes: Int64
    /// The volume or file that it only holds the differences from.
    package var backingPath: String?

    /// Makes a volume.
    package init(
        name: String, path: String, format: String? = nil, capacityBytes: Int64, allocatedBytes: Int64,
        backingPath: String? = nil
    ) {
        self.name = name
        self.path = path
        self.format = format
        self.capacityBytes = capacityBytes
        self.allocatedBytes = allocatedBytes
        self.backingPath = backingPath
    }
}

/// The formats that Gatehouse makes volumes in.
package enum VolumeFormat: String, Sendable, CaseIterable {
    case raw
    case qcow2
}

/// When a volume's place in the pool is taken.
package enum VolumeAllocation: String, Sendable, CaseIterable {
    /// As the guest writes.
    case sparse
    /// At once.
    case preallocated
}

/// A volume by its names on a node.
package struct VolumeName: Sendable, Hashable {
    /// The pool's name.
    package var pool: String
    /// The volume's name.
    package var name: String

    /// Names a volume.
    package init(pool: String, name: String) {
        self.pool = pool
        self.name = name
    }
}

/// A volume that is to be made.
package struct NewVolume: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// How large a guest sees it.
    package var capacityBytes: Int64
    /// Its image format; nil for what is no file.
    package var format: VolumeFormat?
    /// When its place is taken.
    package var allocation: VolumeAllocation

    /// Describes a volume.
    package init(
        name: String, capacityBytes: Int64, format: VolumeFormat?, allocation: VolumeAllocation = .sparse
    ) {
        self.name = name
        self.capacityBytes = capacityBytes
        self.format = format
        self.allocation = allocation
    }
}

/// What a machine's definitions, the stored one and that of its run, take of a node.
package struct MachineAttachments: Sendable, Equatable {
    /// The machine.
    package var uuid: UUID
    /// Its disks, each as often as a definition has it.
    package var disks: [AttachedDisk]

    /// Makes a list of attachments.
    package init(uuid: UUID, disks: [AttachedDisk] = []) {
        self.uuid = uuid
        self.disks = disks
    }
}

/// What one disk of a machine stands on.
package struct AttachedDisk: Sendable, Equatable {
    /// The files and devices behind it, the one that is written to first.
    package var paths: [String]
    /// The volume, where the disk names one.
    package var volume: VolumeName?
    /// Whether the guest may only read it.
    package var isReadOnly: Bool
    /// Whether several machines may have it at once.
    package var isShareable: Bool

    /// Makes a disk.
    package init(paths: [String], volume: VolumeName? = nil, isReadOnly: Bool = false, isShareable: Bool = false) {
        self.paths = paths
        self.volume = volume
        self.isReadOnly = isReadOnly
        self.isShareable = isShareable
    }
}

/// What names of volumes, templates and machines may look like, and how large volumes may be.
package enum StorageRules {
    /// The sizes of volumes: 1 MiB to 64 TiB.
    package static let sizes: ClosedRange<Int64> = (1 << 20)...(1 << 46)
    /// The most volumes that are looked at in one pool.
    package static let volumeLimit = 10_000
    /// The most characters of a name.
    package static let nameLimit = 64

    /// Whether a name is fit: 1 to 64 ASCII letters, digits, `.`, `_` and `-`, and no `-` or `.` first.
    package static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...nameLimit).contains(bytes.count), let first = bytes.first, first != 45, first != 46 else {
            return false
        }
        return bytes.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
    }

    /// Refuses a name that is not fit.
    ///
    /// - Throws: `invalidParameters`.
    package static func checkName(_ name: String, parameter: String = "name") throws {
        guard isName(name) else {
            throw GatehouseError.invalidParameter(
                parameter,
                "\(parameter) must be 1 to \(nameLimit) letters, digits, dots, underscores and hyphens, and must not "
                    + "begin with a dot or hyphen.")
        }
    }
}
