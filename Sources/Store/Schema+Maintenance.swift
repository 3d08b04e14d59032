// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the tables of nodes in maintenance and of what was done with their machines (version 8).
    ///
    /// A machine does not refer to the table of machines: it may be on another node meanwhile.
    @Sendable
    static func addMaintenance(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE maintenance (
                    node INTEGER PRIMARY KEY REFERENCES node (id) ON DELETE CASCADE,
                    since INTEGER NOT NULL,
                    startedBy TEXT NOT NULL,
                    policy TEXT NOT NULL CHECK (policy IN ('migrate', 'save', 'pause', 'shutdown')),
                    phase TEXT NOT NULL CHECK (phase IN ('entering', 'entered', 'leaving')),
                    job INTEGER
                ) STRICT;
                CREATE TABLE maintainedMachine (
                    node INTEGER NOT NULL REFERENCES maintenance (node) ON DELETE CASCADE,
                    uuid TEXT NOT NULL CHECK (length(uuid) = 36 AND uuid = lower(uuid)),
                    name TEXT NOT NULL,
                    deed TEXT NOT NULL CHECK (deed IN ('moved', 'saved', 'paused', 'shutDown')),
                    destination INTEGER REFERENCES node (id) ON DELETE SET NULL,
                    PRIMARY KEY (node, uuid)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX maintainedMachineByDestination ON maintainedMachine (destination);
                """)
    }
}
