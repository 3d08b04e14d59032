// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct ConsoleTicketTests {
    private let fixture = ConsoleFixture()
    private var registry: ConsoleRegistry { fixture.registry }

    @Test func `a ticket is good once`() async throws {
        let anna = fixture.person("anna")
        let opening = try await registry.open(ConsoleFixture.key(), principal: anna, takeover: false)
        let session = SessionID("anna-1")
        let grant = try await registry.redeem(ticket: opening.ticket, session: session, key: ConsoleFixture.key())
        #expect(grant.session == session && !grant.force)
        await expect(.expired) {
            try await registry.redeem(ticket: opening.ticket, session: session, key: ConsoleFixture.key())
        }
    }

    @Test(arguments: ["session", "machine", "type"])
    func `a ticket is for one session, machine and type, and a wrong try uses it up`(wrong: String) async throws {
        let opening = try await registry.open(
            ConsoleFixture.key(), principal: fixture.person("anna"), takeover: false)
        let key =
            switch wrong {
            case "machine": ConsoleFixture.key(2)
            case "type": ConsoleFixture.key(1, .text)
            default: ConsoleFixture.key()
            }
        let session = SessionID(wrong == "session" ? "anna-2" : "anna-1")
        await expect(.expired) { try await registry.redeem(ticket: opening.ticket, session: session, key: key) }
        await expect(.expired) {
            try await registry.redeem(
                ticket: opening.ticket, session: SessionID("anna-1"), key: ConsoleFixture.key())
        }
    }

    @Test func `a ticket ends after thirty seconds, and its lock with it`() async throws {
        let opening = try await registry.open(
            ConsoleFixture.key(), principal: fixture.person("anna"), takeover: false)
        #expect(opening.expiresAt == fixture.clock.now.addingTimeInterval(30))
        fixture.clock.advance(.seconds(29))
        await registry.tick()
        #expect(await fixture.holder() == "anna")
        fixture.clock.advance(.seconds(1))
        await expect(.expired) {
            try await registry.redeem(ticket: opening.ticket, session: SessionID("anna-1"), key: ConsoleFixture.key())
        }
        #expect(await fixture.holder() == nil, "a lease that has run out is none, even before it is cleared away")
        await registry.tick()
        #expect(fixture.ledger.rows == [])
    }

    @Test(arguments: ["", "x", "====", "AAAA", String(repeating: "A", count: 43), String(repeating: "A", count: 500)])
    func `what is no ticket is refused`(text: String) async {
        await expect(.expired) {
            try await registry.redeem(ticket: text, session: SessionID("anna-1"), key: ConsoleFixture.key())
        }
    }

    @Test func `opening again from the same session ends the ticket before`() async throws {
        let anna = fixture.person("anna")
        let first = try await registry.open(ConsoleFixture.key(), principal: anna, takeover: false)
        let second = try await registry.open(ConsoleFixture.key(), principal: anna, takeover: false)
        await expect(.expired) {
            try await registry.redeem(ticket: first.ticket, session: SessionID("anna-1"), key: ConsoleFixture.key())
        }
        let grant = try await registry.redeem(
            ticket: second.ticket, session: SessionID("anna-1"), key: ConsoleFixture.key())
        #expect(await registry.connected(grant, FakeConsole()))
    }

    @Test func `a console needs a session`() async {
        await expect(.unauthenticated) {
            try await registry.open(ConsoleFixture.key(), principal: TestCore.local, takeover: false)
        }
        await expect(.unauthenticated) {
            try await registry.open(ConsoleFixture.key(), principal: TestCore.anonymous, takeover: false)
        }
    }

    @Test func `one who held a console just before is thrown out of its source, and so after a takeover`() async throws
    {
        let first = try await fixture.connect(fixture.person("anna"))
        #expect(!first.grant.force)
        await registry.disconnected(first.grant, transferred: (0, 0))
        #expect(try await fixture.grant(fixture.person("bert")).force, "the source may not have noticed yet")
        #expect(try await fixture.grant(fixture.person("carl"), takeover: true).force)
        try await registry.disconnect(ConsoleFixture.key(), code: .disconnected, reason: "")
        fixture.clock.advance(.seconds(6))
        await registry.tick()
        #expect(try await !fixture.grant(fixture.person("anna")).force)
    }
}
