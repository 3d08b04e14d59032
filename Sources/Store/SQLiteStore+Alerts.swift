// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: AlertRepository {
    /// The alerts that are not over, oldest first.
    package func openAlerts() async throws -> [Alert] {
        try await read { db in
            try AlertRow.fetchAll(
                db, sql: "SELECT *, 0 AS isAcknowledged FROM alert WHERE clearedAt IS NULL ORDER BY id"
            )
            .map(\.alert.alert)
        }
    }

    /// Keeps alerts with a copy for each user; a message is cut to 500 characters.
    package func insertAlerts(_ alerts: [NewAlert], maximumPerUser maximum: Int) async throws -> [Alert?] {
        try await write { db in
            let kept = try alerts.map { try Self.insert($0, db) }
            for user in Set(alerts.flatMap(\.users)) {
                try db.execute(
                    sql: """
                        DELETE FROM alertCopy WHERE user = :user AND alert <=
                        (SELECT alert FROM alertCopy WHERE user = :user ORDER BY alert DESC LIMIT 1 OFFSET :maximum)
                        """,
                    arguments: ["user": user.number, "maximum": max(1, maximum)])
            }
            return kept
        }
    }

    private static func insert(_ alert: NewAlert, _ db: Database) throws -> Alert? {
        let message = String(alert.message.prefix(500))
        let machine = alert.condition.subject.machine?.uuid.text
        // Only where what it refers to is there, and no other of the condition is open.
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO alert (at, kind, node, machine, name, message)
                SELECT :at, :kind, id, :machine, :name, :message FROM node WHERE id = :node AND (:machine IS NULL
                OR EXISTS (SELECT 1 FROM machine WHERE machine.node = :node AND machine.uuid = :machine))
                """,
            arguments: [
                "at": alert.at.milliseconds, "kind": alert.condition.kind.rawValue,
                "node": alert.condition.subject.node.number, "machine": machine, "name": alert.name,
                "message": message,
            ])
        guard db.changesCount > 0 else { return nil }
        let id = db.lastInsertedRowID
        for user in alert.users {
            try db.execute(
                sql: "INSERT INTO alertCopy (user, alert) SELECT id, ? FROM user WHERE id = ?",
                arguments: [id, user.number])
        }
        return Alert(
            id: AlertID(id), at: alert.at.kept, condition: alert.condition, name: alert.name, message: message)
    }

    /// Says that alerts are over; gives those who have a copy of one of them, by number.
    package func clearAlerts(_ ids: [AlertID], at date: Date) async throws -> [UserID] {
        try await write { db in
            var users: Set<Int64> = []
            for id in ids {
                try db.execute(
                    sql: "UPDATE alert SET clearedAt = ? WHERE id = ? AND clearedAt IS NULL",
                    arguments: [date.milliseconds, id.number])
                users.formUnion(
                    try Int64.fetchAll(
                        db, sql: "SELECT user FROM alertCopy WHERE alert = ? AND deletedAt IS NULL",
                        arguments: [id.number]))
            }
            return users.sorted().map { UserID($0) }
        }
    }

    /// The newest alerts, newest first: one user's copies, or for nil all alerts, none of them acknowledged.
    package func alerts(of user: UserID?, limit: Int) async throws -> [UserAlert] {
        try await read { db in
            guard let user else {
                return try AlertRow.fetchAll(
                    db, sql: "SELECT *, 0 AS isAcknowledged FROM alert ORDER BY id DESC LIMIT ?", arguments: [limit]
                ).map(\.alert)
            }
            return try AlertRow.fetchAll(
                db,
                sql: """
                    SELECT alert.*, c.acknowledgedAt IS NOT NULL AS isAcknowledged
                    FROM alertCopy AS c JOIN alert ON alert.id = c.alert
                    WHERE c.user = ? AND c.deletedAt IS NULL ORDER BY c.alert DESC LIMIT ?
                    """,
                arguments: [user.number, limit]
            ).map(\.alert)
        }
    }

    /// Marks a user's copy of one alert, or for nil of all, as acknowledged; gives whether there was any.
    package func acknowledgeAlert(_ id: AlertID?, of user: UserID, at date: Date) async throws -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE alertCopy SET acknowledgedAt = ifnull(acknowledgedAt, :at)
                    WHERE user = :user AND deletedAt IS NULL AND (:alert IS NULL OR alert = :alert)
                    """,
                arguments: ["at": date.milliseconds, "user": user.number, "alert": id?.number])
            return db.changesCount > 0
        }
    }

    /// Notes that a user deleted his copy; gives whether there was one that he had not.
    package func deleteAlert(_ id: AlertID, of user: UserID, at date: Date) async throws -> Bool {
        try await write { db in
            try db.execute(
                sql: "UPDATE alertCopy SET deletedAt = ? WHERE user = ? AND alert = ? AND deletedAt IS NULL",
                arguments: [date.milliseconds, user.number, id.number])
            return db.changesCount > 0
        }
    }

    /// The newest alerts with a lower number, newest first, each with every user's copy, deleted ones too.
    package func alertsWithCopies(before: Int64, limit: Int) async throws -> [AlertWithCopies] {
        try await read { db in
            let copies = try db.makeStatement(
                sql: """
                    SELECT user, acknowledgedAt IS NOT NULL AS isAcknowledged, deletedAt IS NOT NULL AS isDeleted
                    FROM alertCopy WHERE alert = ? ORDER BY user
                    """)
            return try AlertRow.fetchAll(
                db, sql: "SELECT *, 0 AS isAcknowledged FROM alert WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [before, limit]
            ).map { row in
                let alert = row.alert.alert
                return AlertWithCopies(
                    alert: alert,
                    copies: try Row.fetchAll(copies, arguments: [alert.id.number]).map { row in
                        AlertWithCopies.Copy(
                            user: UserID(row["user"]), isAcknowledged: row["isAcknowledged"],
                            isDeleted: row["isDeleted"])
                    })
            }
        }
    }

    /// Forgets alerts that were over before that time, at most a thousand; gives how many.
    package func pruneAlerts(clearedBefore date: Date) async throws -> Int {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE clearedAt < ? LIMIT 1000)",
                arguments: [date.milliseconds])
            return db.changesCount
        }
    }
}

/// A row of `alert`, with what a user did to his copy.
private struct AlertRow: FetchableRecord {
    let alert: UserAlert

    init(row: Row) throws {
        guard let kind = AlertKind(rawValue: row["kind"]) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown kind of alert. Restore a backup.")
        }
        let node = NodeID(row["node"])
        let machine = try (row["machine"] as String?).map { try MachineID(node: node, kept: $0) }
        let condition = AlertCondition(kind: kind, subject: machine.map(SampleSubject.machine) ?? .node(node))
        alert = UserAlert(
            alert: Alert(
                id: AlertID(row["id"]), at: Date(milliseconds: row["at"]), condition: condition, name: row["name"],
                message: row["message"], clearedAt: (row["clearedAt"] as Int64?).map { Date(milliseconds: $0) }),
            isAcknowledged: row["isAcknowledged"])
    }
}
