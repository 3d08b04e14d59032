// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Model

extension SQLiteStore: SettingRepository {
    /// Every value that is kept; a number without a fraction comes back as a whole one.
    package func settings() async throws -> [String: JSONValue] {
        try await read { db in
            var settings: [String: JSONValue] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT name, value FROM setting") {
                settings[row["name"]] = try KeptJSON(text: row["value"]).value
            }
            return settings
        }
    }

    /// Keeps a value, or forgets it for nil.
    package func setSetting(_ name: String, to value: JSONValue?) async throws {
        let text = try value.map { try KeptJSON($0).text() }
        try await write { db in
            if let text {
                try db.execute(
                    sql: """
                        INSERT INTO setting (name, value) VALUES (?, ?)
                        ON CONFLICT (name) DO UPDATE SET value = excluded.value
                        """,
                    arguments: [name, text])
            } else {
                try db.execute(sql: "DELETE FROM setting WHERE name = ?", arguments: [name])
            }
        }
    }

    /// The version of the layout, as the database itself records it.
    package func schemaVersion() async throws -> Int {
        let migrator = schema.migrator
        return try await read { db in try migrator.appliedMigrations(db).count }
    }
}
