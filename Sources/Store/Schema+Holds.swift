// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Lets jobs be on hold (version 4).
    @Sendable
    static func addHolds(_ db: Database) throws {
        try db.execute(
            sql: "ALTER TABLE job ADD COLUMN isOnHold INTEGER NOT NULL DEFAULT 0 CHECK (isOnHold IN (0, 1))")
    }
}
