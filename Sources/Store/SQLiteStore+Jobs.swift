// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: JobRepository {
    /// How many lines of a job's history stay; the oldest go first.
    static let keptJobEvents = 500

    static let unfinished = "'inserted', 'fetched', 'enqueued', 'executing', 'launching', 'rescheduled'"
    private static let finished = "'completed', 'cancelled', 'error', 'dependencyFailed'"

    /// Keeps a new job with its dependencies and its first line.
    ///
    /// - Throws: `notFound` where a dependency is not kept.
    package func insertJob(_ job: Job, message: String) async throws -> Job {
        let row = try JobRow.columns(of: job)
        return try await writeToTheEnd { db in
            let names = row.map(\.name)
            try db.execute(
                sql: """
                    INSERT INTO job (\(names.joined(separator: ", ")))
                    VALUES (\(names.map { ":\($0)" }.joined(separator: ", ")))
                    """,
                arguments: StatementArguments(Dictionary(uniqueKeysWithValues: row.map { ($0.name, $0.value) })))
            let id = JobID(db.lastInsertedRowID)
            for dependency in job.dependencies {
                try db.execute(
                    sql: "INSERT INTO jobDependency (job, dependency) VALUES (?, ?)",
                    arguments: [id.number, dependency.number])
            }
            try Self.append(
                [JobEvent(job: id, at: job.createdAt, status: job.status, message: message)], to: db)
            guard let kept = try Self.job(id, in: db) else {
                throw GatehouseError(.storageFailed, "The job was not kept. Try again.")
            }
            return kept
        }
    }

    /// Replaces jobs, dependencies aside, and adds lines to their histories.
    package func saveJobs(_ jobs: [Job], events: [JobEvent]) async throws {
        let rows = try jobs.map { (id: $0.id, columns: try JobRow.columns(of: $0)) }
        try await writeToTheEnd { db in
            for row in rows {
                let assignments = row.columns.map { "\($0.name) = :\($0.name)" }.joined(separator: ", ")
                let values: [String: (any DatabaseValueConvertible)?] = Dictionary(
                    uniqueKeysWithValues: row.columns.map { ($0.name, $0.value) } + [("id", row.id.number)])
                try db.execute(
                    sql: "UPDATE job SET \(assignments) WHERE id = :id", arguments: StatementArguments(values))
                guard db.changesCount == 1 else { throw GatehouseError.jobNotFound }
            }
            try Self.append(events, to: db)
        }
    }

    /// Every job that is not finished, by number.
    package func unfinishedJobs() async throws -> [Job] {
        try await read { db in
            try Self.jobs(sql: "SELECT * FROM job WHERE status IN (\(Self.unfinished)) ORDER BY id", in: db)
        }
    }

    /// The job of that number.
    package func job(_ id: JobID) async throws -> Job? {
        try await read { db in try Self.job(id, in: db) }
    }

    /// Where jobs stand.
    package func jobStatuses(_ ids: Set<JobID>) async throws -> [JobID: JobStatus] {
        guard !ids.isEmpty else { return [:] }
        let list = try KeptJSON(.array(ids.map { .int($0.number) })).text()
        return try await read { db in
            var statuses: [JobID: JobStatus] = [:]
            let rows = try Row.fetchAll(
                db, sql: "SELECT id, status FROM job WHERE id IN (SELECT value FROM json_each(?))", arguments: [list])
            for row in rows { statuses[JobID(row["id"])] = try JobRow.status(row["status"]) }
            return statuses
        }
    }

    /// Jobs, newest first; the limit is held within 1 to 500.
    package func jobs(_ filter: JobFilter) async throws -> (jobs: [Job], more: Bool) {
        let limit = min(max(filter.limit, 1), 500)
        let machines = try filter.visible.map { visible in
            try KeptJSON(.array(visible.machines.map { .string("\($0.node.number)/\($0.uuid.text)") })).text()
        }
        var conditions = ["id < :before"]
        if filter.status != nil { conditions.append("status = :status") }
        if let isFinished = filter.isFinished {
            conditions.append("status IN (\(isFinished ? Self.finished : Self.unfinished))")
        }
        if let isOnHold = filter.isOnHold { conditions.append(isOnHold ? "isOnHold" : "NOT isOnHold") }
        if filter.machine != nil { conditions.append("node = :onNode AND machine = :onMachine") }
        if filter.node != nil { conditions.append("node = :ofNode") }
        if filter.visible != nil {
            conditions.append(
                "(user = :byUser OR (node || '/' || machine) IN (SELECT value FROM json_each(:inMachines)))")
        }
        let sql = """
            SELECT * FROM job WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT :limit
            """
        let arguments: [(name: String, value: (any DatabaseValueConvertible & Sendable)?)] = [
            ("before", filter.before ?? Int64.max), ("limit", limit + 1), ("status", filter.status?.rawValue),
            ("onNode", filter.machine?.node.number), ("onMachine", filter.machine?.uuid.text),
            ("ofNode", filter.node?.number), ("byUser", filter.visible?.user.number), ("inMachines", machines),
        ].filter { sql.contains(":\($0.0)") }
        let named = Dictionary(uniqueKeysWithValues: arguments.map { ($0.name, $0.value) })
        let jobs = try await read { db in
            try Self.jobs(sql: sql, arguments: StatementArguments(named), in: db)
        }
        return (Array(jobs.prefix(limit)), jobs.count > limit)
    }

    /// A job's lines with a higher number, oldest first.
    package func jobEvents(of id: JobID, after: Int64) async throws -> [JobEvent] {
        try await read { db in
            try JobEventRow.fetchAll(
                db, sql: "SELECT * FROM jobEvent WHERE job = ? AND id > ? ORDER BY id", arguments: [id.number, after]
            ).map(\.event)
        }
    }

    /// Forgets finished jobs with their histories.
    package func removeFinishedJobs(before date: Date, keeping most: Int) async throws -> Int {
        try await writeToTheEnd { db in
            try db.execute(
                sql: """
                    DELETE FROM job WHERE status IN (\(Self.finished)) AND (finishedAt < :date OR id IN
                    (SELECT id FROM job WHERE status IN (\(Self.finished)) ORDER BY finishedAt DESC, id DESC
                    LIMIT -1 OFFSET :most))
                    """,
                arguments: ["date": date.milliseconds, "most": max(0, most)])
            return db.changesCount
        }
    }

    private static func job(_ id: JobID, in db: Database) throws -> Job? {
        try jobs(sql: "SELECT * FROM job WHERE id = ?", arguments: [id.number], in: db).first
    }

    private static func jobs(
        sql: String, arguments: StatementArguments = StatementArguments(), in db: Database
    ) throws -> [Job] {
        let statement = try db.makeStatement(
            sql: "SELECT dependency FROM jobDependency WHERE job = ? ORDER BY dependency")
        return try JobRow.fetchAll(db, sql: sql, arguments: arguments).map { row in
            var job = row.job
            job.dependencies = try Int64.fetchAll(statement, arguments: [job.id.number]).map { JobID($0) }
            return job
        }
    }

    private static func append(_ events: [JobEvent], to db: Database) throws {
        for event in events {
            try db.execute(
                sql: "INSERT INTO jobEvent (job, at, status, message) VALUES (?, ?, ?, ?)",
                arguments: [
                    event.job.number, event.at.milliseconds, event.status.rawValue, event.message.cut(to: 500),
                ])
        }
        for job in Set(events.map(\.job)) {
            try db.execute(
                sql: """
                    DELETE FROM jobEvent WHERE id IN
                    (SELECT id FROM jobEvent WHERE job = ? ORDER BY id DESC LIMIT -1 OFFSET ?)
                    """,
                arguments: [job.number, keptJobEvents])
        }
    }
}

/// A row of `jobEvent`.
private struct JobEventRow: FetchableRecord {
    let event: JobEvent

    init(row: Row) throws {
        event = JobEvent(
            id: row["id"], job: JobID(row["job"]), at: Date(milliseconds: row["at"]),
            status: try JobRow.status(row["status"]), message: row["message"])
    }
}
