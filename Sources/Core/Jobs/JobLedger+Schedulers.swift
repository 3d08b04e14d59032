// SPDX-License-Identifier: Apache-2.0

package import Model

/// What a scheduler says of a job that it has done.
package enum JobOutcome: String, Sendable, CaseIterable {
    case completed
    case error
    case cancelled
    /// It failed, and may be tried again.
    case retry
}

extension JobLedger {
    /// Hands out the most urgent job that can be done now, with the lock of its machine; nil where there is none.
    ///
    /// - Parameters:
    ///   - kinds: which kinds; nil for all that the plugin's manifest names.
    ///   - plugin: the plugin that takes it.
    /// - Throws: `forbidden` where the plugin's scheduler part is off.
    package func claim(kinds: [String]?, by plugin: String) async throws -> Job? {
        try await exclusively {
            guard let status = try? await plugins.plugin(named: plugin), status.isOn(.scheduler) else {
                throw GatehouseError(.forbidden, "The scheduler part of \(plugin) is switched off.")
            }
            var busy = Set(active.values.filter(\.status.isHeld).compactMap(\.machine))
            while let job = mostUrgent(kinds, status.jobKinds, busy) {
                if let machine = job.machine, await !take(machine, for: job) {
                    busy.insert(machine)
                    continue
                }
                return try await handOut(job, to: status)
            }
            return nil
        }
    }

    /// Takes the machine's lock, once its node has told whether it is there.
    private func take(_ machine: MachineID, for job: Job) async -> Bool {
        guard await inventory.isKnown(machine) else { return false }
        return await inventory.lock(machine, for: job)
    }

    /// The job to hand out next: of those kinds, and on none of those machines.
    private func mostUrgent(_ kinds: [String]?, _ patterns: [String], _ busy: Set<MachineID>) -> Job? {
        active.values.lazy
            .filter { job in
                job.isReady && kinds?.contains(job.kind) ?? true && Self.fits(job.kind, patterns)
                    && job.machine.map { !busy.contains($0) } ?? true
            }
            .min(by: Self.isMoreUrgent)
    }

    private static func isMoreUrgent(_ left: Job, _ right: Job) -> Bool {
        left.priority == right.priority ? left.id < right.id : left.priority > right.priority
    }

    private static func fits(_ kind: String, _ patterns: [String]) -> Bool {
        patterns.contains { pattern in
            pattern == "*" || pattern == kind || (pattern.hasSuffix(".*") && kind.hasPrefix(pattern.dropLast()))
        }
    }

    private func handOut(_ job: Job, to plugin: PluginStatus) async throws -> Job? {
        var changes = Changes()
        changes.add(job) { $0.claim(by: plugin.name, at: time.now()) }
        // Before it is written: a plugin that is switched off meanwhile must not be missed.
        leases[job.id] = Lease(
            holder: plugin.name, process: plugin.process, until: time.uptime() + limits.lease)
        do {
            try await save(changes)
        } catch {
            leases[job.id] = nil
            if let machine = job.machine { await inventory.unlock(machine, from: job.id) }
            throw error
        }
        return active[job.id]
    }

    /// The caller that a job acts as.
    package func principal(of job: Job) async -> Principal {
        var identity: PluginIdentity?
        if let plugin = job.submitter.plugin {
            let granted = (try? await plugins.plugin(named: plugin))?.granted ?? []
            identity = PluginIdentity(name: plugin, permissions: granted)
        }
        let work = WorkIdentity(
            job: job.id.number, user: job.submitter.user, name: job.submitter.name, fence: job.fence,
            plugin: identity)
        return Principal(
            identity: .work(work), user: job.submitter.user.flatMap { access.user($0) }, address: "job \(job.id)")
    }

    /// Hears from the scheduler that holds a job, which keeps it from being taken away; true where it is to end.
    ///
    /// - Throws: `conflict` where the job was taken away.
    package func progress(
        _ id: JobID, fence: Int64, by plugin: String, percent: Int?, message: String?
    ) async throws -> Bool {
        var job = try held(id, fence, by: plugin)
        let now = time.uptime()
        if leases[id]?.isLast == false { leases[id]?.until = now + limits.lease }
        let isNews = (percent != nil && percent != job.percent) || (message != nil && message != job.message)
        let isLine =
            message != nil && message != job.message && leases[id]?.toldAt.map { now - $0 > .seconds(1) } ?? true
        job.percent = percent ?? job.percent
        job.message = message ?? job.message
        active[id] = job
        guard isNews else { return job.isCancelRequested }
        bus.publish(.jobChanged(id))
        if isLine, let message {
            leases[id]?.toldAt = now
            let line = JobEvent(job: id, at: time.now(), status: job.status, message: message)
            try await repository.saveJobs([], events: [line])
        }
        return active[id]?.isCancelRequested ?? false
    }

    /// Ends an attempt as its scheduler says, as far as that fits what is known of its call.
    ///
    /// - Throws: `conflict` where the job was taken away, where its call is still being made, or where it is said to be
    ///   completed without a call that succeeded.
    package func finish(
        _ id: JobID, fence: Int64, by plugin: String, outcome: JobOutcome, output: JSONValue?, message: String?
    ) async throws -> Job {
        try await exclusively {
            var job = try held(id, fence, by: plugin)
            guard !calls.contains(id) else {
                throw GatehouseError(.conflict, "The call of job \(id) has not ended yet; wait for its answer.")
            }
            job.output = output ?? job.output
            job.message = message ?? job.message
            let reason = message ?? job.error ?? "The scheduler gave no reason."
            var changes = Changes()
            switch (outcome, job.call) {
            case (.completed, .none), (.completed, .refused):
                throw GatehouseError(
                    .conflict, "Job \(id) made no call that succeeded; finish it with error, retry or cancelled.")
            case (.completed, _), (.cancelled, .done), (.retry, .done): conclude(job, .completed, &changes)
            case (.error, _): conclude(job, .failed(reason), &changes)
            case (.cancelled, _): conclude(job, .cancelled, &changes)
            case (.retry, .begun): interrupt(job, reason, &changes)
            case (.retry, _): conclude(job, .again(reason), &changes)
            }
            try await save(changes)
            return try await self.job(id)
        }
    }

    private func conclude(_ job: Job, _ end: JobEnd, _ changes: inout Changes) {
        changes.add(job) { $0.end(end, at: time.now(), limits: limits) }
    }

    /// The job, if it is held under that number, and by that plugin.
    func held(_ id: JobID, _ fence: Int64, by plugin: String? = nil) throws -> Job {
        guard let job = active[id], job.status.isHeld, job.fence == fence, let lease = leases[id],
            plugin == nil || plugin == lease.holder
        else {
            throw GatehouseError(
                .conflict, "Job \(id) is not held under the number \(fence) any more; stop working on it.")
        }
        return job
    }
}
