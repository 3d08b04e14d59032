// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the tables of samples and alerts.
    ///
    /// Samples lie in the order of time, all machines of one moment side by side, so that an append
    /// touches a few pages and not one for each machine. A machine goes by a short number that is never
    /// given twice: samples of a machine that was forgotten can not be reached from that moment on, and
    /// leave with their age.
    @Sendable
    static func addSamples(_ db: Database) throws {
        for sql in [samples, alerts] { try db.execute(sql: sql) }
    }

    // Times are whole seconds since 1970, percentages hundredths, traffic whole bytes a second.
    private static let samples = """
        CREATE TABLE sampledMachine (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            node INTEGER NOT NULL,
            uuid TEXT NOT NULL,
            UNIQUE (node, uuid),
            FOREIGN KEY (node, uuid) REFERENCES machine (node, uuid) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE nodeSample (
            node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
            resolution INTEGER NOT NULL CHECK (resolution IN (10, 60, 900)),
            at INTEGER NOT NULL,
            cpu INTEGER,
            memory INTEGER,
            load INTEGER,
            diskRead INTEGER,
            diskWrite INTEGER,
            netReceived INTEGER,
            netSent INTEGER,
            PRIMARY KEY (node, resolution, at)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE machineSample (
            node INTEGER NOT NULL,
            resolution INTEGER NOT NULL CHECK (resolution IN (10, 60, 900)),
            at INTEGER NOT NULL,
            machine INTEGER NOT NULL,
            cpu INTEGER,
            memory INTEGER,
            diskRead INTEGER,
            diskWrite INTEGER,
            netReceived INTEGER,
            netSent INTEGER,
            PRIMARY KEY (node, resolution, at, machine)
        ) STRICT, WITHOUT ROWID;
        """

    private static let alerts = """
        CREATE TABLE alert (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('cpu', 'memory', 'disk', 'unreachable', 'crashed')),
            node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
            machine TEXT,
            name TEXT NOT NULL,
            message TEXT NOT NULL CHECK (length(message) <= 500),
            clearedAt INTEGER,
            FOREIGN KEY (node, machine) REFERENCES machine (node, uuid) ON DELETE CASCADE
        ) STRICT;
        CREATE UNIQUE INDEX alertOnce ON alert (node, ifnull(machine, ''), kind) WHERE clearedAt IS NULL;
        CREATE INDEX alertByMachine ON alert (node, machine);
        CREATE INDEX alertByEnd ON alert (clearedAt) WHERE clearedAt IS NOT NULL;
        CREATE TABLE alertCopy (
            user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            alert INTEGER NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
            acknowledgedAt INTEGER,
            PRIMARY KEY (user, alert)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX alertCopyByAlert ON alertCopy (alert);
        """
}
