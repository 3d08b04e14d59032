// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

/// Jobs that wait until somebody releases them.
@Suite struct JobHoldTests {
    @Test func `a job on hold is not handed out, however its time comes, until it is released`() async throws {
        try await JobFixture.run { fixture in
            let now = try await fixture.submit("a") { $0.isOnHold = true }
            let later = try await fixture.submit("b") { job in
                job.isOnHold = true
                job.notBefore = fixture.clock.now + 60
            }
            await fixture.advance(120)
            #expect(try await fixture.claim() == nil)
            #expect(try await fixture.status(later) == .inserted)
            let released = try await fixture.jobs.release(by: "root") { $0.id == now.id }
            #expect(released.map(\.id) == [now.id] && released[0].status == .enqueued && !released[0].isOnHold)
            #expect(try await fixture.claim()?.id == now.id)
            #expect(try await fixture.claim() == nil)
            let others = try await fixture.jobs.release(by: "root") { _ in true }
            #expect(others.map(\.id) == [later.id])
            #expect(try await fixture.claim()?.id == later.id)
            #expect(try await fixture.lines(now).contains("Released by root."))
            #expect(try await fixture.jobs.release(by: "root") { _ in true }.isEmpty)
        }
    }

    @Test func `a cron entry that is released does not make up for the times that passed`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("a") { job in
                job.isOnHold = true
                job.cron = try Cron("0 * * * *")
            }
            await fixture.advance(3 * 3600)
            let released = try await fixture.jobs.release(by: "root") { _ in true }
            let due = try #require(released.first?.dueAt)
            #expect(due > fixture.clock.now && due <= fixture.clock.now + 3600)
            #expect(try await fixture.claim() == nil)
            await fixture.advance(3600)
            #expect(try await fixture.claim()?.id == job.id)
        }
    }

    @Test func `a job on hold that waits for another one goes on waiting when it is released`() async throws {
        try await JobFixture.run { fixture in
            let first = try await fixture.submit("a")
            let second = try await fixture.submit("b") { job in
                job.isOnHold = true
                job.dependencies = [first.id]
            }
            let released = try await fixture.jobs.release(by: "root") { _ in true }
            #expect(released.map(\.status) == [.fetched])
            let claimed = try await fixture.claimed()
            #expect(claimed.id == first.id)
            try await fixture.call(claimed)
            try await fixture.finish(claimed, .completed)
            #expect(try await fixture.claim()?.id == second.id)
        }
    }

    @Test func `a job stays on hold when what it waits for completes, and over a restart`() async throws {
        let directory = try ScratchDirectory()
        try await JobFixture.run(directory: directory) { fixture in
            let first = try await fixture.submit("a")
            try await fixture.submit("b") { job in
                job.isOnHold = true
                job.dependencies = [first.id]
            }
            let claimed = try await fixture.claimed()
            try await fixture.call(claimed)
            try await fixture.finish(claimed, .completed)
            #expect(try await fixture.claim() == nil)
        }
        try await JobFixture.run(directory: directory) { fixture in
            let claimed = try await fixture.claim()
            #expect(claimed == nil)
            #expect(try await fixture.jobs.release(by: "root") { _ in true }.map(\.status) == [.enqueued])
        }
    }

    @Test func `a job on hold can be cancelled`() async throws {
        try await JobFixture.run { fixture in
            let job = try await fixture.submit("a") { $0.isOnHold = true }
            #expect(try await fixture.jobs.cancel(job.id, by: "anna").status == .cancelled)
            #expect(try await fixture.jobs.release(by: "root") { _ in true }.isEmpty)
        }
    }
}
