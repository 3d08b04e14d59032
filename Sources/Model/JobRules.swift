// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// How an attempt ended.
package enum JobEnd: Sendable, Equatable {
    /// It did what it was to do.
    case completed
    /// It was given up because somebody wished so.
    case cancelled
    /// It failed, and is not to be tried again.
    case failed(String)
    /// It failed, and may be tried again while attempts last.
    case again(String)
}

/// What may be set of jobs.
package struct JobLimits: Sendable {
    /// How long a scheduler may be silent about a job that it holds.
    package var lease: Duration = .seconds(30)
    /// The pause before the second attempt; it doubles from attempt to attempt.
    package var firstPause: Duration = .seconds(5)
    /// The longest pause between two attempts.
    package var longestPause: Duration = .seconds(300)
    /// Times that a job may be handed out for nothing, for each run.
    package var interruptions = 10
    /// How long a node may stay silent about what became of an operation.
    package var decision: Duration = .seconds(600)
    /// How long a scheduler that was switched off may work on.
    package var grace: Duration = .seconds(5)
    /// Jobs that are not finished, in all.
    package var unfinished = 10_000
    /// Jobs that are not finished, of one submitter.
    package var unfinishedPerSubmitter = 2_000
    /// Days for which finished jobs are kept.
    package var keptDays = 90
    /// Finished jobs that are kept.
    package var keptJobs = 10_000

    /// The standard limits.
    package init() {}

    /// The pause after an attempt.
    package func pause(after attempt: Int) -> Duration {
        min(firstPause * (1 << (min(max(attempt, 1), 21) - 1)), longestPause)
    }
}

// MARK: - The moves of a job; each gives the line for its history

extension Job {
    /// Puts a job that waits where it belongs: for other jobs, for its time, or for a scheduler.
    package mutating func wait(forOthers: Bool, at now: Date) {
        if forOthers {
            status = .fetched
        } else if let dueAt, dueAt > now {
            status = startedAt == nil ? .inserted : .rescheduled
        } else {
            status = .enqueued
        }
    }

    /// Lets a job that is on hold go on: at once, or for a cron entry at its next time from now on.
    package mutating func release(forOthers: Bool, by name: String, at now: Date) -> String {
        isOnHold = false
        if status.isWaiting {
            // A time that passed while it was held is not made up for.
            if attempt == 0, let cron, dueAt.map({ $0 <= now }) ?? true { dueAt = cron.next(after: now) }
            wait(forOthers: forOthers, at: now)
        }
        return "Released by \(name)."
    }

    /// Hands it to a scheduler.
    package mutating func claim(by plugin: String, at now: Date) -> String {
        if attempt == 0, interruptions == 0 { startedAt = now }
        attempt += 1
        fence += 1
        status = .launching
        holder = plugin
        call = .none
        (percent, message, output, error, finishedAt) = (nil, nil, nil, nil, nil)
        return "Taken up by \(plugin), attempt \(attempt) of \(attempts)."
    }

    /// Ends the attempt.
    package mutating func end(_ end: JobEnd, at now: Date, limits: JobLimits) -> String {
        leave()
        switch end {
        case .completed:
            (percent, error) = (100, nil)
            return finish(.completed, "Completed.", at: now)
        case .cancelled:
            isCancelRequested = true
            return finish(.cancelled, "Cancelled.", at: now)
        case .failed(let reason):
            error = reason
            return finish(.error, reason, at: now)
        case .again(let reason):
            error = reason
            guard !isCancelRequested else { return finish(.cancelled, "Cancelled; before that: \(reason)", at: now) }
            guard attempt < attempts else {
                return finish(.error, "\(reason) (attempt \(attempt) of \(attempts), the last)", at: now)
            }
            return pause(reason, at: now, limits: limits)
        }
    }

    /// Takes it back from a scheduler that had not begun; the attempt does not count.
    package mutating func giveBack(_ reason: String, at now: Date, limits: JobLimits) -> String {
        leave()
        attempt = max(attempt - 1, 0)
        interruptions += 1
        guard !isCancelRequested else { return finish(.cancelled, "Cancelled. \(reason)", at: now) }
        guard interruptions <= limits.interruptions else {
            error = "It was handed out \(interruptions) times and never begun. \(reason)"
            return finish(.error, error ?? "", at: now)
        }
        dueAt = interruptions < 3 ? nil : now + limits.pause(after: interruptions - 2).timeInterval
        wait(forOthers: false, at: now)
        return "\(reason) Nothing had been done; it waits again."
    }

    /// Ends a job that waits.
    package mutating func cancelWaiting(at now: Date) -> String {
        isCancelRequested = true
        return finish(.cancelled, "Cancelled.", at: now)
    }

    /// Ends a job of which another one failed.
    package mutating func failDependency(_ other: JobID, at now: Date) -> String {
        error = "Job \(other), which had to complete first, did not."
        return finish(.dependencyFailed, error ?? "", at: now)
    }

    private mutating func leave() {
        fence += 1
        holder = nil
    }

    private mutating func pause(_ reason: String, at now: Date, limits: JobLimits) -> String {
        let pause = limits.pause(after: attempt)
        status = .rescheduled
        dueAt = now + pause.timeInterval
        return "\(reason) Tried again in \(pause.components.seconds) s (attempt \(attempt) of \(attempts))."
    }

    /// Ends the job, or the run of a job that comes again.
    private mutating func finish(_ end: JobStatus, _ reason: String, at now: Date) -> String {
        finishedAt = now
        status = end
        let isRun = end == .completed || end == .error
        guard isRun, !isCancelRequested, let next = cron?.next(after: max(now, dueAt ?? now)) else {
            dueAt = nil
            return reason
        }
        status = .rescheduled
        dueAt = next
        (attempt, interruptions, call) = (0, 0, .none)
        return reason
    }
}

extension Duration {
    /// The length in seconds.
    fileprivate var timeInterval: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

// MARK: - Deciding what became of an attempt

/// What became of an attempt of which nobody told the end.
package enum JobVerdict: Sendable, Equatable {
    /// It did what it was to do.
    case done
    /// It did not.
    case notDone
    /// That can not be known.
    case unknown
    /// The node does not tell yet.
    case wait
}

extension MachineOperation {
    /// What a machine's state tells of an operation that was interrupted.
    package func verdict(in state: MachineState) -> JobVerdict {
        guard state != .unknown else { return .wait }
        switch self {
        case .start: return state.isActive ? .done : .notDone
        case .shutdown: return state == .shutdown || !state.isActive ? .done : .notDone
        case .powerOff: return state.isActive ? .notDone : .done
        case .pause: return state == .paused ? .done : state == .running ? .notDone : .unknown
        case .resume:
            return state == .running ? .done : state == .paused || state == .suspended ? .notDone : .unknown
        case .save: return state == .saved ? .done : state.isActive ? .notDone : .unknown
        case .reboot, .reset: return .unknown
        }
    }
}
