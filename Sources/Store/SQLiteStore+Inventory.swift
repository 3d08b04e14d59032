// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: InventoryRepository {
    /// Makes the kept nodes those of the configuration, in its order; case does not count in names.
    package func declareNodes(_ nodes: [(name: String, kind: NodeKind)]) async throws -> [NodeRecord] {
        try await write { db in
            try nodes.map { node in
                let record = try NodeRow.fetchOne(
                    db,
                    sql: """
                        INSERT INTO node (name, kind) VALUES (?, ?)
                        ON CONFLICT (name) DO UPDATE SET name = excluded.name, kind = excluded.kind
                        RETURNING *
                        """,
                    arguments: [node.name, node.kind.rawValue])?.record
                guard let record else {
                    throw GatehouseError(.storageFailed, "The node was not kept. Try again.")
                }
                return record
            }
        }
    }

    /// Switches a node on or off; throws `notFound` where it is not kept.
    package func setNode(_ id: NodeID, enabled: Bool) async throws {
        try await write { db in
            try db.execute(sql: "UPDATE node SET isEnabled = ? WHERE id = ?", arguments: [enabled, id.number])
            guard db.changesCount > 0 else {
                throw GatehouseError(.notFound, "There is no such node. Reload the list of nodes.")
            }
        }
    }

    /// Every machine that is kept, by node and UUID.
    package func machines() async throws -> [MachineRecord] {
        try await read { db in
            try MachineRow.fetchAll(db, sql: "SELECT * FROM machine ORDER BY node, uuid").map(\.record)
        }
    }

    /// Keeps machines as seen; of a known one everything but its notes is replaced.
    ///
    /// - Throws: `notFound` where a node is not kept; none of the machines is kept then.
    package func upsertMachines(_ machines: [MachineRecord]) async throws {
        guard !machines.isEmpty else { return }
        try await write { db in
            let statement = try db.makeStatement(
                sql: """
                    INSERT INTO machine (node, uuid, name, notes, isDuplicate, lastSeenAt) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (node, uuid) DO UPDATE
                    SET name = excluded.name, isDuplicate = excluded.isDuplicate, lastSeenAt = excluded.lastSeenAt
                    """)
            for machine in machines {
                try statement.execute(arguments: [
                    machine.id.node.number, machine.id.uuid.text, machine.name, machine.notes,
                    machine.isDuplicate, machine.lastSeenAt.milliseconds,
                ])
            }
        }
    }

    /// Replaces a machine's notes; throws `notFound` where it is not kept.
    package func setNotes(_ notes: String, of id: MachineID) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE machine SET notes = ? WHERE node = ? AND uuid = ?",
                arguments: [notes, id.node.number, id.uuid.text])
            guard db.changesCount > 0 else { throw GatehouseError.machineNotFound }
        }
    }

    /// Forgets machines last seen before that time, with their privileges and console locks.
    package func forgetMachines(notSeenSince date: Date) async throws -> Int {
        try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM consoleLock WHERE (node, machine) IN
                    (SELECT node, uuid FROM machine WHERE lastSeenAt < ?)
                    """,
                arguments: [date.milliseconds])
            try db.execute(sql: "DELETE FROM machine WHERE lastSeenAt < ?", arguments: [date.milliseconds])
            return db.changesCount
        }
    }
}

/// A row of `node`.
private struct NodeRow: FetchableRecord {
    let record: NodeRecord

    init(row: Row) throws {
        guard let kind = NodeKind(rawValue: row["kind"]) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown kind of node. Restore a backup.")
        }
        record = NodeRecord(id: NodeID(row["id"]), name: row["name"], kind: kind, isEnabled: row["isEnabled"])
    }
}

/// A row of `machine`.
private struct MachineRow: FetchableRecord {
    let record: MachineRecord

    init(row: Row) throws {
        record = MachineRecord(
            id: try MachineID(node: NodeID(row["node"]), kept: row["uuid"]), name: row["name"],
            notes: row["notes"], isDuplicate: row["isDuplicate"], lastSeenAt: Date(milliseconds: row["lastSeenAt"]))
    }
}
