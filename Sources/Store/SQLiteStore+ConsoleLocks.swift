// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: ConsoleLockRepository {
    /// The kept locks, in the order of their fencing numbers.
    package func locks() async throws -> [ConsoleLockRecord] {
        try await read { db in
            try ConsoleLockRow.fetchAll(db, sql: "SELECT * FROM consoleLock ORDER BY fence").map(\.record)
        }
    }

    /// Keeps a lock with a number higher than any that was ever given, even to locks that are gone.
    ///
    /// - Throws: `notFound` where the user or the node is gone.
    package func insertLock(
        machine: MachineID, type: ConsoleType, user: UserID, session: SessionID, since: Date, address: String
    ) async throws -> ConsoleLockRecord {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM consoleLock WHERE node = ? AND machine = ? AND type = ?",
                arguments: [machine.node.number, machine.uuid.text, type.rawValue])
            try db.execute(
                sql: """
                    INSERT INTO consoleLock (node, machine, type, user, session, since, address)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    machine.node.number, machine.uuid.text, type.rawValue, user.number, session.text,
                    since.milliseconds, address,
                ])
            return ConsoleLockRecord(
                fence: db.lastInsertedRowID, machine: machine, type: type, user: user, session: session,
                since: since.kept, address: address)
        }
    }

    /// Forgets the lock with that fencing number; a newer one on the same console stays.
    package func removeLock(fence: Int64) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM consoleLock WHERE fence = ?", arguments: [fence])
        }
    }
}

/// A row of `consoleLock`.
private struct ConsoleLockRow: FetchableRecord {
    let record: ConsoleLockRecord

    init(row: Row) throws {
        guard let type = ConsoleType(rawValue: row["type"]) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown console type. Restore a backup.")
        }
        record = ConsoleLockRecord(
            fence: row["fence"], machine: try MachineID(node: NodeID(row["node"]), kept: row["machine"]),
            type: type, user: UserID(row["user"]), session: SessionID(row["session"]),
            since: Date(milliseconds: row["since"]), address: row["address"])
    }
}
