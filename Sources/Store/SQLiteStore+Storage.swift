// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

/// How long a row is left as it is though it is seen: a write a day is enough to know that it is still there.
private let dayOfMilliseconds: Int64 = 86_400_000

extension SQLiteStore: StorageRepository {
    /// The records of a node's pools; nothing is written where all are known and were seen within a day.
    ///
    /// - Throws: `notFound` where the node is not kept.
    package func keepPools(
        of node: NodeID, _ pools: [(mechanism: String, place: String)], at date: Date
    ) async throws -> [PoolRecord] {
        let now = date.milliseconds
        let fresh = now - dayOfMilliseconds
        let find = "SELECT * FROM storagePool WHERE node = ? AND mechanism = ? AND place = ? AND lastSeenAt >= ?"
        let known = try await read { db in
            try pools.map { pool in
                try PoolRow.fetchOne(db, sql: find, arguments: [node.number, pool.mechanism, pool.place, fresh])?.record
            }
        }
        if known.allSatisfy({ $0 != nil }) { return known.compactMap { $0 } }
        return try await write { db in
            try pools.map { pool in
                let row = try PoolRow.fetchOne(
                    db,
                    sql: """
                        INSERT INTO storagePool (node, mechanism, place, lastSeenAt) VALUES (?, ?, ?, ?)
                        ON CONFLICT (node, mechanism, place) DO UPDATE SET lastSeenAt = excluded.lastSeenAt RETURNING *
                        """, arguments: [node.number, pool.mechanism, pool.place, now])
                return try Self.kept(row?.record)
            }
        }
    }

    /// The records of all volumes of a pool; nothing is written where all are known and were seen within a day.
    ///
    /// A volume that comes back after 90 days gets a new number.
    /// - Throws: `notFound` where the pool is not kept.
    package func keepVolumes(of pool: PoolID, _ names: [String], at date: Date) async throws -> [VolumeRecord] {
        let now = date.milliseconds
        let fresh = now - dayOfMilliseconds
        let known = try await read { db in
            let rows = try VolumeRow.fetchAll(
                db, sql: "SELECT * FROM storageVolume WHERE pool = ? AND lastSeenAt >= ?",
                arguments: [pool.number, fresh])
            return Dictionary(rows.map { ($0.record.name, $0.record) }) { first, _ in first }
        }
        let records = names.compactMap { known[$0] }
        if records.count == names.count { return records }
        return try await write { db in
            try db.execute(
                sql: "DELETE FROM storageVolume WHERE pool = ? AND lastSeenAt < ?",
                arguments: [pool.number, now - 90 * dayOfMilliseconds])
            return try names.map { name in
                if let record = known[name] { return record }
                let row = try VolumeRow.fetchOne(
                    db,
                    sql: """
                        INSERT INTO storageVolume (pool, name, lastSeenAt) VALUES (?, ?, ?)
                        ON CONFLICT (pool, name) DO UPDATE SET lastSeenAt = excluded.lastSeenAt RETURNING *
                        """, arguments: [pool.number, name, now])
                return try Self.kept(row?.record)
            }
        }
    }

    private static func kept<Record>(_ record: Record?) throws -> Record {
        guard let record else { throw GatehouseError(.storageFailed, "What was seen was not kept. Try again.") }
        return record
    }

    /// The pool of that number.
    package func pool(_ id: PoolID) async throws -> PoolRecord? {
        try await read { db in
            try PoolRow.fetchOne(db, sql: "SELECT * FROM storagePool WHERE id = ?", arguments: [id.number])?.record
        }
    }

    /// The volume of that number.
    package func volume(_ id: VolumeID) async throws -> VolumeRecord? {
        try await read { db in
            try VolumeRow.fetchOne(db, sql: "SELECT * FROM storageVolume WHERE id = ?", arguments: [id.number])?.record
        }
    }

    /// Forgets a volume; one that is not kept is no failure.
    package func forgetVolume(_ id: VolumeID) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM storageVolume WHERE id = ?", arguments: [id.number])
        }
    }
}

/// A row of `storagePool`.
private struct PoolRow: FetchableRecord {
    let record: PoolRecord

    init(row: Row) throws {
        record = PoolRecord(
            id: PoolID(row["id"]), node: NodeID(row["node"]), mechanism: row["mechanism"], place: row["place"])
    }
}

/// A row of `storageVolume`.
private struct VolumeRow: FetchableRecord {
    let record: VolumeRecord

    init(row: Row) throws {
        record = VolumeRecord(id: VolumeID(row["id"]), pool: PoolID(row["pool"]), name: row["name"])
    }
}
