// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The storage of one node, and the definitions of the machines that use it.
///
/// Each call has a deadline of its own and throws `nodeUnreachable`, `timeout`, `notFound`, `conflict`,
/// `unsupported` or `hypervisorFailed`.
package protocol NodeStorage: Sendable {
    /// Every pool, active or not; nothing is counted anew for it.
    func pools() async throws -> [PoolSnapshot]

    /// Has a pool look for volumes that came or went without it.
    func refreshPool(_ name: String) async throws

    /// Every volume of a pool; none where the pool is not active.
    ///
    /// - Throws: `limitExceeded` where there are more than `StorageRules.volumeLimit`.
    func volumes(in pool: String) async throws -> [VolumeSnapshot]

    /// Makes an empty volume, or with `backing` one that holds the differences from that volume.
    ///
    /// - Throws: `conflict` where there is one of that name.
    func createVolume(_ volume: NewVolume, in pool: String, backing: VolumeName?) async throws -> VolumeSnapshot

    /// Makes a volume with the content of another one; that may take hours.
    ///
    /// - Throws: `conflict` where there is one of that name.
    func copyVolume(_ source: VolumeName, to volume: NewVolume, in pool: String) async throws -> VolumeSnapshot

    /// Deletes a volume, whoever uses it.
    func deleteVolume(_ volume: VolumeName) async throws

    /// What the definitions of all machines take.
    func attachments() async throws -> [MachineAttachments]

    /// Gives a machine a disk: to its stored definition, and at once where it runs and the hypervisor can.
    ///
    /// - Throws: `conflict` where it has one of that name.
    func attachDisk(_ disk: NewMachineDisk, to uuid: UUID) async throws -> DeviceOutcome

    /// Takes a disk from a machine; what is behind it stays as it is.
    ///
    /// - Throws: `notFound` where it has none of that name.
    func detachDisk(_ target: String, from uuid: UUID) async throws -> DeviceOutcome

    /// How a machine will be when it is started next; without passwords.
    func definition(of uuid: UUID) async throws -> MachineDefinition

    /// Defines a machine after another one's definition, and does not start it.
    ///
    /// - Throws: `conflict` where there is one of that name or UUID, `invalidParameters` for a definition that can
    ///   not be read.
    func define(_ copy: MachineCopy, of definition: String) async throws

    /// Forgets a machine that is off, with its saved image, firmware variables and the list of its snapshots.
    ///
    /// - Throws: `conflict` while it is running.
    func undefine(_ uuid: UUID) async throws
}

/// How a machine is defined.
package struct MachineDefinition: Sendable, Equatable {
    /// The node's own words for it; nobody but the node reads them.
    package var text: String
    /// `hvm`, `xen`, ...
    package var osType: String
    /// The guest's processor, such as `x86_64`.
    package var architecture: String
    /// Virtual processors.
    package var vcpus: Int?
    /// Memory at the start, in KiB.
    package var memoryKiB: Int?
    /// The most memory, in KiB.
    package var maxMemoryKiB: Int?
    /// Its disks.
    package var disks: [DefinedDisk]
    /// Its interfaces, with their addresses.
    package var interfaces: [MachineInterface]

    /// Makes a definition.
    package init(
        text: String, osType: String, architecture: String, vcpus: Int? = nil, memoryKiB: Int? = nil,
        maxMemoryKiB: Int? = nil, disks: [DefinedDisk] = [], interfaces: [MachineInterface] = []
    ) {
        self.text = text
        self.osType = osType
        self.architecture = architecture
        self.vcpus = vcpus
        self.memoryKiB = memoryKiB
        self.maxMemoryKiB = maxMemoryKiB
        self.disks = disks
        self.interfaces = interfaces
    }
}

/// A disk of a definition.
package struct DefinedDisk: Sendable, Equatable {
    /// The name in the guest, such as `vda`; one of a kind in its machine.
    package var target: String
    /// Whether it is the machine's own to write to, and so is copied with it: no CD, and not read-only.
    package var isOwn: Bool
    /// The file or device behind it.
    package var path: String?
    /// The volume behind it, where it is named as one.
    package var volume: VolumeName?

    /// Makes a disk.
    package init(target: String, isOwn: Bool, path: String? = nil, volume: VolumeName? = nil) {
        self.target = target
        self.isOwn = isOwn
        self.path = path
        self.volume = volume
    }
}

/// In what a new machine differs from the definition that it is made after.
package struct MachineCopy: Sendable, Equatable {
    /// A volume in the place of a disk's.
    package struct Disk: Sendable, Equatable {
        /// Where the volume is.
        package var path: String
        /// Its format.
        package var format: String
        /// Whether it is a device and no file.
        package var isDevice: Bool

        /// Makes a disk.
        package init(path: String, format: String, isDevice: Bool) {
            self.path = path
            self.format = format
            self.isDevice = isDevice
        }
    }

    /// Its UUID.
    package var uuid: UUID
    /// Its name.
    package var name: String
    /// The addresses of its interfaces, in their order; as many as there are interfaces.
    package var macs: [String]
    /// Its disks by their names in the guest; others stay as they are.
    package var disks: [String: Disk]

    /// Describes a machine.
    package init(uuid: UUID, name: String, macs: [String], disks: [String: Disk]) {
        self.uuid = uuid
        self.name = name
        self.macs = macs
        self.disks = disks
    }
}
