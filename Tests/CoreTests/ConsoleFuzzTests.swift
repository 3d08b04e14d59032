// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestRandom
import TestSupport
import Testing

/// Random doings on two consoles by three people with two sessions each, and what must hold after each.
private struct ConsoleChaos {
    let fixture = ConsoleFixture()
    var generator: SeededGenerator
    var openings: [(ticket: String, session: SessionID, key: ConsoleKey)] = []
    var grants: [ConsoleRegistry.Grant] = []
    var open: [(grant: ConsoleRegistry.Grant, console: FakeConsole)] = []
    var highest: [ConsoleKey: Int64] = [:]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func step() async throws {
        let key = ConsoleFixture.key(UInt8.random(in: 1...2, using: &generator))
        let name = ["anna", "bert", "carl"].randomElement(using: &generator) ?? ""
        let principal = fixture.person(name, session: Bool.random(using: &generator) ? "1" : "2")
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...3: await open(key, principal)
        case 4, 5: await redeem()
        case 6, 7: await connect()
        case 8: await disconnect()
        case 9: await fixture.registry.sessionsEnded([principal.session?.id].compactMap { $0 }, reason: "over")
        case 10: try? await fixture.registry.disconnect(key, code: .disconnected, reason: "")
        default:
            fixture.clock.advance(.seconds(Int.random(in: 1...20, using: &generator)))
            await fixture.registry.tick()
        }
    }

    private mutating func open(_ key: ConsoleKey, _ principal: Principal) async {
        if Int.random(in: 0..<8, using: &generator) == 0 { fixture.ledger.failNext(1) }
        let takeover = Bool.random(using: &generator)
        let opening = try? await fixture.registry.open(key, principal: principal, takeover: takeover)
        if let opening, let session = principal.session?.id { openings.append((opening.ticket, session, key)) }
    }

    private mutating func redeem() async {
        guard let place = openings.indices.randomElement(using: &generator) else { return }
        let (ticket, session, key) = openings[place]
        guard let grant = try? await fixture.registry.redeem(ticket: ticket, session: session, key: key) else { return }
        #expect(grant.fence > highest[key] ?? 0, "fences of one console only rise")
        highest[key] = grant.fence
        grants.append(grant)
    }

    private mutating func connect() async {
        guard let place = grants.indices.randomElement(using: &generator) else { return }
        let grant = grants.remove(at: place)
        let console = FakeConsole()
        guard await fixture.registry.connected(grant, console) else { return }
        open.append((grant, console))
    }

    private mutating func disconnect() async {
        guard let place = open.indices.randomElement(using: &generator) else { return }
        let (grant, _) = open.remove(at: place)
        await fixture.registry.disconnected(grant, transferred: (1, 1))
    }

    /// At most one console is open per key, its fence is the highest handed out, and the lock is its own.
    func check() async {
        for key in [ConsoleFixture.key(1), ConsoleFixture.key(2)] {
            let live = open.filter { $0.grant.key == key && $0.console.closings.isEmpty }
            #expect(live.count <= 1)
            let view = await fixture.registry.view(key, for: TestCore.local)
            #expect((view?.isConnected ?? false) == (live.count == 1), "a lock says connected while a console is open")
            if let holder = live.first { #expect(holder.grant.fence == highest[key]) }
        }
    }
}

@Suite struct ConsoleFuzzTests {
    @Test(arguments: 1...40)
    func `whatever happens, a console has one holder with the highest fence`(seed: Int) async throws {
        var chaos = ConsoleChaos(seed: UInt64(seed))
        for _ in 0..<400 {
            try await chaos.step()
            await chaos.check()
        }
    }
}
