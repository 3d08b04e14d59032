// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model

extension JobLedger {
    /// Takes a job in; when this returns, it will be done even if the host is killed now.
    ///
    /// - Parameter job: a new job with its kind, parameters, target, time, attempts and dependencies.
    /// - Throws: `limitExceeded`, `notFound` for a dependency that is not kept, `invalidParameters`.
    package func submit(_ job: Job) async throws -> Job {
        try await exclusively {
            try checkLimits(job.submitter)
            var job = job
            let now = time.now()
            job.dueAt = Self.firstTime(of: job, at: now)
            let (open, failed) = try await look(at: job.dependencies)
            job.wait(forOthers: !open.isEmpty, at: now)
            var line = "Submitted by \(job.submitter.name)."
            if let failed { line += " " + job.failDependency(failed, at: now) }
            let kept = try await repository.insertJob(job, message: line)
            if kept.status.isFinished {
                remember(kept)
            } else {
                active[kept.id] = kept
                if !open.isEmpty { pending[kept.id] = open }
            }
            bus.publish(.jobChanged(kept.id))
            tellReady([kept])
            return kept
        }
    }

    private func checkLimits(_ submitter: JobSubmitter) throws {
        guard active.count < limits.unfinished else {
            throw GatehouseError(
                .limitExceeded, "\(limits.unfinished) jobs wait or are being done; wait until some have ended.")
        }
        let own = active.values.count { $0.submitter == submitter }
        guard own < limits.unfinishedPerSubmitter else {
            throw GatehouseError(
                .limitExceeded, "\(own) jobs of yours wait or are being done; wait until some have ended.")
        }
    }

    private static func firstTime(of job: Job, at now: Date) -> Date? {
        guard let cron = job.cron else { return job.notBefore }
        return cron.next(after: job.notBefore.map { max(now, $0 - 1) } ?? now)
    }

    /// Which of some jobs are still open, and one that will never complete.
    private func look(at ids: [JobID]) async throws -> (open: Set<JobID>, failed: JobID?) {
        guard !ids.isEmpty else { return ([], nil) }
        let statuses = try await repository.jobStatuses(Set(ids))
        var open: Set<JobID> = []
        var failed: JobID?
        for id in ids {
            guard let status = statuses[id] else {
                throw GatehouseError.invalidParameter("dependencies", "There is no job \(id), or it is not yours.")
            }
            if active[id]?.cron != nil {
                throw GatehouseError.invalidParameter(
                    "dependencies", "Job \(id) comes again and again, so nothing can wait for its end.")
            }
            if !status.isFinished { open.insert(id) } else if status != .completed { failed = id }
        }
        return (open, failed)
    }

    /// Cancels a job: at once where it waits; one that is being done is asked to end.
    ///
    /// - Throws: `notFound`, `conflict` for a job that has ended.
    package func cancel(_ id: JobID, by name: String) async throws -> Job {
        try await exclusively {
            guard let job = active[id] else {
                guard try await repository.job(id) != nil else { throw GatehouseError.jobNotFound }
                throw GatehouseError(.conflict, "Job \(id) has ended already.")
            }
            var changes = Changes()
            let now = time.now()
            if job.status.isWaiting {
                changes.add(job) { job in
                    _ = job.cancelWaiting(at: now)
                    return "Cancelled by \(name)."
                }
            } else if !job.isCancelRequested {
                changes.add(job) { job in
                    job.isCancelRequested = true
                    return "\(name) asked to cancel it."
                }
            }
            try await save(changes)
            if job.status.isHeld { bus.publish(.jobCancel(id)) }
            return try await self.job(id)
        }
    }

    /// Lets jobs that are on hold go on, all or none.
    ///
    /// - Parameters:
    ///   - name: who wishes so.
    ///   - isMeant: which of those that are on hold.
    /// - Returns: those that were released, by number.
    package func release(by name: String, _ isMeant: @Sendable (Job) -> Bool) async throws -> [Job] {
        try await exclusively {
            let held = active.values.filter { $0.isOnHold && isMeant($0) }.sorted { $0.id < $1.id }
            let now = time.now()
            var changes = Changes()
            for job in held {
                changes.add(job) { $0.release(forOthers: pending[job.id] != nil, by: name, at: now) }
            }
            try await save(changes)
            return held.map { active[$0.id] ?? $0 }
        }
    }

    /// The job of that number.
    ///
    /// - Throws: `notFound`.
    package func job(_ id: JobID) async throws -> Job {
        if let job = active[id] ?? recent[id] { return job }
        guard let job = try await repository.job(id) else { throw GatehouseError.jobNotFound }
        return job
    }

    /// Jobs, newest first, and whether there are more.
    package func jobs(_ filter: JobFilter) async throws -> (jobs: [Job], more: Bool) {
        let found = try await repository.jobs(filter)
        // Progress is in memory only.
        return (found.jobs.map { active[$0.id] ?? $0 }, found.more)
    }

    /// A job's history: lines with a higher number, oldest first.
    package func events(of id: JobID, after: Int64 = 0) async throws -> [JobEvent] {
        try await repository.jobEvents(of: id, after: after)
    }

    /// Whether a scheduler is switched on, and has not failed for good.
    package var hasScheduler: Bool {
        get async { await plugins.plugins().contains { $0.isOn(.scheduler) && $0.state != .failed } }
    }

    /// How many jobs are not finished.
    package var unfinishedCount: Int { active.count }
}
