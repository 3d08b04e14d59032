// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct ConsoleRegistryTests {
    private let fixture = ConsoleFixture()
    private var registry: ConsoleRegistry { fixture.registry }

    @Test func `a second opener is refused and told who holds the console`() async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        let error = await expect(.consoleLocked) { try await fixture.grant(fixture.person("bert")) }
        #expect(error?.message.contains("anna") == true)
        let self2 = await expect(.consoleLocked) { try await fixture.grant(fixture.person("anna", session: "2")) }
        #expect(self2?.message.contains("you, in another window") == true)
        #expect(console.closings == [])
    }

    @Test func `the two consoles of a machine are held apart`() async throws {
        _ = try await fixture.connect(fixture.person("anna"), ConsoleFixture.key(1, .vnc))
        _ = try await fixture.connect(fixture.person("bert"), ConsoleFixture.key(1, .text))
        #expect(await fixture.holder(ConsoleFixture.key(1, .text)) == "bert")
    }

    @Test func `a takeover closes the console before with 4000 and names the taker`() async throws {
        let (old, console) = try await fixture.connect(fixture.person("anna"))
        let (new, _) = try await fixture.connect(fixture.person("bert"), takeover: true)
        #expect(console.closings.map(\.rawValue) == [4000])
        #expect(console.reason.contains("bert"))
        #expect(new.fence > old.fence)
        #expect(await fixture.holder() == "bert")
    }

    @Test func `the loser's late goodbye does not free the winner's lock`() async throws {
        let (old, _) = try await fixture.connect(fixture.person("anna"))
        let (new, _) = try await fixture.connect(fixture.person("bert"), takeover: true)
        await registry.disconnected(old, transferred: (1, 1))
        #expect(await fixture.holder() == "bert")
        #expect(fixture.ledger.rows.map(\.fence) == [new.fence])
        #expect(await registry.counters().open == 1)
        await registry.disconnected(new, transferred: (1, 1))
        #expect(await fixture.holder() == nil)
        #expect(fixture.ledger.rows == [])
    }

    @Test func `a connection that comes after its lock was lost is told so`() async throws {
        let old = try await fixture.grant(fixture.person("anna"))
        _ = try await fixture.grant(fixture.person("bert"), takeover: true)
        #expect(await !registry.connected(old, FakeConsole()))
        #expect(await fixture.holder() == "bert")
    }

    @Test func `a console that is closed is free at once`() async throws {
        let (grant, _) = try await fixture.connect(fixture.person("anna"))
        await registry.disconnected(grant, transferred: (10, 20))
        _ = try await fixture.connect(fixture.person("bert"))
        let counters = await registry.counters()
        #expect(counters.open == 1 && counters.opened == 2)
        #expect(counters.bytesIn == 13 && counters.bytesOut == 25)
    }

    @Test func `an end of the session closes its consoles with 4002`() async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        let (_, other) = try await fixture.connect(fixture.person("anna", session: "2"), ConsoleFixture.key(2))
        await registry.sessionsEnded([SessionID("anna-1")], reason: "You logged out.")
        #expect(console.closings.map(\.rawValue) == [4002])
        #expect(console.reason == "You logged out.")
        #expect(other.closings == [])
        #expect(await fixture.holder() == nil)
        #expect(await fixture.holder(ConsoleFixture.key(2)) == "anna")
    }

    @Test func `an end of the session also ends tickets that are out and connections being made`() async throws {
        let opening = try await registry.open(
            ConsoleFixture.key(), principal: fixture.person("anna"), takeover: false)
        let grant = try await fixture.grant(fixture.person("anna"), ConsoleFixture.key(2))
        await registry.sessionsEnded([SessionID("anna-1")], reason: "over")
        await expect(.expired) {
            try await registry.redeem(ticket: opening.ticket, session: SessionID("anna-1"), key: ConsoleFixture.key())
        }
        #expect(await !registry.connected(grant, FakeConsole()))
    }

    @Test func `rights that are taken back close consoles with 4003, and only those`() async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        let (_, other) = try await fixture.connect(fixture.person("bert"), ConsoleFixture.key(2))
        fixture.setRights(["anna": .readOnlyAdmin, "bert": .admin])
        await registry.recheckRights()
        #expect(console.closings.map(\.rawValue) == [4003])
        #expect(other.closings == [])
        #expect(await fixture.holder() == nil)
    }

    @Test func `an administrator closes a console with 4001`() async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        try await registry.disconnect(ConsoleFixture.key(), code: .disconnected, reason: "maintenance")
        #expect(console.closings.map(\.rawValue) == [4001])
        #expect(console.reason == "maintenance")
        await expect(.notFound) {
            try await registry.disconnect(ConsoleFixture.key(), code: .disconnected, reason: "")
        }
    }

    @Test func `a holder's name is for himself and for those who may operate`() async throws {
        _ = try await fixture.connect(fixture.person("anna"))
        let key = ConsoleFixture.key()
        let looker = try #require(await registry.view(key, for: fixture.person("vera")))
        #expect(looker.holder == nil && looker.address == nil && !looker.isSelf && looker.isConnected)
        let admin = try #require(await registry.view(key, for: fixture.person("bert")))
        #expect(admin.holder == "anna" && admin.address == "192.0.2.7")
        fixture.setRights(["bert": .admin])
        let own = try #require(await registry.view(key, for: fixture.person("anna", session: "2")))
        #expect(own.holder == "anna" && own.isSelf && !own.isSameSession)
        #expect(await registry.views(for: fixture.person("carl")) == [], "who has no rights sees no lock")
        #expect(await registry.views(for: fixture.person("bert")).count == 1)
    }

    @Test func `every change of a lock is an event`() async throws {
        let subscription = try fixture.bus.subscribe()
        let (grant, _) = try await fixture.connect(fixture.person("anna"))
        await registry.disconnected(grant, transferred: (0, 0))
        fixture.bus.close()
        var events: [CoreEvent] = []
        for await event in subscription.events { events.append(event) }
        let changed = CoreEvent.consoleChanged(grant.key.machine, .vnc)
        #expect(events == [changed, changed, changed], "taken, connected, free")
    }
}

