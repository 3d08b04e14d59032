// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// Whether several machines may have a volume at once, as those say that have it.
package enum VolumeSharing: String, Sendable {
    /// One machine alone.
    case none
    /// Several may read it.
    case reading = "r"
    /// Several may write to it.
    case writing = "rw"
}

/// What uses a volume.
package struct VolumeUse: Sendable, Equatable {
    /// The machines that have it or something that stands on it, by their UUIDs.
    package var machines: [UUID] = []
    /// Those of them that may write to it.
    package var writers: [UUID] = []
    /// Those of them that let no other machine write to it.
    package var exclusive: [UUID] = []
    /// The nodes of those of them that are another node's.
    package var elsewhere: [UUID: NodeID] = [:]
    /// The volumes that hold the differences from it.
    package var children: [VolumeName] = []
    /// The template that it belongs to.
    package var template: String?
    /// Whether several machines may have it.
    package var sharing = VolumeSharing.none

    /// Whether anything uses it.
    package var isInUse: Bool { !machines.isEmpty || !children.isEmpty || template != nil }

    /// Why it can not be deleted; nil where it can.
    func obstacle(_ name: String) -> GatehouseError? {
        if let template {
            return GatehouseError(.conflict, "The volume \(name) belongs to the template \(template); delete that.")
        }
        if let child = children.first {
            return GatehouseError(
                .conflict, "The volume \(child.name) holds the differences from \(name); delete that one first.")
        }
        guard let machine = machines.first else { return nil }
        return GatehouseError(
            .conflict,
            "The volume \(name) is a disk of \(words(for: machine)); take it off there first.")
    }

    /// What a message calls one of the machines; who sees this node need not see another one's.
    func words(for machine: UUID) -> String {
        elsewhere[machine] == nil ? "the machine \(machine.uuidString.lowercased())" : "a machine of another node"
    }
}

/// What a node's machines, volumes and templates stand on, all read at one time.
struct NodeUse: Sendable {
    /// What the machines have.
    let attachments: [MachineAttachments]
    /// Every volume of the active pools.
    let volumes: [VolumeName: VolumeSnapshot]
    /// The node's templates.
    let templates: [Template]
    /// What other nodes' machines have of the same files.
    let elsewhere: SharedFiles
    /// What the machines have, here and elsewhere.
    private let holdings: [MachineAttachments]
    /// The volumes that hold the differences from what is at a path.
    private let children: [String: [VolumeName]]
    /// The places of the machines that have what is at a path.
    private let holders: [String: Set<Int>]
    /// The places of the machines that have a volume by its name.
    private let namedHolders: [VolumeName: Set<Int>]

    /// Takes up what was read.
    init(
        attachments: [MachineAttachments], volumes: [VolumeName: VolumeSnapshot], templates: [Template],
        elsewhere: SharedFiles = SharedFiles()
    ) {
        self.attachments = attachments
        self.volumes = volumes
        self.templates = templates
        self.elsewhere = elsewhere
        holdings = elsewhere.added(to: attachments)
        var children: [String: [VolumeName]] = [:]
        for (name, volume) in volumes {
            if let path = volume.backingPath, path != volume.path { children[path, default: []].append(name) }
        }
        var holders: [String: Set<Int>] = [:]
        var named: [VolumeName: Set<Int>] = [:]
        for (place, machine) in holdings.enumerated() {
            for disk in machine.disks {
                for path in disk.paths { holders[path, default: []].insert(place) }
                if let volume = disk.volume { named[volume, default: []].insert(place) }
            }
        }
        (self.children, self.holders, namedHolders) = (children, holders, named)
    }

    /// What uses a volume.
    func use(of name: VolumeName, at path: String) -> VolumeUse {
        var use = VolumeUse()
        use.children = (children[path] ?? []).sorted { ($0.pool, $0.name) < ($1.pool, $1.name) }
        use.template =
            templates.first { $0.volumes.contains { $0.volume == name || $0.path == path } }?.name
        for place in (holders[path] ?? []).union(namedHolders[name] ?? []).sorted() {
            let machine = holdings[place]
            let disks = machine.disks.filter { $0.volume == name || $0.paths.contains(path) }
            use.machines.append(machine.uuid)
            if place >= attachments.count { use.elsewhere[machine.uuid] = elsewhere.nodes[machine.uuid] }
            // Only the topmost layer is written to.
            if disks.contains(where: { !$0.isReadOnly && ($0.volume == name || $0.paths.first == path) }) {
                use.writers.append(machine.uuid)
            }
            if disks.contains(where: { !$0.isShareable }) { use.exclusive.append(machine.uuid) }
            for disk in disks {
                if disk.isShareable, !disk.isReadOnly {
                    use.sharing = .writing
                } else if disk.isReadOnly, use.sharing == .none {
                    use.sharing = .reading
                }
            }
        }
        return use
    }

    /// The machine of that UUID, which may be another node's.
    func machine(_ uuid: UUID, on node: NodeID) -> MachineID {
        let isOwn = attachments.contains { $0.uuid == uuid }
        return MachineID(node: isOwn ? node : elsewhere.nodes[uuid] ?? node, uuid: uuid)
    }

    /// The volume that a disk stands on; nil where it lies in no active pool.
    func volume(of disk: DefinedDisk) -> (name: VolumeName, snapshot: VolumeSnapshot)? {
        if let name = disk.volume, let snapshot = volumes[name] { return (name, snapshot) }
        guard let path = disk.path else { return nil }
        return volumes.first { $0.value.path == path }.map { ($0.key, $0.value) }
    }
}
