// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Model

extension SQLiteStore: NetworkRepository {
    /// What is kept of the networks of those names, in their order; only those that are new are written.
    package func declareNetworks(_ names: [String], on node: NodeID) async throws -> [NetworkRecord] {
        let kept = try await networks(of: node)
        var byName = Dictionary(kept.map { ($0.name, $0) }) { first, _ in first }
        let new = names.filter { byName[$0] == nil }
        if !new.isEmpty {
            let made = try await write { db in
                for name in new {
                    try db.execute(
                        sql: "INSERT INTO network (node, name) VALUES (?, ?) ON CONFLICT (node, name) DO NOTHING",
                        arguments: [node.number, name])
                }
                return try Self.networks(of: node, db)
            }
            for record in made { byName[record.name] = record }
        }
        return names.compactMap { byName[$0] }
    }

    /// What is kept of the networks of a node, by number.
    package func networks(of node: NodeID) async throws -> [NetworkRecord] {
        try await read { db in try Self.networks(of: node, db) }
    }

    private static func networks(of node: NodeID, _ db: Database) throws -> [NetworkRecord] {
        try NetworkRow.fetchAll(
            db, sql: "SELECT * FROM network WHERE node = ? ORDER BY id", arguments: [node.number]
        ).map(\.record)
    }

    /// Replaces what people wrote about a network; throws `notFound` where it is not kept.
    package func setDescription(_ description: String, of id: NetworkID) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE network SET description = ? WHERE id = ?", arguments: [description, id.number])
            guard db.changesCount > 0 else { throw GatehouseError.networkNotFound }
        }
    }

    /// Makes a network the default of its node; throws `notFound` where it is not kept.
    package func setDefaultNetwork(_ id: NetworkID) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE network SET isDefault = 0
                    WHERE isDefault AND id <> :id AND node = (SELECT node FROM network WHERE id = :id)
                    """,
                arguments: ["id": id.number])
            try db.execute(sql: "UPDATE network SET isDefault = 1 WHERE id = ?", arguments: [id.number])
            guard db.changesCount > 0 else { throw GatehouseError.networkNotFound }
        }
    }

    /// Forgets a network; one that is not kept is forgotten already.
    package func removeNetwork(_ id: NetworkID) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM network WHERE id = ?", arguments: [id.number])
        }
    }
}

/// A row of `network`.
private struct NetworkRow: FetchableRecord {
    let record: NetworkRecord

    init(row: Row) throws {
        record = NetworkRecord(
            id: NetworkID(row["id"]), node: NodeID(row["node"]), name: row["name"], description: row["description"],
            isDefault: row["isDefault"])
    }
}
