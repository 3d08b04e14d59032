// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs tasks (SE-0417) where an event loop of somebody else's runs what it is given, one after the other.
///
/// What a task reads from and writes to that loop then costs no change of threads. Such tasks keep everything else on
/// the loop waiting: what computes long has to go elsewhere.
package final class TaskLane: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Whether the loop has been given a round that has not ended.
        var isScheduled = false
    }

    /// How many times jobs that jobs brought along are run before the loop has its turn.
    private static let mostRounds = 16

    private let state = Mutex(State())
    private let schedule: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Makes a lane; `schedule` gives work to the loop, which must carry it out for as long as tasks use the lane.
    package init(schedule: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) { self.schedule = schedule }

    /// Has a job run on the loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { schedule(runJobs) }
    }

    @Sendable private func runJobs() {
        for _ in 0..<Self.mostRounds {
            let jobs: [UnownedJob] = state.withLock { state in
                state.isScheduled = !state.jobs.isEmpty
                defer { state.jobs.removeAll() }
                return state.jobs
            }
            guard !jobs.isEmpty else { return }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
        schedule(runJobs)
    }
}
