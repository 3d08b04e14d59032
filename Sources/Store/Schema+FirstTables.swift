// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the tables of version 1.
    ///
    /// Tables are named for the things of the house, singular; `group` is a word of SQL, hence
    /// `userGroup`. Times are milliseconds since 1970, levels the numbers of `AccessLevel`, UUIDs lower case.
    /// NOCASE folds ASCII letters only.
    @Sendable
    static func makeFirstTables(_ db: Database) throws {
        for sql in [accounts, rights, sessions, inventory, grants, consoles, log] { try db.execute(sql: sql) }
    }

    private static let accounts = """
        CREATE TABLE user (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
            givenName TEXT NOT NULL DEFAULT '',
            email TEXT NOT NULL DEFAULT '',
            level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 6),
            isActive INTEGER NOT NULL DEFAULT 1 CHECK (isActive IN (0, 1)),
            language TEXT NOT NULL DEFAULT 'en',
            passwordHash TEXT NOT NULL CHECK (passwordHash <> ''),
            createdAt INTEGER NOT NULL,
            lastLoginAt INTEGER
        ) STRICT;
        CREATE TABLE setupToken (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            hash BLOB NOT NULL CHECK (length(hash) > 0),
            expiresAt INTEGER NOT NULL
        ) STRICT;
        """

    private static let rights = """
        CREATE TABLE userGroup (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
            description TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE TABLE membership (
            userGroup INTEGER NOT NULL REFERENCES userGroup (id) ON DELETE CASCADE,
            user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            PRIMARY KEY (userGroup, user)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX membershipByUser ON membership (user);
        """

    private static let sessions = """
        CREATE TABLE session (
            id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
            tokenHash BLOB NOT NULL UNIQUE CHECK (length(tokenHash) > 0),
            user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind <> ''),
            createdAt INTEGER NOT NULL,
            lastActiveAt INTEGER NOT NULL,
            expiresAt INTEGER NOT NULL,
            address TEXT NOT NULL,
            userAgent TEXT NOT NULL CHECK (length(userAgent) <= 200)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessionByUser ON session (user);
        CREATE INDEX sessionByEnd ON session (expiresAt);
        """

    private static let inventory = """
        CREATE TABLE node (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 255),
            kind TEXT NOT NULL CHECK (kind IN ('libvirt', 'static')),
            isEnabled INTEGER NOT NULL DEFAULT 1 CHECK (isEnabled IN (0, 1))
        ) STRICT;
        CREATE TABLE machine (
            node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
            uuid TEXT NOT NULL CHECK (length(uuid) = 36 AND uuid = lower(uuid)),
            name TEXT NOT NULL,
            notes TEXT NOT NULL DEFAULT '',
            isDuplicate INTEGER NOT NULL DEFAULT 0 CHECK (isDuplicate IN (0, 1)),
            lastSeenAt INTEGER NOT NULL,
            PRIMARY KEY (node, uuid)
        ) STRICT;
        CREATE INDEX machineByUUID ON machine (uuid);
        """

    private static let grants = """
        CREATE TABLE privilege (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user INTEGER REFERENCES user (id) ON DELETE CASCADE,
            userGroup INTEGER REFERENCES userGroup (id) ON DELETE CASCADE,
            node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
            machine TEXT,
            level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 6),
            CHECK ((user IS NULL) <> (userGroup IS NULL)),
            FOREIGN KEY (node, machine) REFERENCES machine (node, uuid) ON DELETE CASCADE
        ) STRICT;
        CREATE UNIQUE INDEX privilegeOnce
            ON privilege (node, ifnull(machine, ''), ifnull(user, 0), ifnull(userGroup, 0));
        CREATE INDEX privilegeByMachine ON privilege (node, machine);
        CREATE INDEX privilegeByUser ON privilege (user) WHERE user IS NOT NULL;
        CREATE INDEX privilegeByGroup ON privilege (userGroup) WHERE userGroup IS NOT NULL;
        """

    // A lock does not refer to its machine or session: it may be taken before either is kept.
    private static let consoles = """
        CREATE TABLE consoleLock (
            fence INTEGER PRIMARY KEY AUTOINCREMENT,
            node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
            machine TEXT NOT NULL CHECK (length(machine) = 36 AND machine = lower(machine)),
            type TEXT NOT NULL CHECK (type IN ('vnc', 'text')),
            user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            session TEXT NOT NULL,
            since INTEGER NOT NULL,
            address TEXT NOT NULL,
            UNIQUE (node, machine, type)
        ) STRICT;
        CREATE INDEX consoleLockByUser ON consoleLock (user);
        """

    private static let log = """
        CREATE TABLE auditEntry (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            user TEXT COLLATE NOCASE,
            address TEXT,
            action TEXT NOT NULL CHECK (action <> ''),
            target TEXT,
            outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
            detail TEXT CHECK (length(detail) <= 500)
        ) STRICT;
        CREATE INDEX auditEntryByUser ON auditEntry (user, id);
        CREATE INDEX auditEntryRefusedLogin ON auditEntry (id)
            WHERE outcome = 'refused' AND action IN ('session.login', 'session.resume', 'setup.complete');
        CREATE TABLE setting (
            name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
            value TEXT NOT NULL CHECK (json_valid(value))
        ) STRICT, WITHOUT ROWID;
        """
}
