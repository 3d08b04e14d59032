// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A storage pool as it is kept, so that it has a number for good.
package struct PoolRecord: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: PoolID
    /// Its node.
    package var node: NodeID
    /// How it stores (`PoolSnapshot.mechanism`).
    package var mechanism: String
    /// What tells it from others (`PoolSnapshot.place`).
    package var place: String

    /// Makes a record.
    package init(id: PoolID, node: NodeID, mechanism: String, place: String) {
        self.id = id
        self.node = node
        self.mechanism = mechanism
        self.place = place
    }
}

/// A volume as it is kept, so that it has a number for as long as it is there.
package struct VolumeRecord: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: VolumeID
    /// Its pool.
    package var pool: PoolID
    /// Its name there.
    package var name: String

    /// Makes a record.
    package init(id: VolumeID, pool: PoolID, name: String) {
        self.id = id
        self.pool = pool
        self.name = name
    }
}

/// The number of a storage pool.
package typealias PoolID = RowID<PoolRecord>
/// The number of a volume.
package typealias VolumeID = RowID<VolumeRecord>
/// The number of a template.
package typealias TemplateID = RowID<Template>

/// A machine that others are made after: its definition, and copies of its disks.
package struct Template: Sendable, Equatable, Identifiable {
    /// A copy of a disk.
    package struct Volume: Sendable, Equatable {
        /// The disk's name in the guest.
        package var target: String
        /// The copy's pool and name.
        package var volume: VolumeName
        /// Where the copy is.
        package var path: String
        /// The copy's format; `raw` where the node told none.
        package var format: String
        /// How large a guest sees it.
        package var capacityBytes: Int64

        /// Makes a copy's description.
        package init(target: String, volume: VolumeName, path: String, format: String, capacityBytes: Int64) {
            self.target = target
            self.volume = volume
            self.path = path
            self.format = format
            self.capacityBytes = capacityBytes
        }
    }

    /// Its number; 0 until it is kept.
    package var id = TemplateID(0)
    /// Its node.
    package var node: NodeID
    /// Its name; one of a kind on its node, whatever the case of letters.
    package var name: String
    /// What people wrote about it.
    package var description: String
    /// Its UUID.
    package var uuid: UUID
    /// The definition; passwords are not part of it.
    package var definition: MachineDefinition
    /// The copies of its disks.
    package var volumes: [Volume]
    /// When it was made.
    package var createdAt: Date

    /// Makes a template.
    package init(
        node: NodeID, name: String, description: String, uuid: UUID, definition: MachineDefinition,
        volumes: [Volume], createdAt: Date
    ) {
        self.node = node
        self.name = name
        self.description = description
        self.uuid = uuid
        self.definition = definition
        self.volumes = volumes
        self.createdAt = createdAt
    }

    /// How its machines are virtualized: `full`, `pv`, `hybrid` or `other`.
    package var type: String {
        switch definition.osType {
        case "hvm": "full"
        case "xen", "linux": "pv"
        case "xenpvh": "hybrid"
        default: "other"
        }
    }
}

/// The numbers of pools and volumes, and the templates, as they are kept.
package protocol StorageRepository: Sendable {
    /// The records of a node's pools, in the order given; what is not kept yet gets a number.
    func keepPools(of node: NodeID, _ pools: [(mechanism: String, place: String)], at date: Date) async throws
        -> [PoolRecord]

    /// The records of all volumes of a pool, in the order given; what is not kept yet gets a number.
    ///
    /// Those of the pool's kept volumes that have not been among them for 90 days are forgotten.
    func keepVolumes(of pool: PoolID, _ names: [String], at date: Date) async throws -> [VolumeRecord]

    /// The pool of that number, if it is kept.
    func pool(_ id: PoolID) async throws -> PoolRecord?

    /// The volume of that number, if it is kept.
    func volume(_ id: VolumeID) async throws -> VolumeRecord?

    /// Forgets a volume; its number is never given again.
    func forgetVolume(_ id: VolumeID) async throws

    /// Keeps that volumes are being made, until they are finished or gone.
    func noteMaking(of volumes: [VolumeName], on node: NodeID) async throws

    /// Forgets that volumes are being made; those that are not kept are no failure.
    func forgetMaking(of volumes: [VolumeName], on node: NodeID) async throws

    /// The volumes that are being made, by their nodes.
    func volumesInMaking() async throws -> [NodeID: [VolumeName]]

    /// Every template, by node and name.
    func templates() async throws -> [Template]

    /// Keeps a template and gives it its number.
    ///
    /// - Throws: `conflict` where its node has one of that name.
    func addTemplate(_ template: Template) async throws -> Template

    /// Forgets a template; throws `notFound` where it is not kept.
    func removeTemplate(_ id: TemplateID) async throws
}
