// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: AccountRepository {
    /// Reads users, groups and privileges in one snapshot, each in the order of their numbers.
    package func accessTable() async throws -> AccessTable {
        try await read { db in
            AccessTable(
                users: try UserRow.fetchAll(db, sql: "SELECT * FROM user ORDER BY id").map(\.user),
                groups: try GroupRow.groups(db),
                privileges: try PrivilegeRow.fetchAll(db, sql: "SELECT * FROM privilege ORDER BY id").map(\.privilege))
        }
    }

    /// Makes a user; throws `conflict` where the name is taken.
    package func insertUser(_ user: NewUser, passwordHash: String, at now: Date) async throws -> User {
        try await write { db in try Self.insert(user, passwordHash: passwordHash, at: now, db) }
    }

    /// Makes the first superuser; its level is `superUser` and it is active, whatever was asked for.
    package func insertFirstUser(
        _ user: NewUser, passwordHash: String, setupTokenHash: [UInt8], at now: Date
    ) async throws -> User {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM setupToken WHERE hash = ? AND expiresAt > ?",
                arguments: [Data(setupTokenHash), now.milliseconds])
            guard db.changesCount == 1 else {
                throw GatehouseError(
                    .expired, "This set-up link is not valid any more. Use the newest one from Gatehouse's log.")
            }
            guard try Self.activeSuperUsers(db) == 0 else {
                throw GatehouseError(.conflict, "Gatehouse is set up already. Log in instead.")
            }
            var first = user
            (first.level, first.isActive) = (.superUser, true)
            return try Self.insert(first, passwordHash: passwordHash, at: now, db)
        }
    }

    /// Keeps the hash of the one set-up token.
    package func setSetupToken(hash: [UInt8], expiresAt: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO setupToken (id, hash, expiresAt) VALUES (1, ?, ?)",
                arguments: [Data(hash), expiresAt.milliseconds])
        }
    }

    /// Writes name, given name, mail, level, activity, language and notes; the times stay as they are kept.
    ///
    /// - Throws: `notFound` where the user is gone, `conflict` for a taken name or the last active superuser.
    package func updateUser(_ user: User) async throws {
        try await write { db in
            try Self.keepingSuperUser(db) {
                try db.execute(
                    sql: """
                        UPDATE user SET name = ?, givenName = ?, email = ?, level = ?, isActive = ?, language = ?,
                            notes = ?
                        WHERE id = ?
                        """,
                    arguments: [
                        user.name, user.givenName, user.email, user.level.rawValue, user.isActive, user.language,
                        user.notes, user.id.number,
                    ])
                try Self.requireUser(db)
            }
        }
    }

    /// Removes a user with its memberships, privileges, sessions and console locks.
    ///
    /// - Throws: `notFound` where the user is gone, `conflict` for the last active superuser.
    package func removeUser(_ id: UserID) async throws {
        try await write { db in
            try Self.keepingSuperUser(db) {
                try db.execute(sql: "DELETE FROM user WHERE id = ?", arguments: [id.number])
                try Self.requireUser(db)
            }
        }
    }

    /// The password hash of a user, or nil where the user is gone.
    package func passwordHash(of id: UserID) async throws -> String? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT passwordHash FROM user WHERE id = ?", arguments: [id.number])
        }
    }

    /// Replaces a password hash; throws `notFound` where the user is gone.
    package func setPasswordHash(_ hash: String, of id: UserID) async throws {
        try await write { db in
            try db.execute(sql: "UPDATE user SET passwordHash = ? WHERE id = ?", arguments: [hash, id.number])
            try Self.requireUser(db)
        }
    }

    /// Notes a login; throws `notFound` where the user is gone.
    package func noteLogin(of id: UserID, at now: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE user SET lastLoginAt = ? WHERE id = ?", arguments: [now.milliseconds, id.number])
            try Self.requireUser(db)
        }
    }

    private static func insert(_ user: NewUser, passwordHash: String, at now: Date, _ db: Database) throws -> User {
        try db.execute(
            sql: """
                INSERT INTO user (name, givenName, email, level, language, notes, isActive, passwordHash, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                user.name, user.givenName, user.email, user.level.rawValue, user.language, user.notes, user.isActive,
                passwordHash, now.milliseconds,
            ])
        return User(
            id: UserID(db.lastInsertedRowID), name: user.name, givenName: user.givenName, email: user.email,
            level: user.level, isActive: user.isActive, language: user.language, notes: user.notes,
            createdAt: now.kept)
    }

    private static func activeSuperUsers(_ db: Database) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM user WHERE level = ? AND isActive",
            arguments: [AccessLevel.superUser.rawValue]) ?? 0
    }

    /// Undoes a change that would leave a Gatehouse that has an active superuser without one.
    private static func keepingSuperUser(_ db: Database, _ change: () throws -> Void) throws {
        let before = try activeSuperUsers(db)
        try change()
        guard try before == 0 || activeSuperUsers(db) > 0 else {
            throw GatehouseError(
                .conflict, "This is the last active superuser. Make another user a superuser first.")
        }
    }

    private static func requireUser(_ db: Database) throws {
        guard db.changesCount > 0 else {
            throw GatehouseError(.notFound, "There is no such user. Reload the list of users.")
        }
    }
}

/// A row of `user`, without its secret.
private struct UserRow: FetchableRecord {
    let user: User

    init(row: Row) throws {
        let lastLogin: Int64? = row["lastLoginAt"]
        user = User(
            id: UserID(row["id"]), name: row["name"], givenName: row["givenName"], email: row["email"],
            level: try AccessLevel(kept: row["level"]), isActive: row["isActive"], language: row["language"],
            notes: row["notes"], createdAt: Date(milliseconds: row["createdAt"]),
            lastLoginAt: lastLogin.map(Date.init(milliseconds:)))
    }
}

extension AccessLevel {
    /// The level that was kept as that number.
    init(kept number: Int) throws {
        guard let level = AccessLevel(rawValue: number) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown level. Restore a backup.")
        }
        self = level
    }
}
