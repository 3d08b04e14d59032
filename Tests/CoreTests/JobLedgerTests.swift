// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct JobLedgerTests {
    @Test func `the most urgent job is handed out first, then the oldest`() async throws {
        try await JobFixture.run { fixture in
            for priority in [JobPriority.low, .normal, .immediate, .normal, .high] {
                try await fixture.submit("node.enable") { $0.priority = priority }
            }
            var order: [Int64] = []
            while let job = try await fixture.claim() { order.append(job.id.number) }
            #expect(order == [3, 5, 2, 4, 1])
        }
    }

    @Test func `a scheduler gets the kinds that it asks for and that its manifest names`() async throws {
        try await JobFixture.run { fixture in
            for kind in ["machine.list", "node.enable", "node.disable"] { try await fixture.submit(kind) }
            #expect(try await fixture.claim(["x"]) == nil)
            #expect(try await fixture.claim(["node.disable"])?.kind == "node.disable")
            fixture.table.change { $0.jobKinds = ["node.*"] }
            #expect(try await fixture.claim()?.kind == "node.enable")
            #expect(try await fixture.claim() == nil)
            fixture.table.change { $0.jobKinds = ["machine.list"] }
            #expect(try await fixture.claim()?.kind == "machine.list")
        }
    }

    @Test func `one job at a time is carried out on a machine`() async throws {
        try await JobFixture.run { fixture in
            let first = try await fixture.submit("machine.start", on: "web")
            try await fixture.submit("machine.pause", on: "web")
            try await fixture.submit("machine.pause", on: "db")
            let start = try await fixture.claimed()
            #expect(start.id == first.id)
            #expect(try await fixture.claimed().machineName == "db")
            #expect(try await fixture.claim() == nil, "web is in use")
            let web = try await fixture.test.machine("web")
            #expect(web.operation?.name == "start" && web.operation?.by == "anna")
            let error = await expect(.machineLocked) {
                try await fixture.test.core.inventory.perform(.start, on: web.id, by: "bert")
            }
            #expect(error?.details["job"] == .int(first.id.number))
            #expect(error?.message.contains("Job \(first.id) of anna") == true)
            try await fixture.call(start)
            #expect(try await fixture.test.machine("web").operation != nil, "until the scheduler is done with it")
            try await fixture.finish(start, .completed)
            #expect(try await fixture.test.machine("web").operation == nil)
            #expect(try await fixture.claimed().kind == "machine.pause")
        }
    }

    @Test func `what waits for other jobs is ready when all have completed`() async throws {
        try await JobFixture.run { fixture in
            let first = try await fixture.submit("a")
            let second = try await fixture.submit("b")
            let last = try await fixture.submit("c") { $0.dependencies = [first.id, second.id] }
            #expect(last.status == .fetched)
            for _ in 0..<2 {
                let job = try await fixture.claimed()
                #expect(try await fixture.status(last) == .fetched)
                try await fixture.call(job) { .null }
                try await fixture.finish(job, .completed)
            }
            #expect(try await fixture.status(last) == .enqueued)
            #expect(try await fixture.submit("d") { $0.dependencies = [first.id] }.status == .enqueued)
        }
    }

    @Test func `what waits for a job that fails fails with it, and so on`() async throws {
        try await JobFixture.run { fixture in
            let first = try await fixture.submit("a")
            let second = try await fixture.submit("b") { $0.dependencies = [first.id] }
            let third = try await fixture.submit("c") { $0.dependencies = [second.id] }
            try await fixture.finish(try await fixture.claimed(), .error, "no")
            for job in [second, third] { #expect(try await fixture.status(job) == .dependencyFailed) }
            #expect(try await fixture.jobs.job(third.id).error?.contains("Job \(second.id)") == true)
            let late = try await fixture.submit("d") { $0.dependencies = [third.id] }
            #expect(late.status == .dependencyFailed)
            let cancelled = try await fixture.submit("e")
            let waiting = try await fixture.submit("f") { $0.dependencies = [cancelled.id] }
            _ = try await fixture.jobs.cancel(cancelled.id, by: "anna")
            #expect(try await fixture.status(waiting) == .dependencyFailed)
            await expect(.invalidParameters) { try await fixture.submit("g") { $0.dependencies = [JobID(99)] } }
            let series = try await fixture.submit("h") { $0.cron = try Cron("* * * * *") }
            await expect(.invalidParameters) { try await fixture.submit("g") { $0.dependencies = [series.id] } }
        }
    }

    @Test func `a job is not begun before its time`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("a") { $0.notBefore = fixture.clock.now + 60 }
            #expect(job.status == .inserted)
            await fixture.advance(59)
            #expect(try await fixture.claim() == nil)
            await fixture.advance(1)
            #expect(try await fixture.claim()?.id == job.id)
        }
    }

    @Test func `a job that comes again keeps its number and its history`() async throws {
        try await JobFixture.run { fixture in
            // The clock stands at noon.
            let job = try await fixture.submit("a") { $0.cron = try Cron("*/10 * * * *") }
            #expect(job.status == .inserted && job.dueAt == fixture.clock.now + 600)
            for run in 1...3 {
                await fixture.advance(600)
                let claimed = try await fixture.claimed()
                #expect(claimed.id == job.id && claimed.attempt == 1)
                try await fixture.call(claimed) { .int(Int64(run)) }
                let ended = try await fixture.finish(claimed, run == 2 ? .error : .completed, "run \(run)")
                #expect(ended.status == .rescheduled && ended.dueAt == fixture.clock.now + 600)
                #expect(ended.output == .int(Int64(run)) && (ended.error == nil) == (run != 2))
                #expect(try await fixture.claim() == nil)
            }
            #expect(try await fixture.lines(job).count > 9)
            let over = try await fixture.jobs.cancel(job.id, by: "anna")
            #expect(over.status == .cancelled)
            await fixture.advance(600)
            #expect(try await fixture.claim() == nil)
        }
    }

    @Test func `what may be tried again is, after a pause, while attempts last`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("a") { $0.attempts = 2 }
            try await fixture.finish(try await fixture.claimed(), .retry, "busy")
            #expect(try await fixture.status(job) == .rescheduled)
            await fixture.advance(4)
            #expect(try await fixture.claim() == nil)
            await fixture.advance(1)
            let second = try await fixture.claimed()
            #expect(second.attempt == 2 && second.error == nil)
            #expect(try await fixture.finish(second, .retry, "busy").status == .error)
        }
    }

    @Test func `cancelling ends what waits at once, and asks what is being done to end`() async throws {
        try await JobFixture.run { fixture in
            let waiting = try await fixture.submit("a") { $0.notBefore = fixture.clock.now + 60 }
            #expect(try await fixture.jobs.cancel(waiting.id, by: "anna").status == .cancelled)
            await expect(.conflict) { try await fixture.jobs.cancel(waiting.id, by: "anna") }
            await expect(.notFound) { try await fixture.jobs.cancel(JobID(99), by: "anna") }
            try await fixture.submit("b")
            let job = try await fixture.claimed()
            let subscription = try fixture.test.core.bus.subscribe()
            #expect(try await fixture.progress(job) == false)
            let asked = try await fixture.jobs.cancel(job.id, by: "anna")
            #expect(asked.status == .launching && asked.isCancelRequested)
            #expect(try await fixture.progress(job) == true)
            #expect(try await fixture.finish(job, .cancelled).status == .cancelled)
            fixture.test.core.bus.close()
            var events: [CoreEvent] = []
            for await event in subscription.events { events.append(event) }
            #expect(events.contains(.jobCancel(job.id)))
        }
    }

    @Test func `a job that was done all the same is completed, whatever was wished`() async throws {
        try await JobFixture.run { fixture in
            for outcome in [JobOutcome.cancelled, .retry] {
                try await fixture.submit("a")
                let job = try await fixture.claimed()
                try await fixture.call(job) { "done" }
                #expect(try await fixture.finish(job, outcome).status == .completed)
            }
        }
    }

    @Test func `progress is shown, and its messages become lines`() async throws {
        try await JobFixture.run { fixture in
            try await fixture.submit("a")
            let job = try await fixture.claimed()
            _ = try await fixture.progress(job, 10, "copying")
            _ = try await fixture.progress(job, 20, "still copying")
            fixture.clock.advance(.seconds(2))
            _ = try await fixture.progress(job, 30, "checking")
            _ = try await fixture.progress(job, 40)
            let listed = try await fixture.jobs.jobs(JobFilter()).jobs.first
            #expect(listed?.percent == 40 && listed?.message == "checking")
            let lines = try await fixture.lines(job)
            #expect(lines.contains("copying") && lines.contains("checking") && !lines.contains("still copying"))
        }
    }

    @Test func `nobody can have more than so many jobs open`() async throws {
        var limits = JobLimits()
        (limits.unfinished, limits.unfinishedPerSubmitter) = (3, 2)
        try await JobFixture.run(limits: limits) { fixture in
            for _ in 0..<2 { try await fixture.submit("a") }
            let own = await expect(.limitExceeded) { try await fixture.submit("a") }
            #expect(own?.message.contains("yours") == true)
            let other = JobSubmitter(user: UserID(2), name: "bert")
            try await fixture.submit("a") { $0.submitter = other }
            await expect(.limitExceeded) { try await fixture.submit("a") { $0.submitter = other } }
            _ = try await fixture.jobs.cancel(JobID(1), by: "anna")
            try await fixture.submit("a")
        }
    }

    @Test func `finished jobs are forgotten after their days`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("a")
            let open = try await fixture.submit("b")
            try await fixture.finish(try await fixture.claimed(), .error)
            await fixture.advance(89 * 86_400)
            #expect(try await fixture.jobs.jobs(JobFilter()).jobs.count == 2)
            await fixture.advance(2 * 86_400)
            #expect(try await fixture.jobs.jobs(JobFilter()).jobs.map(\.id) == [open.id])
            #expect(job.id < open.id)
        }
    }

    @Test func `schedulers are told when there may be something for them`() async throws {
        try await JobFixture.run { fixture in
            let subscription = try fixture.test.core.bus.subscribe()
            try await fixture.submit("machine.start", on: "web")
            try await fixture.submit("machine.pause", on: "web")
            let job = try await fixture.claimed()
            try await fixture.call(job)
            try await fixture.finish(job, .completed)
            try await fixture.submit("later") { $0.notBefore = fixture.clock.now + 60 }
            fixture.test.core.bus.close()
            var told = 0
            for await event in subscription.events where event == .jobReady { told += 1 }
            #expect(told == 3, "two submitted, and the machine was freed for one")
        }
    }
}
