// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// What the machines of other nodes have of files that a node has too: equal paths count as the same file.
struct SharedFiles: Sendable {
    /// A node that could not be asked.
    struct Silent: Sendable {
        /// Its name.
        var node: String
        /// The directories that it may share; nil where none of its pools are known.
        var directories: Set<String>?
    }

    /// What the machines have, by paths alone, for a name of a pool means something else on each node.
    var attachments: [MachineAttachments] = []
    /// The nodes of these machines.
    var nodes: [UUID: NodeID] = [:]
    /// The nodes with machines that could not be asked.
    var silent: [Silent] = []
    /// The directories of the node's own pools.
    var directories: Set<String> = []

    /// The directories in which pools keep their files.
    static func directories(of pools: [PoolSnapshot]) -> Set<String> {
        Set(pools.filter(\.holdsFiles).compactMap(\.path).map(trimmed).filter { !$0.isEmpty })
    }

    /// A path without slashes at its end.
    private static func trimmed(_ path: String) -> String {
        var path = Substring(path)
        while path.last == "/" { path.removeLast() }
        return String(path)
    }

    /// Takes up what another node's machines have.
    mutating func add(_ machines: [MachineAttachments], of node: NodeID, _ pools: [PoolSnapshot]) {
        let paths = Dictionary(pools.map { ($0.name, Self.trimmed($0.path ?? "")) }) { first, _ in first }
        for machine in machines {
            let disks = machine.disks.map { disk in
                var disk = disk
                if let volume = disk.volume, let path = paths[volume.pool], !path.isEmpty {
                    disk.paths.insert("\(path)/\(volume.name)", at: 0)
                }
                disk.volume = nil
                return disk
            }.filter { $0.paths.contains(where: isShared) }
            guard !disks.isEmpty else { continue }
            attachments.append(MachineAttachments(uuid: machine.uuid, disks: disks))
            nodes[machine.uuid] = node
        }
    }

    /// A node's own machines with these; a machine that is in both lists is one.
    func added(to own: [MachineAttachments]) -> [MachineAttachments] {
        var all = own
        var places: [UUID: Int] = [:]
        for (place, machine) in own.enumerated() { places[machine.uuid] = place }
        for machine in attachments {
            if let place = places[machine.uuid] {
                all[place].disks += machine.disks
            } else {
                places[machine.uuid] = all.count
                all.append(machine)
            }
        }
        return all
    }

    private func isShared(_ path: String) -> Bool { directories.contains { path.hasPrefix("\($0)/") } }

    /// Sees that every node has answered that may have what is at a path.
    ///
    /// - Throws: `nodeUnreachable`, naming one that has not.
    func checkAnswered(at path: String) throws {
        let own = directories.filter { path.hasPrefix("\($0)/") }
        guard !own.isEmpty, let silent = silent.first(where: { $0.directories?.isDisjoint(with: own) != true }) else {
            return
        }
        throw GatehouseError(
            .nodeUnreachable,
            "The node \(silent.node) can not be asked, and its machines may use \(path) too; try again when it is "
                + "there.")
    }
}

extension Storage {
    /// What the machines of other nodes have of files in some directories of a node.
    func elsewhere(_ directories: Set<String>, but node: NodeID) async throws -> SharedFiles {
        var found = SharedFiles(directories: directories)
        guard !directories.isEmpty else { return found }
        let others = await inventory.allNodes().filter { $0.record.id != node && $0.record.kind == .libvirt }
        try await withThrowingTaskGroup(of: (NodeEntry, [PoolSnapshot], [MachineAttachments])?.self) { group in
            for other in others {
                group.addTask { try await self.attachments(of: other, in: directories) }
            }
            var answers: [NodeID: ([PoolSnapshot], [MachineAttachments])] = [:]
            for try await answer in group {
                if let (other, pools, machines) = answer { answers[other.record.id] = (pools, machines) }
            }
            for other in others {
                if let (pools, machines) = answers[other.record.id] {
                    found.add(machines, of: other.record.id, pools)
                } else if await inventory.hasKnownMachines(other.record.id) {
                    found.silent.append(.init(node: other.record.name, directories: self.directories[other.record.id]))
                }
            }
        }
        return found
    }

    /// What a node's machines have, if it has pools in some of the directories; nil where it can not be asked.
    private func attachments(
        of other: NodeEntry, in directories: Set<String>
    ) async throws -> (NodeEntry, [PoolSnapshot], [MachineAttachments])? {
        do {
            let hypervisor = try await inventory.hypervisor(on: other.record.id)
            let pools = try await hypervisor.pools()
            let own = SharedFiles.directories(of: pools)
            noteDirectories(own, of: other.record.id)
            guard !own.isDisjoint(with: directories) else { return (other, pools, []) }
            return (other, pools, try await hypervisor.attachments())
        } catch is GatehouseError {
            try Task.checkCancellation()
            return nil
        }
    }
}

extension Inventory {
    /// Whether a node had machines when it was seen last.
    func hasKnownMachines(_ id: NodeID) -> Bool { records.keys.contains { $0.node == id } }
}
