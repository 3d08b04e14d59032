// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Logging
package import Model

/// A pool with its number and its node.
package struct PoolEntry: Sendable {
    /// The pool as it is kept.
    package var record: PoolRecord
    /// The name of its node.
    package var nodeName: String
    /// The pool as its node describes it.
    package var snapshot: PoolSnapshot
}

/// A volume with its number and what uses it.
package struct VolumeEntry: Sendable {
    /// The volume as it is kept.
    package var record: VolumeRecord
    /// The name of its node.
    package var nodeName: String
    /// The name of its pool.
    package var poolName: String
    /// The volume as its node describes it.
    package var snapshot: VolumeSnapshot
    /// What uses it.
    package var use: VolumeUse
}

/// Pools, volumes, templates, and the machines that are made after them.
///
/// Nodes are asked each time; kept are only numbers and templates. What is being copied, made or deleted is held, so
/// that two calls of Gatehouse do not undo each other's work; another program on the node may.
package actor Storage {
    let repository: any StorageRepository
    let inventory: Inventory
    let time: TimeSource
    let logger: Logger
    let networks: Networks
    /// Volumes that were left half made.
    private(set) var unfinished: [NodeID: Set<VolumeName>] = [:]
    /// When it was last tried to delete those of a node.
    private(set) var triedAt: [NodeID: Duration] = [:]
    /// Finished volumes that could not be forgotten as unfinished ones.
    private(set) var finished: [NodeID: Set<VolumeName>] = [:]
    /// Volumes whose making was begun, in calls that have not ended.
    private(set) var begun: [NodeID: Set<VolumeName>] = [:]
    /// The directories in which nodes have pools, as they were told last.
    private(set) var directories: [NodeID: Set<String>] = [:]
    private var holds = StorageHolds()

    /// Makes the use cases.
    package init(
        repository: any StorageRepository, inventory: Inventory, networks: Networks, time: TimeSource, logger: Logger
    ) {
        self.repository = repository
        self.inventory = inventory
        self.networks = networks
        self.time = time
        self.logger = logger
    }

    /// Does something while holding what it needs.
    ///
    /// - Throws: `conflict` where somebody else has any of it, or what the work throws.
    func holding<Result>(_ claim: StorageHolds.Claim, _ body: () async throws -> Result) async throws -> Result {
        try holds.take(claim)
        defer { holds.free(claim) }
        return try await body()
    }
}

// MARK: - Unfinished volumes

extension Storage {
    /// Has volumes deleted later.
    func leave(_ names: [VolumeName], on node: NodeID) { unfinished[node, default: []].formUnion(names) }

    /// Notes which unfinished volumes are gone, and which ones are to be tried again.
    func settle(_ gone: [VolumeName], left: Set<VolumeName>, on node: NodeID) {
        unfinished[node, default: []].subtract(gone)
        guard !left.isEmpty else { return }
        unfinished[node, default: []].formUnion(left)
        triedAt[node] = time.uptime()
    }

    /// Notes whether a volume is finished, but still kept as one that is not.
    func setFinished(_ name: VolumeName, _ isFinished: Bool, on node: NodeID) {
        if isFinished { finished[node, default: []].insert(name) } else { finished[node]?.remove(name) }
    }

    /// Notes whether the making of a volume was begun, or is to be dealt with no more.
    func setBegun(_ name: VolumeName, _ isBegun: Bool, on node: NodeID) {
        if isBegun { begun[node, default: []].insert(name) } else { begun[node]?.remove(name) }
    }

    /// Notes in which directories a node has pools.
    func noteDirectories(_ paths: Set<String>, of node: NodeID) { directories[node] = paths }
}

// MARK: - Looking

extension Storage {
    /// The pool of that number as it is kept, which tells its node.
    package func record(_ id: PoolID) async throws -> PoolRecord? { try await repository.pool(id) }

    /// The volume of that number as it is kept, with its pool.
    package func record(_ id: VolumeID) async throws -> (volume: VolumeRecord, pool: PoolRecord)? {
        guard let volume = try await repository.volume(id), let pool = try await repository.pool(volume.pool) else {
            return nil
        }
        return (volume, pool)
    }

