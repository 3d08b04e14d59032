// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Users have notes (version 10).
    @Sendable
    static func addUserNotes(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE user ADD COLUMN notes TEXT NOT NULL DEFAULT ''")
    }
}
