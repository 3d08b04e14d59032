// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the table of volumes that are being made, so that one that a crash left half done is known.
    @Sendable
    static func addVolumeMaking(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE volumeMaking (
                    node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
                    pool TEXT NOT NULL CHECK (pool <> ''),
                    volume TEXT NOT NULL CHECK (volume <> ''),
                    PRIMARY KEY (node, pool, volume)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
