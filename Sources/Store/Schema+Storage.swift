// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the tables of storage and templates.
    ///
    /// A pool is known by its place, so that it keeps its number under another name. A template's volumes go by
    /// their names on the node, for they outlive what is known of them here.
    @Sendable
    static func addStorage(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE storagePool (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
                    mechanism TEXT NOT NULL CHECK (mechanism <> ''),
                    place TEXT NOT NULL CHECK (place <> ''),
                    lastSeenAt INTEGER NOT NULL,
                    UNIQUE (node, mechanism, place)
                ) STRICT;
                CREATE TABLE storageVolume (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    pool INTEGER NOT NULL REFERENCES storagePool (id) ON DELETE CASCADE,
                    name TEXT NOT NULL CHECK (name <> ''),
                    lastSeenAt INTEGER NOT NULL,
                    UNIQUE (pool, name)
                ) STRICT;
                CREATE TABLE template (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
                    name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 64),
                    description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
                    uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36 AND uuid = lower(uuid)),
                    definition TEXT NOT NULL CHECK (definition <> ''),
                    osType TEXT NOT NULL,
                    architecture TEXT NOT NULL,
                    vcpus INTEGER,
                    memoryKiB INTEGER,
                    maxMemoryKiB INTEGER,
                    createdAt INTEGER NOT NULL,
                    UNIQUE (node, name)
                ) STRICT;
                CREATE TABLE templateDisk (
                    template INTEGER NOT NULL REFERENCES template (id) ON DELETE CASCADE,
                    target TEXT NOT NULL,
                    isOwn INTEGER NOT NULL CHECK (isOwn IN (0, 1)),
                    path TEXT,
                    pool TEXT,
                    volume TEXT,
                    format TEXT,
                    capacityBytes INTEGER,
                    PRIMARY KEY (template, target),
                    CHECK (isOwn = 0 OR (path IS NOT NULL AND pool IS NOT NULL AND volume IS NOT NULL
                        AND format IS NOT NULL AND capacityBytes IS NOT NULL))
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE templateInterface (
                    template INTEGER NOT NULL REFERENCES template (id) ON DELETE CASCADE,
                    place INTEGER NOT NULL,
                    type TEXT NOT NULL,
                    source TEXT,
                    model TEXT,
                    PRIMARY KEY (template, place)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
