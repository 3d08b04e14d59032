// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct EventTests {
    @Test func `a machine's events are for those who may see it`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let id = try await fixture.test.machine("web").id
            let address = id.uuid.uuidString.lowercased()
            let events: [(CoreEvent, String)] = [
                (.machineChanged(id), "machine.changed"), (.machineRemoved(id, address: address), "machine.removed"),
                (.consoleChanged(id, .vnc), "console.changed"),
            ]
            for (event, topic) in events {
                for principal in [viewer, fixture.root, TestCore.local] {
                    #expect(await fixture.api.render(event, for: principal)?.topic == topic)
                }
                for principal in [fixture.plain, TestCore.anonymous] {
                    #expect(await fixture.api.render(event, for: principal) == nil)
                }
            }
            let changed = await fixture.api.render(.machineChanged(id), for: viewer)
            #expect(changed?.data["machine"]?["id"] == .string(address))
            #expect(changed?.data["machine"]?["level"] == "readOnlyAdmin")
        }
    }

    @Test func `a lock names its holder only to those who may know`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let admin = try await fixture.user("admin", .admin, on: "web")
            let id = try await fixture.test.machine("web").id
            _ = try await fixture.test.core.consoles.open(
                ConsoleKey(machine: id, type: .vnc), principal: admin, takeover: false)
            let event = CoreEvent.consoleChanged(id, .vnc)
            let seen = await fixture.api.render(event, for: viewer)?.data["lock"]
            #expect(seen?["holder"]?.isNull == true && seen?["address"]?.isNull == true)
            #expect(await fixture.api.render(event, for: fixture.root)?.data["lock"]?["holder"] == "admin")
            let own = await fixture.api.render(event, for: admin)?.data["lock"]
            #expect(own?["self"] == true && own?["sameSession"] == true)
            let free = await fixture.api.render(.consoleChanged(id, .text), for: viewer)
            #expect(free?.data["lock"]?.isNull == true)
        }
    }

    @Test func `a node's events are for those who have something there`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "mail")
            let event = CoreEvent.nodeChanged(try await fixture.test.machine("mail").id.node)
            let seen = await fixture.api.render(event, for: viewer)
            #expect(seen?.topic == "node.changed" && seen?.data["node"]?["uri"]?.isNull == true)
            let full = await fixture.api.render(event, for: fixture.root)
            #expect(full?.data["node"]?["uri"] == "fake:///n2")
            #expect(await fixture.api.render(event, for: fixture.plain) == nil)
            let other = CoreEvent.nodeChanged(try await fixture.test.machine("web").id.node)
            #expect(await fixture.api.render(other, for: viewer) == nil)
        }
    }

    @Test func `why a node is away is for superusers`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "mail")
            let node = try await fixture.test.machine("mail").id.node
            fixture.hypervisors[1].disconnect("ssh: host key of 10.0.0.7 has changed")
            try await eventually("it is away") { try await fixture.test.machine("mail").snapshot.state == .unknown }
            let seen = await fixture.api.render(.nodeChanged(node), for: viewer)
            #expect(seen?.data["node"]?["state"] == "unreachable")
            #expect(seen.map { !"\($0.data)".contains("10.0.0.7") } == true)
            let full = await fixture.api.render(.nodeChanged(node), for: fixture.root)
            #expect(full?.data["node"]?["reason"]?.stringValue?.contains("10.0.0.7") == true)
        }
    }

    @Test func `a session's end is for its own page`() async throws {
        try await APIFixture.run { fixture in
            let id = try #require(fixture.plain.session?.id)
            let second = try await fixture.test.login("plain")
            for event in [CoreEvent.sessionEnding(id, idle: true), .sessionEnded(id, reason: "over")] {
                #expect(await fixture.api.render(event, for: fixture.plain) != nil)
                for principal in [second, fixture.root, TestCore.local] {
                    #expect(await fixture.api.render(event, for: principal) == nil)
                }
            }
            let ending = await fixture.api.render(.sessionEnding(id, idle: true), for: fixture.plain)
            #expect(ending?.data["expiresAt"]?.stringValue?.hasSuffix("Z") == true && ending?.data["idle"] == true)
        }
    }

    @Test func `that users have changed is for superusers, and that rights have for all`() async throws {
        try await APIFixture.run { fixture in
            #expect(await fixture.api.render(.usersChanged, for: fixture.root)?.topic == "user.changed")
            #expect(await fixture.api.render(.usersChanged, for: fixture.plain) == nil)
            #expect(await fixture.api.render(.privilegesChanged, for: fixture.plain)?.topic == "privilege.changed")
        }
    }

    @Test func `who loses his rights hears nothing more of the machine`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let event = CoreEvent.machineChanged(try await fixture.test.machine("web").id)
            #expect(await fixture.api.render(event, for: viewer) != nil)
            let privilege = try #require(fixture.test.core.access.table.privileges.first)
            try await fixture.test.core.accounts.revoke(privilege.id)
            #expect(await fixture.api.render(event, for: viewer) == nil)
        }
    }
}
