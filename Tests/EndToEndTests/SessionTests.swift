// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

extension SharedGatewayTests {
    /// What keeps a session, and what ends it.
    @Suite struct SessionTests {
        private func lastActive(_ client: APIClient) async throws -> String {
            try #require(try await client.call("session.current")["session"]?["lastActiveAt"]?.stringValue)
        }

        @Test func `asking who one is keeps no session awake, and extending does`() async throws {
            let client = try await Gateway.current.admin()
            let before = try await lastActive(client)
            try await Task.sleep(for: .milliseconds(20))
            #expect(try await lastActive(client) == before)
            try await client.call("session.extend")
            #expect(try await lastActive(client) > before)
        }

        @Test func `typing into a console counts as activity, and what the guest writes does not`() async throws {
            let gateway = try Gateway.current
            let client = try await gateway.admin()
            let socket = try await client.console(gateway.machine())
            try await socket.send(TextSource.chatter)
            _ = try await socket.bytes(1)
            // Activity is noted at most once in five seconds: let the one of the first key settle.
            try await Task.sleep(for: .milliseconds(200))
            let before = try await lastActive(client)
            _ = try await socket.bytes(20)
            #expect(try await lastActive(client) == before)
            try await eventually("typing is noticed") {
                try await socket.send("x")
                return try await lastActive(client) > before
            }
            await socket.connection.close()
        }

        @Test func `every session is listed for its user, and the current one is marked`() async throws {
            let gateway = try Gateway.current
            let carol = try await gateway.person("carol")
            let second = try await gateway.login("carol")
            let sessions = try #require(try await carol.call("session.list")["sessions"]?.arrayValue)
            #expect(sessions.count >= 2)
            #expect(sessions.allSatisfy { $0["user"] == "carol" && $0["address"] == "127.0.0.1" })
            #expect(sessions.count { $0["current"] == true } == 1)
            await expect(.forbidden) { try await carol.call("session.list", ["user": "admin"]) }
            let id = try #require(try await second.call("session.current")["session"]?["id"])
            try await carol.call("session.revoke", ["session": id])
            await expect(.unauthenticated) { try await second.call("session.current") }
        }

        @Test func `nobody ends the session of another`() async throws {
            let gateway = try Gateway.current
            let carol = try await gateway.person("carol")
            let id = try #require(try await gateway.admin().call("session.current")["session"]?["id"])
            await expect(.notFound) { try await carol.call("session.revoke", ["session": id]) }
            try await gateway.admin().call("session.current")
        }

        @Test func `a new password ends the other sessions of the account`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let erin = try await gateway.person("erin")
            let new = "another battery 8"
            gateway.note(secret: new)
            try await admin.call("user.setPassword", ["user": "erin", "password": .string(new)])
            await expect(.unauthenticated) { try await erin.call("session.current") }
        }
    }
}

/// What only shows when a session's time is short.
@Suite struct SessionEndTests {
    @Test func `the end of an idle session is announced in time and comes when it is due`() async throws {
        // A minute is the least, and a minute before the end is when it is announced.
        try await withGateway(GatewaySettings(limits: ["sessionIdleMinutes": 1])) { gateway in
            let admin = try await gateway.admin()
            let events = try await admin.events()
            _ = try await events.next("ready")
            let event = try await events.next("session.ending", within: .seconds(15))
            let due = try await dueDate(admin)
            #expect(event.data.contains(#""idle":true"#))
            #expect(event.data.contains(due))
            #expect(try Date(due, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) > .now)
            // It is still good, and whoever extends it gains the whole time.
            try await Task.sleep(for: .milliseconds(10))
            try await admin.call("session.extend")
            #expect(try await dueDate(admin) > due)
        }
    }

    private func dueDate(_ client: APIClient) async throws -> String {
        try #require(try await client.call("session.current")["session"]?["idleExpiresAt"]?.stringValue)
    }
}
