// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@Suite struct JobRuleTests {
    private let now = Date(timeIntervalSince1970: 1_800_014_400)
    private let limits = JobLimits()

    private func job(_ change: (inout Job) -> Void = { _ in }) -> Job {
        var job = Job(
            id: JobID(7), kind: "machine.start", submitter: JobSubmitter(user: UserID(1), name: "anna"), createdAt: now)
        job.status = .enqueued
        change(&job)
        return job
    }

    private func hourly() throws -> Job {
        let cron = try Cron("0 * * * *")
        return job { $0.cron = cron }
    }

    @Test func `states stand in the order of Zentific's numbers`() {
        let words = [
            "inserted", "fetched", "enqueued", "executing", "completed", "cancelled", "error", "launching",
            "rescheduled", "dependencyFailed",
        ]
        #expect(JobStatus.allCases.map(\.rawValue) == words)
        #expect(JobStatus.allCases.filter(\.isFinished) == [.completed, .cancelled, .error, .dependencyFailed])
        #expect(JobStatus.allCases.filter(\.isHeld) == [.executing, .launching])
        for status in JobStatus.allCases {
            #expect([status.isFinished, status.isHeld, status.isWaiting].count { $0 } == 1)
        }
    }

    @Test func `a job waits for others, then for its time, then for a scheduler`() {
        var job = job { $0.dueAt = now + 60 }
        job.wait(forOthers: true, at: now)
        #expect(job.status == .fetched)
        job.wait(forOthers: false, at: now)
        #expect(job.status == .inserted)
        job.wait(forOthers: false, at: now + 60)
        #expect(job.status == .enqueued)
    }

    @Test func `every time that it changes hands its fence rises`() {
        var job = job()
        var fences = [job.fence]
        _ = job.claim(by: "scheduler", at: now)
        fences.append(job.fence)
        _ = job.giveBack("It ended.", at: now, limits: limits)
        fences.append(job.fence)
        _ = job.claim(by: "scheduler", at: now)
        fences.append(job.fence)
        _ = job.end(.again("no"), at: now, limits: limits)
        fences.append(job.fence)
        #expect(fences == fences.sorted() && Set(fences).count == fences.count)
    }

    @Test func `attempts end in an error, with longer and longer pauses between them`() {
        var job = job { $0.attempts = 4 }
        var pauses: [Double] = []
        for _ in 1...3 {
            _ = job.claim(by: "scheduler", at: now)
            _ = job.end(.again("The node is away."), at: now, limits: limits)
            #expect(job.status == .rescheduled && job.error == "The node is away.")
            pauses.append(job.dueAt.map { $0.timeIntervalSince(now) } ?? 0)
        }
        #expect(pauses == [5, 10, 20])
        _ = job.claim(by: "scheduler", at: now)
        let line = job.end(.again("The node is away."), at: now, limits: limits)
        #expect(job.status == .error && job.finishedAt == now && job.dueAt == nil)
        #expect(line.contains("attempt 4 of 4, the last"))
    }

    @Test func `a pause is never longer than the longest`() {
        #expect(limits.pause(after: 1) == .seconds(5))
        #expect(limits.pause(after: 7) == .seconds(300))
        #expect(limits.pause(after: .max) == .seconds(300) && limits.pause(after: .min) == .seconds(5))
    }

    @Test func `what comes again waits for its next time, whether it went well or not`() throws {
        for end in [JobEnd.completed, .failed("no")] {
            var job = try hourly()
            job.dueAt = now
            _ = job.claim(by: "scheduler", at: now + 1)
            #expect(job.startedAt == now + 1)
            _ = job.end(end, at: now + 90, limits: limits)
            #expect(job.status == .rescheduled && job.dueAt == now + 3600 && job.finishedAt == now + 90)
            #expect(job.attempt == 0 && job.error == (end == .completed ? nil : "no"))
        }
    }

    @Test func `runs that were missed are made up for once`() throws {
        var job = try hourly()
        job.dueAt = now
        _ = job.claim(by: "scheduler", at: now + 86_400)
        _ = job.end(.completed, at: now + 86_401, limits: limits)
        #expect(job.dueAt == now + 86_400 + 3600)
    }

    @Test func `cancelling ends what would come again`() throws {
        var job = try hourly()
        _ = job.claim(by: "scheduler", at: now)
        job.isCancelRequested = true
        _ = job.end(.completed, at: now, limits: limits)
        #expect(job.status == .completed)
        var other = self.job()
        _ = other.claim(by: "scheduler", at: now)
        other.isCancelRequested = true
        _ = other.end(.again("no"), at: now, limits: limits)
        #expect(other.status == .cancelled)
    }

    @Test func `being handed out for nothing costs no attempt, but has an end`() {
        var job = job { $0.attempts = 1 }
        for _ in 1...limits.interruptions {
            _ = job.claim(by: "scheduler", at: now)
            #expect(job.attempt == 1)
            _ = job.giveBack("It ended.", at: now, limits: limits)
            #expect(job.status == .enqueued || job.status == .rescheduled)
        }
        _ = job.claim(by: "scheduler", at: now)
        _ = job.giveBack("It ended.", at: now, limits: limits)
        #expect(job.status == .error)
    }

    @Test func `for every operation and state it is known what can be known`() {
        let done: [MachineOperation: Set<MachineState>] = [
            .start: [.running, .paused, .shutdown, .suspended], .shutdown: [.shutdown, .off, .crashed, .saved],
            .powerOff: [.off, .crashed, .saved], .pause: [.paused], .resume: [.running], .save: [.saved],
        ]
        let notDone: [MachineOperation: Set<MachineState>] = [
            .start: [.off, .crashed, .saved], .shutdown: [.running, .paused, .suspended],
            .powerOff: [.running, .paused, .shutdown, .suspended], .pause: [.running],
            .resume: [.paused, .suspended], .save: [.running, .paused, .shutdown, .suspended],
        ]
        for operation in MachineOperation.allCases {
            for state in MachineState.allCases {
                let expected: JobVerdict =
                    state == .unknown
                    ? .wait
                    : done[operation]?.contains(state) == true
                        ? .done : notDone[operation]?.contains(state) == true ? .notDone : .unknown
                #expect(operation.verdict(in: state) == expected, "\(operation) \(state)")
            }
        }
    }
}
