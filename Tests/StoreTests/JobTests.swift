// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct JobTests {
    /// A job with something in every field.
    private func full(_ store: SQLiteStore) async throws -> Job {
        let first = try await store.insertJob(Self.plain(), message: "first")
        var job = Job(
            kind: "machine.start", parameters: ["machine": "x", "list": [1, nil, ["a": .double(1.5)]]],
            isRepeatable: true, submitter: JobSubmitter(user: UserID(3), plugin: "oms", name: "anna"),
            createdAt: noon.kept)
        job.machine = MachineID(node: NodeID(4), uuid: UUID())
        job.machineName = "web"
        job.node = NodeID(4)
        job.priority = .immediate
        job.notBefore = noon.kept
        job.cron = try Cron("*/5 0 * * mon")
        job.attempts = 10
        job.dependencies = [first.id]
        job.status = .rescheduled
        job.isOnHold = true
        job.dueAt = noon.kept + 60
        (job.attempt, job.interruptions, job.call, job.fence) = (2, 1, .refused, 9)
        (job.holder, job.isCancelRequested, job.percent, job.message) = ("scheduler", true, 50, "half")
        (job.output, job.error) = (["a": [1]], "no")
        (job.startedAt, job.finishedAt) = (noon.kept + 1, noon.kept + 2)
        return job
    }

    static func plain(_ status: JobStatus = .enqueued, kind: String = "node.enable") -> Job {
        var job = Job(kind: kind, submitter: JobSubmitter(user: nil, name: "root (local)"), createdAt: noon.kept)
        job.status = status
        if status.isFinished { job.finishedAt = noon.kept }
        return job
    }

    @Test func `a job comes back with everything, and its first line`() async throws {
        try await withStore { store in
            var job = try await full(store)
            let kept = try await store.insertJob(job, message: "Submitted.")
            job.id = kept.id
            #expect(kept == job && kept.id.number > 0)
            #expect(try await store.job(kept.id) == job)
            #expect(try await store.unfinishedJobs().last == job)
            let events = try await store.jobEvents(of: kept.id, after: 0)
            #expect(events.map(\.message) == ["Submitted."] && events.map(\.status) == [.rescheduled])
            #expect(try await store.job(JobID(99)) == nil)
        }
    }

    @Test func `a dependency that is not there keeps the job out`() async throws {
        try await withStore { store in
            var job = Self.plain()
            job.dependencies = [JobID(5)]
            await expect(.notFound) { _ = try await store.insertJob(job, message: "") }
            let kept = try await store.unfinishedJobs()
            #expect(kept.isEmpty)
        }
    }

    @Test func `jobs are saved all or none`() async throws {
        try await withStore { store in
            var job = try await store.insertJob(Self.plain(), message: "")
            job.status = .launching
            var gone = job
            gone.id = JobID(77)
            let line = JobEvent(job: job.id, at: noon, status: .launching, message: "Taken up.")
            await expect(.notFound) { try await store.saveJobs([job, gone], events: [line]) }
            #expect(try await store.job(job.id)?.status == .enqueued)
            #expect(try await store.jobEvents(of: job.id, after: 0).count == 1)
            try await store.saveJobs([job], events: [line])
            #expect(try await store.job(job.id) == job)
            let events = try await store.jobEvents(of: job.id, after: 0)
            #expect(events.map(\.message) == ["", "Taken up."])
            #expect(try await store.jobEvents(of: job.id, after: events[0].id).count == 1)
        }
    }

    @Test func `a history keeps its newest lines`() async throws {
        try await withStore { store in
            let job = try await store.insertJob(Self.plain(), message: "first")
            let lines = (1...600).map { JobEvent(job: job.id, at: noon, status: .executing, message: "\($0)") }
            try await store.saveJobs([], events: lines)
            let kept = try await store.jobEvents(of: job.id, after: 0)
            #expect(kept.count == SQLiteStore.keptJobEvents && kept.last?.message == "600")
        }
    }

    @Test func `jobs are listed newest first, by what is asked for`() async throws {
        try await withStore { store in
            let machine = MachineID(node: NodeID(1), uuid: UUID())
            for number in 1...6 {
                var job = Self.plain(number % 2 == 0 ? .completed : .enqueued)
                job.submitter = JobSubmitter(user: UserID(Int64(number % 3)), name: "x")
                if number > 3 { (job.machine, job.node) = (machine, machine.node) }
                _ = try await store.insertJob(job, message: "")
            }
            func numbers(_ filter: JobFilter) async throws -> [Int64] {
                try await store.jobs(filter).jobs.map(\.id.number)
            }
            #expect(try await numbers(JobFilter()) == [6, 5, 4, 3, 2, 1])
            #expect(try await numbers(JobFilter(before: 4, limit: 2)) == [3, 2])
            #expect(try await store.jobs(JobFilter(limit: 5)).more)
            #expect(try await !store.jobs(JobFilter(limit: 6)).more)
            #expect(try await numbers(JobFilter(status: .completed)) == [6, 4, 2])
            #expect(try await numbers(JobFilter(isFinished: false)) == [5, 3, 1])
            var held = JobFilter()
            held.isOnHold = true
            #expect(try await numbers(held) == [])
            held.isOnHold = false
            #expect(try await numbers(held).count == 6)
            #expect(try await numbers(JobFilter(isFinished: true, machine: machine)) == [6, 4])
            #expect(try await numbers(JobFilter(node: NodeID(1))) == [6, 5, 4])
            #expect(try await numbers(JobFilter(visible: JobVisibility(user: UserID(1), machines: []))) == [4, 1])
            let both = JobVisibility(user: UserID(2), machines: [machine])
            #expect(try await numbers(JobFilter(status: .enqueued, visible: both)) == [5])
            #expect(try await numbers(JobFilter(visible: both)) == [6, 5, 4, 2])
            #expect(try await numbers(JobFilter(machine: MachineID(node: NodeID(2), uuid: machine.uuid))) == [])
        }
    }

    @Test func `where jobs stand is told for those that are kept`() async throws {
        try await withStore { store in
            let one = try await store.insertJob(Self.plain(.error), message: "")
            let two = try await store.insertJob(Self.plain(), message: "")
            let statuses = try await store.jobStatuses([one.id, two.id, JobID(9)])
            #expect(statuses == [one.id: .error, two.id: .enqueued])
            #expect(try await store.jobStatuses([]).isEmpty)
        }
    }

    @Test func `old jobs are forgotten, and of the others all but the newest`() async throws {
        try await withStore { store in
            var ids: [JobID] = []
            for day in 0..<6 {
                var job = Self.plain(.completed)
                job.finishedAt = noon + Double(day) * 86_400
                ids.append(try await store.insertJob(job, message: "x").id)
            }
            let open = try await store.insertJob(Self.plain(), message: "")
            #expect(try await store.removeFinishedJobs(before: noon + 86_400, keeping: 100) == 1)
            #expect(try await store.removeFinishedJobs(before: .distantPast, keeping: 2) == 3)
            #expect(try await store.jobs(JobFilter()).jobs.map(\.id) == [open.id, ids[5], ids[4]])
            let lines = try await store.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM jobEvent") }
            #expect(lines == 3)
        }
    }

    @Test func `a number is never given twice`() async throws {
        try await withStore { store in
            let first = try await store.insertJob(Self.plain(.completed), message: "")
            #expect(try await store.removeFinishedJobs(before: .distantFuture, keeping: 0) == 1)
            let second = try await store.insertJob(Self.plain(), message: "")
            #expect(second.id > first.id)
        }
    }

    @Test func `a write is carried out even where the caller is cancelled`() async throws {
        try await withStore { store in
            for _ in 0..<50 {
                let task = Task { try await store.insertJob(Self.plain(), message: "") }
                task.cancel()
                let job = try await task.value
                #expect(try await store.job(job.id) != nil)
            }
        }
    }

    @Test func `a job that was answered for outlives a kill`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        for _ in 0..<20 { _ = try await store.insertJob(Self.plain(), message: "") }
        let after = Scratch()
        try FileManager.default.copyItem(atPath: scratch.path, toPath: after.path)
        try await store.close()
        let reopened = try after.open()
        #expect(try await reopened.unfinishedJobs().count == 20)
        try await reopened.close()
    }

    @Test func `a database of version 1 gets its tables, and keeps what it has`() async throws {
        let scratch = Scratch()
        var options = SQLiteStore.Options()
        options.schema = Schema(steps: [Schema.makeFirstTables])
        let old = try scratch.open(options)
        // Today's store writes what that layout does not have.
        try await old.write { db in
            try db.execute(
                sql: """
                    INSERT INTO user (name, givenName, email, level, language, isActive, passwordHash, createdAt)
                    VALUES ('ada', 'Ada', '', 3, 'de', 1, 'x', 1000)
                    """)
        }
        try await old.close()
        let store = try scratch.open()
        #expect(try await store.schemaVersion() >= 2)
        let ada = try #require(try await store.accessTable().users.first)
        #expect(ada.name == "ada" && ada.givenName == "Ada" && ada.level == .admin && ada.notes.isEmpty)
        let job = try await store.insertJob(Self.plain(), message: "")
        #expect(try await store.unfinishedJobs() == [job])
        try await store.close()
    }

    @Test func `what waits and what is listed is found by an index`() async throws {
        try await withStore { store in
            let open = "'inserted', 'fetched', 'enqueued', 'executing', 'launching', 'rescheduled'"
            let queries = [
                "SELECT * FROM job WHERE status IN (\(open))":
                    "jobUnfinished",
                "SELECT * FROM job WHERE node = 1 AND machine = 'x' ORDER BY id DESC": "jobByMachine",
                "SELECT * FROM jobEvent WHERE job = 1 AND id > 5 ORDER BY id": "jobEventByJob",
            ]
            for (query, index) in queries {
                let plan = try await store.read { db in
                    try String.fetchAll(
                        db, sql: "EXPLAIN QUERY PLAN \(query)", adapter: SuffixRowAdapter(fromIndex: 3))
                }
                #expect(plan.contains { $0.contains(index) }, "\(plan)")
            }
        }
    }
}
