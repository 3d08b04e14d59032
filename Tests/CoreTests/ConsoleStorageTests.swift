// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct ConsoleRestartTests {
    @Test func `after a restart the holder has a minute to come back, in any of his sessions`() async throws {
        let before = ConsoleFixture()
        let (old, _) = try await before.connect(before.person("anna"))
        let after = ConsoleFixture(ledger: before.ledger)
        try await after.registry.load()
        #expect(await after.holder() == "anna")
        await expect(.consoleLocked) { try await after.grant(after.person("bert")) }
        after.clock.advance(.seconds(59))
        let (new, _) = try await after.connect(after.person("anna", session: "2"))
        #expect(new.fence > old.fence)
        after.clock.advance(.seconds(3600))
        await after.registry.tick()
        #expect(await after.holder() == "anna")
    }

    @Test func `a holder who does not come back loses the console after sixty seconds`() async throws {
        let before = ConsoleFixture()
        _ = try await before.connect(before.person("anna"))
        let after = ConsoleFixture(ledger: before.ledger)
        try await after.registry.load()
        after.clock.advance(.seconds(60))
        _ = try await after.grant(after.person("bert"))
        #expect(await after.holder() == "bert")
    }

    @Test func `a reserved console may be taken over`() async throws {
        let before = ConsoleFixture()
        _ = try await before.connect(before.person("anna"))
        let after = ConsoleFixture(ledger: before.ledger)
        try await after.registry.load()
        _ = try await after.connect(after.person("bert"), takeover: true)
        #expect(await after.holder() == "bert")
    }

    @Test func `a host that stops leaves its locks written down`() async throws {
        let before = ConsoleFixture()
        let (grant, _) = try await before.connect(before.person("anna"))
        await before.registry.prepareForShutdown()
        await before.registry.disconnected(grant, transferred: (0, 0))
        #expect(before.ledger.rows.map(\.user) == [UserID(1)])
    }
}

@Suite struct ConsoleStorageTests {
    private let fixture = ConsoleFixture()
    private var registry: ConsoleRegistry { fixture.registry }

    @Test func `a takeover that can not be written down leaves the holder as he was`() async throws {
        let (grant, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.failNext(1)
        await expect(.storageFailed) { try await fixture.grant(fixture.person("bert"), takeover: true) }
        #expect(console.closings == [])
        #expect(await fixture.holder() == "anna")
        await registry.disconnected(grant, transferred: (0, 0))
        #expect(await fixture.holder() == nil)
    }

    @Test func `a lock that can not be written down is not taken`() async throws {
        fixture.ledger.failNext(1)
        await expect(.storageFailed) { try await fixture.grant(fixture.person("anna")) }
        #expect(await fixture.holder() == nil)
        _ = try await fixture.connect(fixture.person("bert"))
    }

    @Test func `a lock that can not be removed is free all the same`() async throws {
        let (grant, _) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.failNext(1)
        await registry.disconnected(grant, transferred: (0, 0))
        _ = try await fixture.connect(fixture.person("bert"))
    }

    @Test func `of two openers at once one gets the console`() async throws {
        fixture.ledger.hold()
        async let first = fixture.grant(fixture.person("anna"))
        try await eventually("the first is being written") { fixture.ledger.waitingCount == 1 }
        await expect(.consoleLocked) { try await fixture.grant(fixture.person("bert")) }
        fixture.ledger.letGo()
        #expect(try await first.key == ConsoleFixture.key())
        #expect(await fixture.holder() == "anna")
    }

    @Test(arguments: [true, false])
    func `a takeover while another is being written down leaves one holder`(oldestFirst: Bool) async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.hold()
        async let first = result { try await fixture.grant(fixture.person("bert"), takeover: true) }
        try await eventually("the first is being written") { fixture.ledger.waitingCount == 1 }
        async let second = result { try await fixture.grant(fixture.person("carl"), takeover: true) }
        try await eventually("the second is being written") { fixture.ledger.waitingCount == 2 }
        if oldestFirst {
            fixture.ledger.letGo(all: false)
            #expect(await first?.code == .conflict)
        }
        fixture.ledger.letGo()
        #expect(await first?.code == .conflict)
        #expect(await second == nil)
        #expect(await fixture.holder() == "carl")
        #expect(console.closings == [.takenOver])
    }

