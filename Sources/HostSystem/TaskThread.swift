// SPDX-License-Identifier: Apache-2.0

import CHost
import Synchronization

/// A thread that waits for descriptors and, in between, runs the tasks that prefer it (SE-0417).
///
/// What a task does with the bytes that its thread has read then costs no change of threads. Such tasks take turns:
/// where one keeps the thread longer than a moment, another thread takes over the descriptors and the other tasks, and
/// the first one ends with what it is at.
package final class TaskThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// The place of the next job to run.
        var next = 0
        /// Whether the thread waits, so that it has to be woken.
        var isAsleep = false
        /// Whether it must not fall asleep next time.
        var isWanted = false
        /// Which thread it is; nil before it starts and after it has ended, when the shared pool runs the jobs.
        var leader: pthread_t?
        /// How many threads are at a job that took too long.
        var late = 0
        /// How many jobs have begun; tells a long one from many.
        var begun = 0
        /// Whether a job runs on the leader now.
        var isBusy = false
        /// Whether somebody looks at the clock.
        var isWatched = false
        var isOver = false
    }

    /// How many looks without anything new before nobody looks at the clock any more.
    private static let mostQuietLooks = 20
    /// Threads that may be late at once; beyond that everything waits for them.
    private static let mostLate = 32

    private let state = Mutex(State())
    private let wakeup: Wakeup
    private let watch: Wakeup
    private let patience: Int

    /// Makes one without a thread.
    ///
    /// - Parameter patience: after how many milliseconds of one task another thread takes over.
    package init(patience: Int = 50) throws(SystemFailure) {
        self.patience = patience
        wakeup = try Wakeup()
        watch = try Wakeup()
    }

    /// Starts the thread: it does the step again and again until that answers false; to be called once.
    ///
    /// A step calls `wait` once. Jobs that are left at the end go to the shared pool.
    package func start(_ name: String, _ step: @escaping @Sendable () -> Bool) throws(SystemFailure) {
        try OwnThread.start("watch-\(name)") { self.watchOver(name, step) }
        do {
            try OwnThread.start(name) { self.lead(step) }
        } catch {
            end()
            throw error
        }
    }

    /// Has a job run: on the thread while there is one, else on the shared pool.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isTaken, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard state.leader != nil else { return (false, false) }
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if mustWake { wakeup.wake() }
        if !isTaken { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
    }

    /// Lets a wait of the thread end, or the next one where it does not wait now.
    package func wake() {
        let mustWake = state.withLock { state in
            state.isWanted = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wakeup.wake() }
    }

    /// Whether the caller is a job that runs on the thread, so that a step's `afterJobs` is going to follow.
    package var isRunningCaller: Bool {
        let own = pthread_self()
        return state.withLock { $0.leader == own && $0.isBusy }
    }

    /// In a step: runs the jobs there are, and blocks until a descriptor is ready, a job or a call of `wake` comes, or
    /// that many milliseconds have passed; nil for ever.
    ///
    /// Nothing is ready where another thread has taken over meanwhile.
    /// - Parameter afterJobs: done between the jobs and the wait; where a job takes too long, by the thread that takes
    ///   over.
    package func wait(for wishes: inout [Readiness], milliseconds: Int?, afterJobs: () -> Void = {}) {
        guard runJobs() else { return }
        afterJobs()
        let mayWait = state.withLock { state in
            state.isAsleep = state.jobs.isEmpty && !state.isWanted
            state.isWanted = false
            return state.isAsleep
        }
        wishes.append(Readiness(wakeup.descriptor, .reading))
        Readiness.wait(for: &wishes, milliseconds: mayWait ? milliseconds : 0)
        if wishes.removeLast().isReady { wakeup.rest() }
        state.withLock { $0.isAsleep = false }
    }
}

// MARK: - The thread

extension TaskThread {
    private func lead(_ step: () -> Bool) {
        let own = pthread_self()
        state.withLock { $0.leader = own }
        while state.withLock({ $0.leader == own }) {
            guard !step() else { continue }
            return end()
        }
        state.withLock { $0.late -= 1 }
    }

    /// Runs the jobs there are; false where another thread has taken over.
    private func runJobs() -> Bool {
        let own = pthread_self()
        while true {
            let (job, mustWatch, isLeader) = state.withLock { state in Self.takeJob(&state, own) }
            guard let job else { return isLeader }
            if mustWatch { watch.wake() }
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private static func takeJob(_ state: inout State, _ own: pthread_t) -> (UnownedJob?, Bool, Bool) {
        guard state.leader == own else { return (nil, false, false) }
        state.isBusy = state.next < state.jobs.count
        guard state.isBusy else {
            state.jobs.removeAll(keepingCapacity: state.jobs.count < 256)
            state.next = 0
            return (nil, false, true)
        }
        if state.next == 1024 {
            state.jobs.removeFirst(1024)
            state.next = 0
        }
        defer {
            state.next += 1
            state.begun &+= 1
            state.isWatched = true
        }
        return (state.jobs[state.next], !state.isWatched, true)
    }

    private func end() {
        let jobs = state.withLock { state in
            state.leader = nil
            state.isOver = true
            defer { (state.jobs, state.next) = ([], 0) }
            return Array(state.jobs[state.next...])
        }
        watch.wake()
        for job in jobs { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
    }
}

// MARK: - Who looks at the clock

extension TaskThread {
    /// What a look at the clock finds.
    private enum Finding {
        case news
        case nothing
        case late
        case over
    }

    /// While jobs run, looks whether one of them takes too long; sleeps while nothing happens.
    private func watchOver(_ name: String, _ step: @escaping @Sendable () -> Bool) {
        var seen = 0
        while true {
            var wishes = [Readiness(watch.descriptor, .reading)]
            Readiness.wait(for: &wishes, milliseconds: nil)
            watch.rest()
            var quietLooks = 0
            while quietLooks < Self.mostQuietLooks {
                wishes = []
                Readiness.wait(for: &wishes, milliseconds: patience)
                switch state.withLock({ Self.look(&$0, &seen, isLast: quietLooks == Self.mostQuietLooks - 1) }) {
                case .news: quietLooks = 0
                case .nothing: quietLooks += 1
                case .late: takeOver(name, step)
                case .over: return
                }
            }
        }
    }

    private static func look(_ state: inout State, _ seen: inout Int, isLast: Bool) -> Finding {
        guard !state.isOver else { return .over }
        guard state.begun == seen else {
            seen = state.begun
            return .news
        }
        guard state.isBusy else {
            if isLast { state.isWatched = false }
            return .nothing
        }
        guard state.late < mostLate else { return .news }
        // Until the other thread has begun nobody leads; jobs wait for it.
        state.leader = pthread_self()
        state.late += 1
        state.isBusy = false
        return .late
    }

    private func takeOver(_ name: String, _ step: @escaping @Sendable () -> Bool) {
        do {
            try OwnThread.start(name) { self.lead(step) }
        } catch {
            // The system gives no thread: then this one does the work, and nobody looks at the clock any more.
            lead(step)
        }
    }
}
