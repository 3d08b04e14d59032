// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import Model

extension JobLedger {
    /// Takes jobs away from schedulers that are gone, and decides what became of them.
    ///
    /// - Parameters:
    ///   - holder: the plugin; nil for all.
    ///   - reason: what happened, as a sentence.
    package func releaseAll(of holder: String? = nil, reason: String) async {
        await release(reason: reason) { _, lease in lease.holder == holder || holder == nil }
    }

    /// Gives a scheduler that was switched off its grace time; what it has not finished then is taken away.
    package func schedulerStopped(_ holder: String, grace: Duration? = nil) {
        let end = time.uptime() + (grace ?? limits.grace)
        for (id, lease) in leases where lease.holder == holder && !lease.isLast {
            leases[id]?.until = min(lease.until, end)
            leases[id]?.isLast = true
        }
    }

    /// Looks at a plugin after something about it has changed.
    package func pluginChanged(_ name: String) async {
        let status = try? await plugins.plugin(named: name)
        if leases.values.contains(where: { $0.holder == name }) {
            let isAlive = [.starting, .healthy, .degraded].contains(status?.state)
            await release(reason: "The plugin \(name) ended.") { _, lease in
                lease.holder == name && (!isAlive || lease.process != status?.process)
            }
            if status?.isOn(.scheduler) != true { schedulerStopped(name) }
        }
        if status?.isOn(.scheduler) == true, active.values.contains(where: \.isReady) {
            bus.publish(.jobReady)
        }
    }

    /// Takes away the jobs that some leases are of.
    func release(reason: String, _ isOver: (JobID, Lease) -> Bool) async {
        let ids = leases.filter { isOver($0.key, $0.value) }.keys.sorted()
        guard !ids.isEmpty else { return }
        await exclusively {
            var changes = Changes()
            for id in ids {
                // Finished meanwhile, or handed out again.
                guard let job = active[id], job.status.isHeld, let lease = leases[id], isOver(id, lease) else {
                    continue
                }
                leases[id] = nil
                interrupt(job, reason, &changes)
            }
            do {
                try await save(changes)
            } catch {
                logger.error("jobs could not be taken away", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Decides about a job whose attempt ended without an outcome, or has the node asked.
    func interrupt(_ job: Job, _ reason: String, _ changes: inout Changes) {
        let now = time.now()
        leases[job.id] = nil
        switch job.call {
        case .none: changes.add(job) { $0.giveBack(reason, at: now, limits: limits) }
        case .done: changes.add(job) { $0.end(.completed, at: now, limits: limits) }
        case .refused: changes.add(job) { $0.end(.failed(job.error ?? reason), at: now, limits: limits) }
        case .begun where calls.contains(job.id):
            // The call's own end decides.
            changes.add(job) { job in
                job.fence += 1
                return reason
            }
        case .begun where job.operation != nil:
            interruptions[job.id] = Interruption(reason: reason, since: time.uptime())
            asker.yield()
            changes.add(job) { job in
                job.fence += 1
                job.interruptions += 1
                return "\(reason) The node is asked what became of it."
            }
        case .begun where job.isRepeatable:
            changes.add(job) { $0.end(.again(reason), at: now, limits: limits) }
        case .begun:
            changes.add(job) { $0.end(.failed(Self.unknown(reason, job)), at: now, limits: limits) }
        }
    }

    private static func unknown(_ reason: String, _ job: Job) -> String {
        "\(reason) It ended with outcome unknown: look whether \(job.kind) was done before you submit it again."
    }

    /// Asks nodes what became of operations, each by itself, and ends what they tell.
    package func decide() async {
        await withDiscardingTaskGroup { group in
            for id in undecided { group.addTask { await self.decide(id) } }
        }
    }

    /// The jobs about which their nodes are to be asked.
    var undecided: [JobID] { interruptions.keys.filter { !asking.contains($0) }.sorted() }

    func decide(_ id: JobID) async {
        guard let interruption = interruptions[id], let job = active[id], let machine = job.machine,
            let operation = job.operation, asking.insert(id).inserted
        else { return }
        defer { asking.remove(id) }
        let verdict = await verdict(operation, on: machine, since: interruption.since)
        guard verdict != .wait else { return }
        await exclusively {
            guard let current = active[id], current.fence == job.fence, interruptions[id] != nil else { return }
            var changes = Changes()
            changes.add(current) { Self.apply(verdict, interruption.reason, to: &$0, time.now(), limits) }
            do {
                try await save(changes)
            } catch {
                logger.error("a job could not be decided", metadata: ["job": "\(id)", "error": "\(error)"])
            }
        }
    }

    private static func apply(
        _ verdict: JobVerdict, _ reason: String, to job: inout Job, _ now: Date, _ limits: JobLimits
    ) -> String {
        switch verdict {
        case .done: "The node shows that it was done. " + job.end(.completed, at: now, limits: limits)
        case .notDone:
            job.end(.again("\(reason) The node shows that it was not done."), at: now, limits: limits)
        case .unknown, .wait: job.end(.failed(unknown(reason, job)), at: now, limits: limits)
        }
    }

    private func verdict(
        _ operation: MachineOperation, on machine: MachineID, since: Duration
    ) async -> JobVerdict {
        let isLate = time.uptime() - since > limits.decision
        if operation == .reboot || operation == .reset { return .unknown }
        do {
            let verdict = operation.verdict(in: try await inventory.fullSnapshot(of: machine).state)
            return verdict == .wait && isLate ? .unknown : verdict
        } catch let error as GatehouseError where error.code == .notFound {
            return .unknown
        } catch {
            return isLate ? .unknown : .wait
        }
    }
}
