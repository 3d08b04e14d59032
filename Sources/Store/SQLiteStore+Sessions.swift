// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: SessionRepository {
    /// The sessions whose absolute life has not ended, oldest first.
    package func sessions(at now: Date) async throws -> [Session] {
        try await read { db in
            try SessionRow.fetchAll(
                db, sql: "SELECT * FROM session WHERE expiresAt > ? ORDER BY createdAt, id",
                arguments: [now.milliseconds]
            ).map(\.session)
        }
    }

    /// Keeps a session, cutting its user agent to 200 characters, and drops those that ended before it began.
    ///
    /// - Throws: `notFound` where the user is gone, `conflict` where the name or the token is known already.
    package func insertSession(_ session: Session) async throws {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM session WHERE expiresAt <= ?", arguments: [session.createdAt.milliseconds])
            try db.execute(
                sql: """
                    INSERT INTO session
                    (id, tokenHash, user, kind, createdAt, lastActiveAt, expiresAt, address, userAgent)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    session.id.text, Data(session.tokenHash), session.user.number, session.kind,
                    session.createdAt.milliseconds, session.lastActiveAt.milliseconds,
                    session.expiresAt.milliseconds, session.address, session.userAgent.cut(to: 200),
                ])
        }
    }

    /// Forgets sessions; unknown ones do not matter.
    package func removeSessions(_ ids: [SessionID]) async throws {
        guard !ids.isEmpty else { return }
        try await write { db in
            let statement = try db.makeStatement(sql: "DELETE FROM session WHERE id = ?")
            for id in ids { try statement.execute(arguments: [id.text]) }
        }
    }

    /// Writes when sessions were last active; an earlier time than the kept one changes nothing.
    package func noteActivity(_ times: [SessionID: Date]) async throws {
        guard !times.isEmpty else { return }
        try await write { db in
            let statement = try db.makeStatement(
                sql: "UPDATE session SET lastActiveAt = max(lastActiveAt, ?) WHERE id = ?")
            for (id, time) in times { try statement.execute(arguments: [time.milliseconds, id.text]) }
        }
    }
}

/// A row of `session`.
private struct SessionRow: FetchableRecord {
    let session: Session

    init(row: Row) {
        let hash: Data = row["tokenHash"]
        session = Session(
            id: SessionID(row["id"]), tokenHash: [UInt8](hash), user: UserID(row["user"]), kind: row["kind"],
            createdAt: Date(milliseconds: row["createdAt"]), lastActiveAt: Date(milliseconds: row["lastActiveAt"]),
            expiresAt: Date(milliseconds: row["expiresAt"]), address: row["address"], userAgent: row["userAgent"])
    }
}

extension String {
    /// The text, cut to that many characters as SQLite counts them.
    func cut(to count: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.prefix(count))) }
}
