// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the table of networks (version 6).
    ///
    /// A network is what its node says; kept is only what no node keeps. At most one of a node is its default.
    @Sendable
    static func addNetworks(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE network (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
                    name TEXT NOT NULL CHECK (name <> ''),
                    description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
                    isDefault INTEGER NOT NULL DEFAULT 0 CHECK (isDefault IN (0, 1)),
                    UNIQUE (node, name)
                ) STRICT;
                CREATE UNIQUE INDEX networkDefault ON network (node) WHERE isDefault;
                """)
    }
}