    /// Every pool of a node, by name.
    package func pools(of node: NodeID) async throws -> [PoolEntry] {
        let snapshots = try await inventory.hypervisor(on: node).pools()
        var seen: Set<[String]> = []
        let places = snapshots.map { pool -> (mechanism: String, place: String) in
            // Two pools of one place are told apart by name.
            let isFirst = seen.insert([pool.mechanism, pool.place]).inserted
            return (pool.mechanism, isFirst ? pool.place : "\(pool.place)#\(pool.name)")
        }
        let records = try await repository.keepPools(of: node, places, at: time.now())
        let name = await inventory.node(node)?.record.name ?? ""
        return zip(records, snapshots).map { PoolEntry(record: $0, nodeName: name, snapshot: $1) }
    }

    /// The pool of a record.
    ///
    /// - Throws: `notFound` where its node does not have it any more.
    package func pool(_ record: PoolRecord) async throws -> PoolEntry {
        guard let pool = try await pools(of: record.node).first(where: { $0.record.id == record.id }) else {
            throw GatehouseError(.notFound, "The node has this pool no longer.")
        }
        return pool
    }

    /// Has a pool look for volumes that came or went without it.
    package func refresh(_ record: PoolRecord) async throws -> PoolEntry {
        let pool = try await pool(record)
        try await inventory.hypervisor(on: record.node).refreshPool(pool.snapshot.name)
        return try await self.pool(record)
    }

    /// Every volume of a pool, by name; none where the pool is not active.
    package func volumes(of record: PoolRecord) async throws -> [VolumeEntry] {
        let pool = try await pool(record)
        guard pool.snapshot.isActive else { return [] }
        let use = try await use(of: record.node, only: pool.snapshot.name)
        let snapshots = use.volumes.filter { $0.key.pool == pool.snapshot.name }.values.sorted { $0.name < $1.name }
        let records = try await repository.keepVolumes(of: record.id, snapshots.map(\.name), at: time.now())
        return zip(records, snapshots).map { record, snapshot in
            VolumeEntry(
                record: record, nodeName: pool.nodeName, poolName: pool.snapshot.name, snapshot: snapshot,
                use: use.use(of: VolumeName(pool: pool.snapshot.name, name: snapshot.name), at: snapshot.path))
        }
    }

    /// The volume of a record.
    ///
    /// - Throws: `notFound` where its pool does not have it any more.
    package func volume(_ record: VolumeRecord, in pool: PoolRecord) async throws -> VolumeEntry {
        guard let volume = try await volumes(of: pool).first(where: { $0.record.id == record.id }) else {
            throw GatehouseError(.notFound, "The pool has this volume no longer, or it is not active.")
        }
        return volume
    }

    /// What everything on a node stands on.
    ///
    /// Before a change every active pool has to answer; to look at one pool, `only` that. With it goes what
    /// other nodes' machines have of the same directories.
    func use(of node: NodeID, only pool: String? = nil) async throws -> NodeUse {
        let hypervisor = try await inventory.hypervisor(on: node)
        let pools = try await hypervisor.pools()
        let names = pools.filter(\.isActive).map(\.name)
        let directories = SharedFiles.directories(of: pools)
        noteDirectories(directories, of: node)
        async let attachments = hypervisor.attachments()
        async let others = self.elsewhere(directories, but: node)
        let volumes = try await withThrowingTaskGroup(of: (String, [VolumeSnapshot]).self) { group in
            for name in names {
                group.addTask {
                    do {
                        return (name, try await hypervisor.volumes(in: name))
                    } catch let error as GatehouseError where pool != nil && name != pool && error.code != .internal {
                        return (name, [])
                    }
                }
            }
            var found: [VolumeName: VolumeSnapshot] = [:]
            for try await (name, volumes) in group {
                for volume in volumes { found[VolumeName(pool: name, name: volume.name)] = volume }
            }
            return found
        }
        return NodeUse(
            attachments: try await attachments, volumes: volumes,
            templates: try await repository.templates().filter { $0.node == node }, elsewhere: try await others)
    }
}
