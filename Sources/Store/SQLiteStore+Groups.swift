// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Model

extension SQLiteStore {
    /// Makes a group; throws `conflict` where the name is taken.
    package func insertGroup(name: String, description: String) async throws -> Group {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO userGroup (name, description) VALUES (?, ?)", arguments: [name, description])
            return Group(id: GroupID(db.lastInsertedRowID), name: name, description: description)
        }
    }

    /// Writes a group's name and description.
    ///
    /// - Throws: `notFound` where the group is gone, `conflict` where the name is taken.
    package func updateGroup(_ id: GroupID, name: String, description: String) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE userGroup SET name = ?, description = ? WHERE id = ?",
                arguments: [name, description, id.number])
            try Self.requireGroup(db)
        }
    }

    /// Removes a group with its memberships and privileges; throws `notFound` where it is gone.
    package func removeGroup(_ id: GroupID) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM userGroup WHERE id = ?", arguments: [id.number])
            try Self.requireGroup(db)
        }
    }

    /// Puts a user into a group; throws `notFound` where one of them is gone.
    package func addMember(_ user: UserID, to group: GroupID) async throws {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO membership (userGroup, user) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [group.number, user.number])
        }
    }

    /// Takes a user out of a group.
    package func removeMember(_ user: UserID, from group: GroupID) async throws {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM membership WHERE userGroup = ? AND user = ?",
                arguments: [group.number, user.number])
        }
    }

    private static func requireGroup(_ db: Database) throws {
        guard db.changesCount > 0 else {
            throw GatehouseError(.notFound, "There is no such group. Reload the list of groups.")
        }
    }
}

/// A row of `userGroup`.
struct GroupRow: FetchableRecord {
    /// The group, without members.
    let group: Group

    /// Reads a row.
    init(row: Row) {
        group = Group(id: GroupID(row["id"]), name: row["name"], description: row["description"])
    }

    /// Every group with its members.
    static func groups(_ db: Database) throws -> [Group] {
        var members: [GroupID: Set<UserID>] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT userGroup, user FROM membership") {
            members[GroupID(row["userGroup"]), default: []].insert(UserID(row["user"]))
        }
        return try fetchAll(db, sql: "SELECT * FROM userGroup ORDER BY id").map { row in
            var group = row.group
            group.members = members[group.id] ?? []
            return group
        }
    }
}