    @Test func `two takeovers that both fail leave the holder as he was`() async throws {
        let (grant, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.hold()
        async let first = result { try await fixture.grant(fixture.person("bert"), takeover: true) }
        try await eventually("the first is being written") { fixture.ledger.waitingCount == 1 }
        async let second = result { try await fixture.grant(fixture.person("carl"), takeover: true) }
        try await eventually("the second is being written") { fixture.ledger.waitingCount == 2 }
        fixture.ledger.failNext(2)
        fixture.ledger.letGo()
        #expect(await [first?.code, second?.code] == [.storageFailed, .storageFailed])
        #expect(await fixture.holder() == "anna")
        #expect(console.closings == [])
        await registry.disconnected(grant, transferred: (0, 0))
        #expect(await fixture.holder() == nil)
    }

    @Test func `a holder whose session ends while a failing takeover is written down is not left connected`()
        async throws
    {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.hold()
        async let taker = result { try await fixture.grant(fixture.person("bert"), takeover: true) }
        try await eventually("it is being written") { fixture.ledger.waitingCount == 1 }
        await registry.sessionsEnded([SessionID("anna-1")], reason: "over")
        #expect(console.closings == [.sessionEnded])
        fixture.ledger.failNext(1)
        fixture.ledger.letGo()
        #expect(await taker?.code == .storageFailed)
        #expect(await fixture.holder() == nil)
    }

    @Test func `a taker whose session ends while it is written down gets nothing, and the holder keeps it`()
        async throws
    {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.hold()
        async let taker = result { try await fixture.grant(fixture.person("bert"), takeover: true) }
        try await eventually("it is being written") { fixture.ledger.waitingCount == 1 }
        await registry.sessionsEnded([SessionID("bert-1")], reason: "over")
        fixture.ledger.letGo()
        #expect(await taker?.code == .conflict)
        #expect(await fixture.holder() == "anna")
        #expect(console.closings == [])
    }

    @Test func `who closes a console while it is taken over closes it for both`() async throws {
        let (_, console) = try await fixture.connect(fixture.person("anna"))
        fixture.ledger.hold()
        async let taker = result { try await fixture.grant(fixture.person("bert"), takeover: true) }
        try await eventually("it is being written") { fixture.ledger.waitingCount == 1 }
        try await registry.disconnect(ConsoleFixture.key(), code: .disconnected, reason: "")
        fixture.ledger.letGo()
        #expect(await taker?.code == .conflict)
        #expect(console.closings == [.disconnected])
        #expect(await fixture.holder() == nil)
    }

    @Test func `ending a session does not close a console that somebody else has got meanwhile`() async throws {
        let keys = [ConsoleFixture.key(1), ConsoleFixture.key(2)]
        for key in keys { _ = try await fixture.connect(fixture.person("anna"), key) }
        fixture.ledger.holdRemovals()
        async let ending: Void = registry.sessionsEnded([SessionID("anna-1")], reason: "over")
        try await eventually("the first is being removed") { fixture.ledger.waitingCount == 1 }
        var consoles: [FakeConsole] = []
        for key in keys {
            consoles.append(try await fixture.connect(fixture.person("bert"), key, takeover: true).console)
        }
        fixture.ledger.letGo()
        await ending
        #expect(consoles.map(\.closings) == [[], []])
        for key in keys { #expect(await fixture.holder(key) == "bert") }
    }

    private func result(_ body: () async throws -> some Any) async -> GatehouseError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? GatehouseError
        }
    }
}
