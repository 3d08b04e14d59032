// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Model

/// A row of `job`; the dependencies are kept beside it.
struct JobRow: FetchableRecord {
    let job: Job

    init(row: Row) throws {
        var job = Job(
            id: JobID(row["id"]), kind: row["kind"],
            parameters: try KeptJSON(text: row["parameters"]).value.objectValue ?? [:],
            isRepeatable: row["isRepeatable"],
            submitter: JobSubmitter(
                user: (row["user"] as Int64?).map { UserID($0) }, plugin: row["plugin"], name: row["submitter"]),
            createdAt: Date(milliseconds: row["createdAt"]))
        try Self.readTarget(row, into: &job)
        try Self.readProgress(row, into: &job)
        self.job = job
    }

    private static func readTarget(_ row: Row, into job: inout Job) throws {
        job.node = (row["node"] as Int64?).map { NodeID($0) }
        if let node = job.node, let machine = row["machine"] as String? {
            job.machine = try MachineID(node: node, kept: machine)
        }
        job.machineName = row["machineName"]
        guard let priority = JobPriority(rawValue: row["priority"]) else { throw unknown("priority") }
        job.priority = priority
        job.notBefore = (row["notBefore"] as Int64?).map(Date.init(milliseconds:))
        job.cron = try (row["cron"] as String?).map { try Cron($0) }
        job.attempts = row["attempts"]
    }

    private static func readProgress(_ row: Row, into job: inout Job) throws {
        job.status = try status(row["status"])
        guard let call = JobCall(rawValue: row["call"]) else { throw unknown("call") }
        job.call = call
        job.isOnHold = row["isOnHold"]
        job.dueAt = (row["dueAt"] as Int64?).map(Date.init(milliseconds:))
        job.attempt = row["attempt"]
        job.interruptions = row["interruptions"]
        job.fence = row["fence"]
        job.holder = row["holder"]
        job.isCancelRequested = row["isCancelRequested"]
        job.percent = row["percent"]
        job.message = row["message"]
        job.output = try (row["output"] as String?).map { try KeptJSON(text: $0).value }
        job.error = row["error"]
        job.startedAt = (row["startedAt"] as Int64?).map(Date.init(milliseconds:))
        job.finishedAt = (row["finishedAt"] as Int64?).map(Date.init(milliseconds:))
    }

    /// The status of that word.
    static func status(_ word: String) throws -> JobStatus {
        guard let status = JobStatus(rawValue: word) else { throw unknown("status") }
        return status
    }

    private static func unknown(_ what: String) -> GatehouseError {
        GatehouseError(.storageFailed, "The database holds an unknown \(what) of a job. Restore a backup.")
    }

    /// Every column but the number, with its value.
    static func columns(of job: Job) throws -> [(name: String, value: (any DatabaseValueConvertible & Sendable)?)] {
        [
            ("kind", job.kind), ("parameters", try KeptJSON(.object(job.parameters)).text()),
            ("isRepeatable", job.isRepeatable), ("user", job.submitter.user?.number),
            ("plugin", job.submitter.plugin), ("submitter", job.submitter.name),
            ("node", (job.machine?.node ?? job.node)?.number), ("machine", job.machine?.uuid.text),
            ("machineName", job.machineName), ("priority", job.priority.rawValue),
            ("notBefore", job.notBefore?.milliseconds), ("cron", job.cron?.description), ("attempts", job.attempts),
            ("createdAt", job.createdAt.milliseconds), ("status", job.status.rawValue), ("isOnHold", job.isOnHold),
            ("dueAt", job.dueAt?.milliseconds), ("attempt", job.attempt), ("interruptions", job.interruptions),
            ("call", job.call.rawValue), ("fence", job.fence), ("holder", job.holder),
            ("isCancelRequested", job.isCancelRequested), ("percent", job.percent), ("message", job.message),
            ("output", try job.output.map { try KeptJSON($0).text() }), ("error", job.error),
            ("startedAt", job.startedAt?.milliseconds), ("finishedAt", job.finishedAt?.milliseconds),
        ]
    }
}
