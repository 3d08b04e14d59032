// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Store
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite struct LoginTests {
    @Test func `a name and password begin a session that its secret opens`() async throws {
        try await TestCore.run { test in
            try await test.user("Anna")
            let login = try await test.core.sessions.login(
                name: "anna", password: TestCore.password, kind: "web", principal: TestCore.anonymous)
            #expect(login.user.name == "Anna")
            let found = await test.core.sessions.principal(
                token: login.token, kind: "web", address: "198.51.100.1", userAgent: "x")
            #expect(found?.session?.id == login.session.id)
            #expect(found?.address == "198.51.100.1")
            for (token, kind) in [(login.token, "other"), (login.session.id.text, "web"), ("", "web")] {
                let stranger = await test.core.sessions.principal(token: token, kind: kind, address: "", userAgent: "")
                #expect(stranger == nil)
            }
            #expect(
                try await test.store.sessions(at: test.clock.now).allSatisfy { $0.tokenHash != Array(login.token.utf8) }
            )
            #expect(test.core.access.user(named: "anna")?.isActive == true)
        }
    }

    @Test func `a wrong name, a wrong password and an account that is off look the same`() async throws {
        try await TestCore.run { test in
            try await test.user("anna")
            var off = try await test.user("bert")
            off.isActive = false
            _ = try await test.core.accounts.modifyUser(off)
            var errors: [GatehouseError?] = []
            for (name, password) in [("anna", "wrong"), ("nobody", TestCore.password), ("bert", TestCore.password)] {
                errors.append(
                    await expect(.unauthenticated) {
                        try await test.core.sessions.login(
                            name: name, password: password, kind: "web", principal: TestCore.anonymous)
                    })
            }
            #expect(Set(errors.compactMap { $0?.message }).count == 1)
            #expect(errors[0] == errors[1] && errors[1] == errors[2])
        }
    }

    @Test func `attempts at once can not exceed the limit of failures`() async throws {
        try await TestCore.run { test in
            try await test.user("anna")
            let codes = await withTaskGroup(of: GatehouseError.Code?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await test.core.sessions.login(
                                name: "anna", password: "wrong", kind: "web", principal: TestCore.anonymous)
                            return nil
                        } catch {
                            return (error as? GatehouseError)?.code
                        }
                    }
                }
                return await group.reduce(into: [GatehouseError.Code?]()) { $0.append($1) }
            }
            #expect(codes.count(where: { $0 == .unauthenticated }) == 5)
            #expect(codes.count(where: { $0 == .rateLimited }) == 15)
        }
    }

    @Test func `after too many failures even the right password waits, and it says how long`() async throws {
        try await TestCore.run { test in
            try await test.user("anna")
            for _ in 0..<5 {
                await expect(.unauthenticated) {
                    try await test.core.sessions.login(
                        name: "anna", password: "wrong", kind: "web", principal: TestCore.anonymous)
                }
            }
            let error = await expect(.rateLimited) { try await test.login("anna") }
            #expect(error?.details["retryAfter"] == 300)
            _ = try await test.login("anna", address: "198.51.100.2")
            test.clock.advance(.seconds(300))
            _ = try await test.login("anna")
        }
    }

    @Test func `who logs in with the old password while it is changed is not left logged in`() async throws {
        try await TestCore.run { test in
            let user = try await test.user("anna")
            for round in 0..<20 {
                try await test.core.accounts.setPassword(of: user, to: TestCore.password, current: nil, except: nil)
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        group.addTask { _ = try? await test.login("anna", address: "\(round) \(number)") }
                    }
                    group.addTask {
                        try? await test.core.accounts.setPassword(
                            of: user, to: "another horse", current: nil, except: nil)
                    }
                }
                #expect(await test.core.sessions.count == 0)
            }
        }
    }

    @Test func `a hash of a lower cost is renewed at the next login`() async throws {
        let directory = try ScratchDirectory()
        let before = try await TestCore.run(directory: directory) { test in
            let user = try await test.user("anna")
            return try await test.store.passwordHash(of: user.id)
        }
        let after = try await TestCore.run(directory: directory) { test -> String? in
            let hasher = PasswordHasher(cost: PasswordHasher.Cost(rounds: 32, blockSize: 8, parallelism: 1))
            let audit = AuditLog(repository: test.store, time: test.clock.source, logger: TestCore.quiet)
            let sessions = SessionRegistry(
                repository: test.store, accounts: test.store, access: test.core.access, hasher: hasher, audit: audit,
                bus: test.core.bus, time: test.clock.source, limits: SessionLimits(), logger: TestCore.quiet)
            _ = try await sessions.login(
                name: "anna", password: TestCore.password, kind: "web", principal: TestCore.anonymous)
            let id = try #require(test.core.access.user(named: "anna")?.id)
            return try await test.store.passwordHash(of: id)
        }
        #expect(before?.hasPrefix("scrypt$16$") == true)
        #expect(after?.hasPrefix("scrypt$32$") == true)
    }
}

@Suite struct SessionLifeTests {
    @Test func `a session ends after a quarter of an hour without activity`() async throws {
        try await TestCore.run { test in
            let id = try #require(try await test.someone("anna").session?.id)
            test.clock.advance(.seconds(899))
            #expect(await test.core.sessions.live(id) != nil)
            test.clock.advance(.seconds(1))
            #expect(await test.core.sessions.live(id) == nil, "at once, not at the next tick")
            await test.core.sessions.touch(id)
            #expect(await test.core.sessions.live(id) == nil, "what has ended is not woken up")
            await test.core.sessions.tick()
            #expect(await test.core.sessions.count == 0)
        }
    }

