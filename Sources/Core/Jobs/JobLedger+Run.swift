// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import Model
import ServiceLifecycle

extension JobLedger: Service {
    /// Keeps the times of jobs until shutdown: not-before and cron, leases, retention.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask(name: "job events") { await self.listen() }
                group.addTask(name: "job outcomes") { await self.ask() }
                while !Task.isCancelled {
                    await self.tick()
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Hears of plugins that end, and of machines and nodes that may be of use again.
    private func listen() async {
        while !Task.isCancelled {
            if let subscription = try? bus.subscribe() {
                for await event in subscription.events { await hear(event) }
                bus.unsubscribe(subscription.id)
            }
            // It ends early where this has fallen behind, and for good when the bus is closed.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func hear(_ event: CoreEvent) async {
        switch event {
        case .pluginChanged(let name): await pluginChanged(name)
        case .machineChanged(let id): await machineChanged(id)
        default: break
        }
    }

    /// Has nodes asked what became of operations; one that does not answer delays no other.
    private func ask() async {
        await withDiscardingTaskGroup { group in
            for await _ in questions {
                for id in undecided { group.addTask { await self.decide(id) } }
            }
        }
    }

    private func machineChanged(_ id: MachineID) async {
        if !interruptions.isEmpty { asker.yield() }
        if active.values.contains(where: { $0.isReady && $0.machine == id }),
            await inventory.machine(id)?.operation == nil
        {
            bus.publish(.jobReady)
        }
    }

    /// Does what has come due.
    package func tick() async {
        let (now, uptime) = (time.now(), time.uptime())
        await wake()
        // While the core itself makes the call, nobody needs to say that it goes on.
        await release(reason: "The scheduler was silent for too long.") { id, lease in
            lease.until < uptime && !calls.contains(id)
        }
        if !interruptions.isEmpty { asker.yield() }
        guard lastRetention.map({ uptime - $0 > .seconds(3600) }) ?? true else { return }
        lastRetention = uptime
        do {
            let count = try await repository.removeFinishedJobs(
                before: now - Double(limits.keptDays) * 86_400, keeping: limits.keptJobs)
            if count > 0 { logger.info("old jobs forgotten", metadata: ["count": "\(count)"]) }
        } catch {
            logger.error("old jobs could not be forgotten", metadata: ["error": "\(error)"])
        }
    }

    private func wake() async {
        let now = time.now()
        func isDue(_ job: Job) -> Bool {
            [.inserted, .rescheduled].contains(job.status) && !job.isOnHold && job.dueAt.map { $0 <= now } ?? true
        }
        guard active.values.contains(where: isDue) else { return }
        await exclusively {
            var changes = Changes()
            for job in active.values where isDue(job) {
                changes.add(job) { job in
                    job.wait(forOthers: false, at: now)
                    return "Its time has come."
                }
            }
            do {
                try await save(changes)
            } catch {
                logger.error("jobs whose time has come could not be written", metadata: ["error": "\(error)"])
            }
        }
    }
}
