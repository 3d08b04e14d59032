// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: AuditRepository {
    /// Matches the partial index `auditEntryRefusedLogin`: what somebody without an account can cause.
    private static let refusedLogin =
        "outcome = 'refused' AND action IN ('session.login', 'session.resume', 'setup.complete')"

    /// Adds entries; details are cut to 500 characters.
    ///
    /// What was done is written down even where the caller was cancelled meanwhile.
    /// Of refused `session.login`, `session.resume` and `setup.complete` the newest `maximumRefusals` stay.
    package func append(_ entries: [AuditEntry], maximumRefusals: Int) async throws {
        guard !entries.isEmpty else { return }
        try await writeToTheEnd { db in
            let statement = try db.makeStatement(
                sql: """
                    INSERT INTO auditEntry (at, user, address, action, target, outcome, detail)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
            for entry in entries {
                try statement.execute(arguments: [
                    entry.at.milliseconds, entry.user, entry.address, entry.action, entry.target,
                    entry.outcome.rawValue, entry.detail?.cut(to: 500),
                ])
            }
            guard entries.contains(where: { $0.outcome == .refused }) else { return }
            try db.execute(
                sql: """
                    DELETE FROM auditEntry WHERE id IN
                    (SELECT id FROM auditEntry WHERE \(Self.refusedLogin) ORDER BY id DESC LIMIT -1 OFFSET ?)
                    """,
                arguments: [max(0, maximumRefusals)])
        }
    }

    /// Entries, newest first; the limit is held within 1 to 500.
    package func entries(_ filter: AuditFilter) async throws -> (entries: [AuditEntry], more: Bool) {
        let limit = min(max(filter.limit, 1), 500)
        let targets = Dictionary(
            uniqueKeysWithValues: filter.targets.enumerated().map { ("target\($0.offset)", $0.element) })
        let ofTargets = targets.isEmpty ? "" : "AND (\(targets.keys.map(Self.isOf).joined(separator: " OR ")))"
        let entries = try await read { db in
            try AuditRow.fetchAll(
                db,
                sql: """
                    SELECT * FROM auditEntry
                    WHERE id < :before
                    AND (:user IS NULL OR user = :user)
                    AND (:action IS NULL OR substr(action, 1, length(:action)) = :action)
                    \(ofTargets)
                    ORDER BY id DESC LIMIT :limit
                    """,
                arguments: [
                    "before": filter.before ?? Int64.max, "user": filter.user, "action": filter.action,
                    "limit": limit + 1,
                ] + StatementArguments(targets)
            ).map(\.entry)
        }
        return (Array(entries.prefix(limit)), entries.count > limit)
    }

    /// The condition that the first thing that an entry names is the one in an argument.
    ///
    /// More things follow after a space, of which `!` is the next character; the index `auditEntryByTarget` is used.
    private static func isOf(_ argument: String) -> String {
        let target = "target COLLATE NOCASE"
        return "\(target) = :\(argument) OR (\(target) > :\(argument) || ' ' AND \(target) < :\(argument) || '!')"
    }
}

/// A row of `auditEntry`.
private struct AuditRow: FetchableRecord {
    let entry: AuditEntry

    init(row: Row) throws {
        guard let outcome = AuditOutcome(rawValue: row["outcome"]) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown outcome. Restore a backup.")
        }
        entry = AuditEntry(
            id: row["id"], at: Date(milliseconds: row["at"]), user: row["user"], address: row["address"],
            action: row["action"], target: row["target"], outcome: outcome, detail: row["detail"])
    }
}
