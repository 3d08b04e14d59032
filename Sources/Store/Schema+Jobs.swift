// SPDX-License-Identifier: Apache-2.0

import GRDB

extension Schema {
    /// Makes the tables of jobs (version 2).
    ///
    /// A job outlives its submitter, its machine and its node, so it refers to none of them.
    @Sendable
    static func addJobs(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE job (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    kind TEXT NOT NULL CHECK (kind <> ''),
                    parameters TEXT NOT NULL CHECK (json_type(parameters) = 'object'),
                    isRepeatable INTEGER NOT NULL CHECK (isRepeatable IN (0, 1)),
                    user INTEGER,
                    plugin TEXT,
                    submitter TEXT NOT NULL,
                    node INTEGER,
                    machine TEXT CHECK (length(machine) = 36 AND machine = lower(machine)),
                    machineName TEXT,
                    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
                    notBefore INTEGER,
                    cron TEXT,
                    attempts INTEGER NOT NULL CHECK (attempts BETWEEN 1 AND 10),
                    createdAt INTEGER NOT NULL,
                    status TEXT NOT NULL CHECK (status IN ('inserted', 'fetched', 'enqueued', 'executing', 'completed',
                        'cancelled', 'error', 'launching', 'rescheduled', 'dependencyFailed')),
                    dueAt INTEGER,
                    attempt INTEGER NOT NULL DEFAULT 0,
                    interruptions INTEGER NOT NULL DEFAULT 0,
                    call TEXT NOT NULL CHECK (call IN ('none', 'begun', 'done', 'refused')),
                    fence INTEGER NOT NULL DEFAULT 0,
                    holder TEXT,
                    isCancelRequested INTEGER NOT NULL DEFAULT 0 CHECK (isCancelRequested IN (0, 1)),
                    percent INTEGER CHECK (percent BETWEEN 0 AND 100),
                    message TEXT,
                    output TEXT CHECK (output IS NULL OR json_valid(output)),
                    error TEXT,
                    startedAt INTEGER,
                    finishedAt INTEGER,
                    CHECK (machine IS NULL OR node IS NOT NULL)
                ) STRICT;
                CREATE INDEX jobUnfinished ON job (id)
                    WHERE status IN ('inserted', 'fetched', 'enqueued', 'executing', 'launching', 'rescheduled');
                CREATE INDEX jobFinished ON job (finishedAt, id)
                    WHERE status IN ('completed', 'cancelled', 'error', 'dependencyFailed');
                CREATE INDEX jobByMachine ON job (node, machine, id);
                CREATE INDEX jobByUser ON job (user, id);
                CREATE TABLE jobDependency (
                    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
                    dependency INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
                    PRIMARY KEY (job, dependency)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX jobDependencyByDependency ON jobDependency (dependency);
                CREATE TABLE jobEvent (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
                    at INTEGER NOT NULL,
                    status TEXT NOT NULL,
                    message TEXT NOT NULL CHECK (length(message) <= 500)
                ) STRICT;
                CREATE INDEX jobEventByJob ON jobEvent (job, id);
                """)
    }
}
