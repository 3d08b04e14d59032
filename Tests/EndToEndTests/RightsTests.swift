// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

extension SharedGatewayTests {
    /// Whoever has no right on a machine can not tell that it exists.
    @Suite struct RightsTests {
        private func machines(_ client: APIClient) async throws -> [String] {
            try await client.call("machine.list")["machines"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
        }

        @Test func `a user without rights sees no machine and no node`() async throws {
            let gateway = try Gateway.current
            let frank = try await gateway.person("frank")
            #expect(try await machines(frank).isEmpty)
            #expect(try await frank.call("node.list")["nodes"] == [])
            #expect(try await frank.call("console.list")["consoles"] == [])
            await expect(.forbidden) { try await frank.call("audit.list") }
            await expect(.forbidden) { try await frank.call("user.list") }
        }

        @Test func `a machine of others and one that does not exist are refused with the same words`() async throws {
            let gateway = try Gateway.current
            let frank = try await gateway.person("frank")
            let machine = try gateway.machine()
            let none = "00000000-0000-4000-8000-00000000ffff"
            for method in ["machine.show", "machine.start", "machine.powerOff", "machine.picture"] {
                let hidden = await expect(.notFound) { try await frank.call(method, ["machine": .string(machine.id)]) }
                let missing = await expect(.notFound) { try await frank.call(method, ["machine": .string(none)]) }
                #expect(hidden == missing, "\(method)")
            }
            for method in ["console.open", "console.show", "console.disconnect"] {
                func ask(_ id: String) async throws {
                    try await frank.call(method, ["machine": .string(id), "type": "text"])
                }
                let hidden = await expect(.notFound) { try await ask(machine.id) }
                let missing = await expect(.notFound) { try await ask(none) }
                #expect(hidden == missing, "\(method)")
            }
            let pictures = try await [machine.id, none].asyncMap { id in
                try await frank.exchange(WireRequest("GET", "/api/machines/\(id)/picture", headers: frank.headers))
            }
            #expect(pictures.map(\.status) == [404, 404])
            #expect(pictures[0].text == pictures[1].text)
        }

        @Test func `a right that is given or taken shows at once, and events follow it`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let grace = try await gateway.person("grace")
            let (mine, other) = (try gateway.machine(), try gateway.machine())
            let events = try await grace.events()
            _ = try await events.next("ready")
            // Nothing of these reaches her.
            try await admin.call("machine.setNotes", ["machine": .string(mine.id), "notes": "before"])
            let granted = try await admin.call(
                "privilege.grant", ["user": "grace", "machine": .string(mine.id), "level": "readOnlyAdmin"])
            #expect(try await events.next()?.topic == "privilege.changed")
            #expect(try await machines(grace) == [mine.id])
            try await admin.call("machine.setNotes", ["machine": .string(other.id), "notes": "hidden"])
            try await admin.call("machine.setNotes", ["machine": .string(mine.id), "notes": "after"])
            let event = try #require(try await events.next())
            #expect(event.topic == "machine.changed")
            #expect(event.data.contains("after"))
            #expect(event.data.contains(mine.id))
            // She may look, and no more.
            await expect(.forbidden) { try await grace.open(mine) }
            await expect(.forbidden) {
                try await grace.call("machine.setNotes", ["machine": .string(mine.id), "notes": "hers"])
            }
            try await admin.call("privilege.revoke", ["privilege": try #require(granted["privilege"]?["id"])])
            #expect(try await events.next()?.topic == "privilege.changed")
            #expect(try await machines(grace).isEmpty)
            await events.connection.close()
        }

        @Test func `an owner gives up to his own level and no more`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let owner = try await gateway.person("heidi")
            _ = try await gateway.person("frank")
            let machine = try gateway.machine()
            func grant(_ client: APIClient, _ user: String, _ level: String) async throws {
                try await client.call(
                    "privilege.grant",
                    ["user": .string(user), "machine": .string(machine.id), "level": .string(level)])
            }
            try await grant(admin, "heidi", "owner")
            await expect(.forbidden) { try await grant(owner, "frank", "maintenance") }
            try await grant(owner, "frank", "admin")
            await expect(.forbidden) { try await grant(gateway.person("frank"), "heidi", "admin") }
            try await owner.call("machine.setNotes", ["machine": .string(machine.id), "notes": "mine"])
        }

        @Test func `a holder's name is for those who may operate the machine`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let viewer = try await gateway.person("grace")
            let machine = try gateway.machine()
            try await admin.call(
                "privilege.grant", ["user": "grace", "machine": .string(machine.id), "level": "readOnlyAdmin"])
            let socket = try await admin.console(machine)
            let lock = try #require(try await viewer.lock(machine))
            #expect(lock["holder"] == .null)
            #expect(lock["address"] == .null)
            #expect(lock["connected"] == true)
            await socket.connection.close()
        }
    }
}

extension Sequence {
    /// The elements, each turned into something by work that waits.
    func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