    @Test func `activity keeps a session, but never over twelve hours`() async throws {
        try await TestCore.run { test in
            let id = try #require(try await test.someone("anna").session?.id)
            for _ in 0..<71 {
                test.clock.advance(.seconds(600))
                await test.core.sessions.touch(id)
                await test.core.sessions.tick()
            }
            #expect(await test.core.sessions.live(id) != nil)
            test.clock.advance(.seconds(600))
            #expect(await test.core.sessions.live(id) == nil)
        }
    }

    @Test func `before its end a session is warned once, and again after it was kept awake`() async throws {
        try await TestCore.run { test in
            let id = try #require(try await test.someone("anna").session?.id)
            let subscription = try test.core.bus.subscribe()
            for _ in 0..<3 {
                test.clock.advance(.seconds(840))
                await test.core.sessions.tick()
                await test.core.sessions.tick()
                await test.core.sessions.touch(id)
            }
            test.clock.advance(.seconds(900))
            await test.core.sessions.tick()
            test.core.bus.close()
            var events: [CoreEvent] = []
            for await event in subscription.events { events.append(event) }
            #expect(events.dropLast() == Array(repeating: .sessionEnding(id, idle: true), count: 3)[...])
            guard case .sessionEnded(id, _)? = events.last else {
                Issue.record("the last event is the end")
                return
            }
        }
    }

    @Test func `the warning before the absolute end says that activity will not help`() async throws {
        try await TestCore.run { test in
            let id = try #require(try await test.someone("anna").session?.id)
            for _ in 0..<72 {
                await test.core.sessions.touch(id)
                test.clock.advance(.milliseconds(599_500))
            }
            let subscription = try test.core.bus.subscribe()
            await test.core.sessions.tick()
            test.core.bus.close()
            var events: [CoreEvent] = []
            for await event in subscription.events { events.append(event) }
            #expect(events == [.sessionEnding(id, idle: false)])
        }
    }

    @Test func `a session that is ended opens nothing from then on, and its observers know`() async throws {
        try await TestCore.run { test in
            try await test.user("anna")
            let login = try await test.core.sessions.login(
                name: "anna", password: TestCore.password, kind: "web", principal: TestCore.anonymous)
            let heard = Mutex<[SessionID]>([])
            await test.core.sessions.setEndObserver { sessions, _ in heard.withLock { $0 += sessions } }
            await test.core.sessions.end([login.session.id, SessionID("unknown")], reason: "over")
            await test.core.sessions.end([login.session.id], reason: "over")
            #expect(heard.withLock { $0 } == [login.session.id])
            let found = await test.core.sessions.principal(
                token: login.token, kind: "web", address: "", userAgent: "")
            #expect(found == nil)
            #expect(try await test.store.sessions(at: test.clock.now) == [])
        }
    }

    @Test func `a restart keeps sessions with their activity`() async throws {
        let (directory, clock) = (try ScratchDirectory(), HandClock())
        let id = try await TestCore.run(clock: clock, directory: directory) { test in
            let id = try #require(try await test.someone("anna").session?.id)
            clock.advance(.seconds(600))
            await test.core.sessions.touch(id)
            await test.core.sessions.flush()
            return id
        }
        try await TestCore.run(clock: clock, directory: directory) { test in
            clock.advance(.seconds(899))
            #expect(await test.core.sessions.live(id) != nil)
            clock.advance(.seconds(1))
            #expect(await test.core.sessions.live(id) == nil)
        }
    }

    @Test func `the oldest of too many sessions ends for the next`() async throws {
        var limits = CoreLimits()
        limits.sessions.perUser = 3
        try await TestCore.run(limits: limits) { test in
            try await test.user("anna")
            var ids: [SessionID?] = []
            for _ in 0..<5 {
                ids.append(try await test.login("anna").session?.id)
                test.clock.advance(.seconds(1))
            }
            #expect(await test.core.sessions.sessions(of: nil).map(\.id) == ids.suffix(3).compactMap { $0 })
        }
    }

    @Test func `ending all sessions of a user spares one and other users`() async throws {
        try await TestCore.run { test in
            let first = try await test.someone("anna")
            let second = try await test.login("anna")
            let other = try await test.someone("bert")
            let user = try #require(first.user?.id)
            await test.core.sessions.endAll(of: user, except: second.session?.id, reason: "over")
            let left = await test.core.sessions.sessions(of: nil).map(\.id)
            #expect(Set(left) == Set([second.session?.id, other.session?.id].compactMap { $0 }))
        }
    }

    @Test func `an account that is switched off opens nothing, even with a live session`() async throws {
        try await TestCore.run { test in
            var user = try await test.user("anna")
            let login = try await test.core.sessions.login(
                name: "anna", password: TestCore.password, kind: "web", principal: TestCore.anonymous)
            user.isActive = false
            _ = try await test.core.accounts.modifyUser(user)
            let found = await test.core.sessions.principal(
                token: login.token, kind: "web", address: "", userAgent: "")
            #expect(found == nil)
            #expect(await test.core.sessions.count == 0)
        }
    }
}
