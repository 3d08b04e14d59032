// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore {
    /// Gives a privilege; an earlier one of the same grantee on the same target keeps its number.
    ///
    /// - Throws: `notFound` where the grantee or the target is not kept.
    package func grantPrivilege(
        to grantee: Grantee, on target: PrivilegeTarget, level: AccessLevel
    ) async throws -> Privilege {
        try await write { db in
            let columns = PrivilegeRow.columns(grantee, target)
            let number = try Int64.fetchOne(
                db,
                sql: """
                    INSERT INTO privilege (user, userGroup, node, machine, level) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (node, ifnull(machine, ''), ifnull(user, 0), ifnull(userGroup, 0))
                    DO UPDATE SET level = excluded.level
                    RETURNING id
                    """,
                arguments: columns + [level.rawValue])
            guard let number else {
                throw GatehouseError(.storageFailed, "The privilege was not kept. Try again.")
            }
            return Privilege(id: PrivilegeID(number), grantee: grantee, target: target, level: level)
        }
    }

    /// Takes a privilege back.
    package func revokePrivilege(_ id: PrivilegeID) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM privilege WHERE id = ?", arguments: [id.number])
        }
    }
}

/// A row of `privilege`.
struct PrivilegeRow: FetchableRecord {
    /// The privilege.
    let privilege: Privilege

    /// Reads a row.
    init(row: Row) throws {
        let user: Int64? = row["user"]
        let machine: String? = row["machine"]
        let node = NodeID(row["node"])
        privilege = Privilege(
            id: PrivilegeID(row["id"]),
            grantee: user.map { .user(UserID($0)) } ?? .group(GroupID(row["userGroup"])),
            target: try machine.map { .machine(try MachineID(node: node, kept: $0)) } ?? .node(node),
            level: try AccessLevel(kept: row["level"]))
    }

    /// The values of `user`, `userGroup`, `node` and `machine`.
    static func columns(_ grantee: Grantee, _ target: PrivilegeTarget) -> StatementArguments {
        let who: StatementArguments =
            switch grantee {
            case .user(let id): [id.number, nil]
            case .group(let id): [nil, id.number]
            }
        let what: StatementArguments =
            switch target {
            case .node(let id): [id.number, nil]
            case .machine(let id): [id.node.number, id.uuid.text]
            }
        return who + what
    }
}

extension MachineID {
    /// The machine whose UUID was kept as that text.
    init(node: NodeID, kept text: String) throws {
        guard let uuid = UUID(uuidString: text) else {
            throw GatehouseError(.storageFailed, "The database holds a UUID that is none. Restore a backup.")
        }
        self.init(node: node, uuid: uuid)
    }
}
