// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

extension SharedGatewayTests {
    /// Why a console ends, as its page is told.
    @Suite struct ConsoleEndTests {
        /// A machine with an open console of carol, who may operate it.
        private func carolsConsole() async throws -> (
            machine: Gateway.Machine, socket: WireWebSocket, privilege: JSONValue
        ) {
            let gateway = try Gateway.current
            let machine = try gateway.machine()
            let carol = try await gateway.person("carol")
            let granted = try await gateway.admin().call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "admin"])
            let privilege = try #require(granted["privilege"]?["id"])
            return (machine, try await carol.console(machine), privilege)
        }

        private func expectFree(_ machine: Gateway.Machine) async throws {
            try await eventually("the lock is free") { try await Gateway.current.admin().lock(machine) == nil }
        }

        @Test func `who takes a console over is named to the one who loses it`() async throws {
            let admin = try await Gateway.current.admin()
            let (machine, old, _) = try await carolsConsole()
            let new = try await admin.console(machine, takeover: true)
            let end = try await old.end()
            #expect(end.code == 4000)
            #expect(end.reason.contains("admin"))
            try await new.send("mine")
            #expect(try await new.bytes(4) == Array("mine".utf8))
            #expect(try await admin.lock(machine)?["holder"] == "admin")
            await new.connection.close()
            try await expectFree(machine)
        }

        @Test func `taking over from oneself in another window works the same`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let old = try await admin.console(machine)
            let new = try await admin.console(machine, takeover: true)
            #expect(try await old.end().code == 4000)
            await new.connection.close()
            try await expectFree(machine)
        }

        @Test func `an administrator may end a console and say why`() async throws {
            let admin = try await Gateway.current.admin()
            let (machine, socket, _) = try await carolsConsole()
            try await admin.call(
                "console.disconnect",
                ["machine": .string(machine.id), "type": "text", "reason": "Maintenance at noon."])
            #expect(try await socket.end() == (4001, "Maintenance at noon."))
            try await expectFree(machine)
        }

        @Test func `logging out ends the consoles of that session alone`() async throws {
            let gateway = try Gateway.current
            let machine = try gateway.machine()
            let (_, other, _) = try await carolsConsole()
            try await gateway.admin().call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "admin"])
            let second = try await gateway.login("carol")
            let socket = try await second.console(machine)
            try await second.call("session.logout")
            let end = try await socket.end()
            #expect(end.code == 4002)
            #expect(end.reason.contains("logged out"))
            try await other.send("here")
            #expect(try await other.bytes(4) == Array("here".utf8))
            await other.connection.close()
            try await expectFree(machine)
        }

        @Test func `revoking a session ends its consoles and its events everywhere`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let doomed = try await gateway.login("admin")
            let socket = try await doomed.console(machine)
            let events = try await doomed.events()
            _ = try await events.next("ready")
            let id = try #require(try await doomed.call("session.current")["session"]?["id"])
            try await admin.call("session.revoke", ["session": id])
            #expect(try await socket.end().code == 4002)
            let event = try await events.next("session.ended")
            #expect(event.data.contains("admin"))
            #expect(try await events.next() == nil)
            await expect(.unauthenticated) { try await doomed.call("session.current") }
            let opening = APIClient.Opening(path: "/console/\(machine.id)/text", ticket: "x")
            #expect(try await doomed.upgrade(opening).answer.status == 401)
            try await expectFree(machine)
        }

        @Test func `taking the right back ends the console`() async throws {
            let gateway = try Gateway.current
            let (machine, socket, privilege) = try await carolsConsole()
            try await gateway.admin().call("privilege.revoke", ["privilege": privilege])
            let end = try await socket.end()
            #expect(end.code == 4003)
            #expect(end.reason.contains("rights"))
            try await expectFree(machine)
            await expect(.notFound) { try await gateway.person("carol").open(machine) }
        }

        @Test func `a lesser right ends the console too`() async throws {
            let gateway = try Gateway.current
            let (machine, socket, _) = try await carolsConsole()
            try await gateway.admin().call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "readOnlyAdmin"])
            #expect(try await socket.end().code == 4003)
            await expect(.forbidden) { try await gateway.person("carol").open(machine) }
        }

        @Test func `switching a user off ends all that he has`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let dave = try await gateway.person("dave")
            try await admin.call(
                "privilege.grant", ["user": "dave", "machine": .string(machine.id), "level": "admin"])
            let socket = try await dave.console(machine)
            try await admin.call("user.modify", ["user": "dave", "active": false])
            #expect([4002, 4003].contains(try await socket.end().code))
            await expect(.unauthenticated) { try await dave.call("machine.list") }
        }

        @Test func `the end of the source is told`() async throws {
            let gateway = try Gateway.current
            let machine = try gateway.machine()
            let socket = try await gateway.admin().console(machine)
            try await socket.send(TextSource.end)
            let end = try await socket.end()
            #expect(end.code == 4004)
            #expect(!end.reason.isEmpty)
            try await expectFree(machine)
        }

        @Test func `a source that can not be reached is told in words`() async throws {
            let gateway = try Gateway.current
            let dead = Gateway.Machine(name: "dead", id: GatewaySettings.deadMachine)
            let socket = try await gateway.admin().console(dead)
            let end = try await socket.end()
            #expect(end.code == 4005)
            #expect(end.reason.contains("127.0.0.1"))
            #expect(end.reason.contains(" "))
            try await expectFree(dead)
        }

        @Test func `a machine that there is not can not be opened`() async throws {
            let gateway = try Gateway.current
            let none = Gateway.Machine(name: "none", id: "00000000-0000-4000-8000-00000000ffff")
            await expect(.notFound) { try await gateway.admin().open(none) }
        }
    }
}
