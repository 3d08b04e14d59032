// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Model

extension SQLiteStore {
    /// Keeps that volumes are being made.
    ///
    /// - Throws: `notFound` where the node is not kept.
    package func noteMaking(of volumes: [VolumeName], on node: NodeID) async throws {
        try await writeToTheEnd { db in
            for volume in volumes {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO volumeMaking (node, pool, volume) VALUES (?, ?, ?)",
                    arguments: [node.number, volume.pool, volume.name])
            }
        }
    }

    /// Forgets that volumes are being made.
    package func forgetMaking(of volumes: [VolumeName], on node: NodeID) async throws {
        try await writeToTheEnd { db in
            for volume in volumes {
                try db.execute(
                    sql: "DELETE FROM volumeMaking WHERE node = ? AND pool = ? AND volume = ?",
                    arguments: [node.number, volume.pool, volume.name])
            }
        }
    }

    /// The volumes that are being made, by their nodes.
    package func volumesInMaking() async throws -> [NodeID: [VolumeName]] {
        try await read { db in
            var found: [NodeID: [VolumeName]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM volumeMaking ORDER BY node, pool, volume") {
                found[NodeID(row["node"]), default: []].append(VolumeName(pool: row["pool"], name: row["volume"]))
            }
            return found
        }
    }
}