@Suite struct ConsoleLimitTests {
    private func fixture(_ change: (inout ConsoleLimits) -> Void) -> ConsoleFixture {
        var limits = ConsoleLimits()
        change(&limits)
        return ConsoleFixture(limits)
    }

    @Test func `one user has so many consoles and no more`() async throws {
        let fixture = fixture { $0.perUser = 2 }
        for number in 1...2 { _ = try await fixture.connect(fixture.person("anna"), ConsoleFixture.key(UInt8(number))) }
        await expect(.limitExceeded) { try await fixture.grant(fixture.person("anna"), ConsoleFixture.key(3)) }
        _ = try await fixture.grant(fixture.person("anna", session: "2"), ConsoleFixture.key(2), takeover: true)
        _ = try await fixture.grant(fixture.person("bert"), ConsoleFixture.key(3))
    }

    @Test func `there are so many consoles in all, and a takeover adds none`() async throws {
        let fixture = fixture { $0.total = 2 }
        for number in 1...2 { _ = try await fixture.connect(fixture.person("anna"), ConsoleFixture.key(UInt8(number))) }
        await expect(.limitExceeded) { try await fixture.grant(fixture.person("bert"), ConsoleFixture.key(3)) }
        _ = try await fixture.grant(fixture.person("bert"), ConsoleFixture.key(2), takeover: true)
    }

    @Test func `many openers at once do not exceed a limit`() async throws {
        let fixture = fixture { $0.perUser = 5 }
        await withTaskGroup(of: Void.self) { group in
            for number in 1...30 {
                group.addTask {
                    _ = try? await fixture.grant(fixture.person("anna"), ConsoleFixture.key(UInt8(number)))
                }
            }
        }
        #expect(await fixture.registry.views(for: TestCore.local).count == 5)
    }
}
