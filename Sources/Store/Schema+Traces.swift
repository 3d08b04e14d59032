// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Keeps what users delete of their alerts as deleted, and finds what was done to a machine (version 5).
    @Sendable
    static func addTraces(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alertCopy ADD COLUMN deletedAt INTEGER")
        try db.execute(sql: "CREATE INDEX auditEntryByTarget ON auditEntry (target COLLATE NOCASE, id)")
    }
}
