// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct SessionMethodTests {
    @Test func `a login gives the secret to the edge only`() async throws {
        try await APIFixture.run { fixture in
            let effects = SessionEffects()
            let result = try await fixture.api.call(
                "session.login", ["name": "plain", "password": .string(TestCore.password)],
                principal: TestCore.anonymous, effects: effects)
            guard case .began(let token, let session)? = effects.last else {
                Issue.record("no session began")
                return
            }
            #expect(result["session"]?["id"] == .string(session.id.text))
            #expect(result["session"]?["current"] == true)
            #expect(result["user"]?["lastLoginAt"] != nil)
            #expect(!"\(result)".contains(token))
        }
    }

    @Test func `set-up logs the first superuser in`() async throws {
        try await TestCore.run { test in
            let api = CoreAPI(core: test.core, version: "1", logger: TestCore.quiet)
            #expect(try await api.call("setup.status", [:], principal: TestCore.anonymous) == ["needed": true])
            let made = try await api.call("setup.makeToken", [:], principal: TestCore.local)
            let effects = SessionEffects()
            let result = try await api.call(
                "setup.complete",
                ["token": try #require(made["token"]), "name": "root", "password": .string(TestCore.password)],
                principal: TestCore.anonymous, effects: effects)
            #expect(result["user"]?["level"] == "superUser")
            guard case .began? = effects.last else {
                Issue.record("no session began")
                return
            }
            #expect(try await api.call("setup.status", [:], principal: TestCore.anonymous) == ["needed": false])
        }
    }

    @Test func `a logout ends the session, and without one does no harm`() async throws {
        try await APIFixture.run { fixture in
            let effects = SessionEffects()
            _ = try await fixture.api.call("session.logout", [:], principal: fixture.plain, effects: effects)
            guard case .ended? = effects.last else {
                Issue.record("the session did not end")
                return
            }
            let id = try #require(fixture.plain.session?.id)
            #expect(await fixture.test.core.sessions.live(id) == nil)
            try await fixture.call("session.logout", as: TestCore.anonymous)
        }
    }

    @Test func `asking who one is does not keep a session awake, and extending does`() async throws {
        try await APIFixture.run { fixture in
            let id = try #require(fixture.plain.session?.id)
            let begun = await fixture.test.core.sessions.live(id)?.lastActiveAt
            fixture.test.clock.advance(.seconds(60))
            let current = try await fixture.call("session.current", as: fixture.plain)
            #expect(current["user"]?["name"] == "plain")
            #expect(await fixture.test.core.sessions.live(id)?.lastActiveAt == begun)
            let before = current["session"]?["idleExpiresAt"]
            let after = try await fixture.call("session.extend", as: fixture.plain)["session"]?["idleExpiresAt"]
            #expect(after != before)
            #expect(await fixture.test.core.sessions.live(id)?.lastActiveAt == fixture.test.clock.now)
        }
    }

    @Test func `a refused call is no activity`() async throws {
        try await APIFixture.run { fixture in
            let id = try #require(fixture.plain.session?.id)
            let begun = await fixture.test.core.sessions.live(id)?.lastActiveAt
            fixture.test.clock.advance(.seconds(60))
            _ = await fixture.failure("user.list", as: fixture.plain)
            _ = await fixture.failure("machine.show", ["machine": "x"], as: fixture.plain)
            #expect(await fixture.test.core.sessions.live(id)?.lastActiveAt == begun)
        }
    }

    @Test func `one ends one's own sessions, and a superuser anybody's`() async throws {
        try await APIFixture.run { fixture in
            let second = try await fixture.test.login("plain")
            let target = JSONValue.string(try #require(fixture.root.session?.id.text))
            #expect(await fixture.failure("session.revoke", ["session": target], as: second)?.code == .notFound)
            let first = JSONValue.string(try #require(fixture.plain.session?.id.text))
            try await fixture.call("session.revoke", ["session": first], as: second)
            let own = try await fixture.call("session.list", as: second)["sessions"]?.arrayValue
            #expect(own?.count == 1 && own?.first?["current"] == true)
            let id = JSONValue.string(try #require(second.session?.id.text))
            try await fixture.call("session.revoke", ["session": id], as: fixture.root)
            let all = try await fixture.call("session.list", as: fixture.root)["sessions"]?.arrayValue
            #expect(all?.compactMap { $0["user"]?.stringValue } == ["root"])
        }
    }

    @Test func `one's own password needs the current one, and another's a superuser`() async throws {
        try await APIFixture.run { fixture in
            let new: [String: JSONValue] = ["user": "plain", "password": "another horse"]
            let missing = await fixture.failure("user.setPassword", new, as: fixture.plain)
            #expect(missing?.details["parameter"] == "currentPassword")
            let wrong = await fixture.failure(
                "user.setPassword", new.merging(["currentPassword": "wrong"]) { $1 }, as: fixture.plain)
            #expect(wrong?.code == .forbidden)
            let other = await fixture.failure(
                "user.setPassword", ["user": "root", "password": "another horse"], as: fixture.plain)
            #expect(other?.code == .notFound)
            try await fixture.call(
                "user.setPassword", new.merging(["currentPassword": .string(TestCore.password)]) { $1 },
                as: fixture.plain)
            #expect(await fixture.test.core.sessions.live(try #require(fixture.plain.session?.id)) != nil)
            try await fixture.call(
                "user.setPassword", ["user": "plain", "password": "third horse"], as: TestCore.local)
            #expect(await fixture.test.core.sessions.live(try #require(fixture.plain.session?.id)) == nil)
        }
    }
}
