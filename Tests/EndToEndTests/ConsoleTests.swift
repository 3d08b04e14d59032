// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

extension SharedGatewayTests {
    /// The way to a console: lock, ticket, WebSocket, bytes.
    @Suite struct ConsoleTests {
        @Test func `what is typed arrives and what is answered comes back`() async throws {
            let gateway = try Gateway.current
            let socket = try await gateway.admin().console(gateway.machine())
            #expect(socket.answer["sec-websocket-protocol"] == "binary")
            try await socket.send("hello, wörld\r")
            #expect(try await socket.bytes(14) == Array("hello, wörld\r".utf8))
            try await socket.send([0, 255, 10])
            #expect(try await socket.bytes(3) == [0, 255, 10])
            try await socket.sendClose()
            #expect(try await socket.end().code == 1000)
            try await socket.connection.waitUntilClosed()
        }

        @Test func `a megabyte comes through whole and in order`() async throws {
            let gateway = try Gateway.current
            let socket = try await gateway.admin().console(gateway.machine())
            try await socket.send(TextSource.flood)
            let bytes = try await socket.bytes(1 << 20)
            #expect(bytes == (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            await socket.connection.close()
        }

        @Test func `a request to resize is taken and not passed on`() async throws {
            let gateway = try Gateway.current
            let socket = try await gateway.admin().console(gateway.machine())
            try await socket.send("\u{0}{\"resize\":{\"columns\":100,\"rows\":40}}")
            try await socket.send("after")
            #expect(try await socket.bytes(5) == Array("after".utf8))
            await socket.connection.close()
        }

        @Test func `the list of consoles counts the bytes of both ways`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let socket = try await admin.console(machine)
            try await socket.send("12345678")
            _ = try await socket.bytes(8)
            try await eventually("the bytes are counted") {
                let consoles = try await admin.call("console.list")["consoles"]?.arrayValue ?? []
                let mine = try #require(consoles.first { $0["machine"]?.stringValue == machine.id })
                #expect(mine["machineName"]?.stringValue == machine.name)
                #expect(mine["holder"] == "admin")
                #expect(mine["connected"] == true)
                return mine["bytesIn"] == 8 && mine["bytesOut"] == 8
            }
            await socket.connection.close()
        }

        @Test func `a ticket is good for one upgrade`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let opening = try await admin.open(gateway.machine())
            let first = try await admin.upgrade(opening)
            #expect(first.answer.status == 101)
            let second = try await admin.upgrade(opening)
            #expect(second.answer.status == 401)
            #expect(second.answer.text.contains("ticket"))
            // Whoever tries it again does not disturb the first.
            try await first.send("still here")
            #expect(try await first.bytes(10) == Array("still here".utf8))
            await first.connection.close()
        }

        @Test func `a ticket is good for its own machine and type only`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let other = try gateway.machine()
            for path in ["/console/\(other.id)/text", nil] {
                let opening = try await admin.open(gateway.machine())
                let target = path ?? opening.path.replacing("/text", with: "/vnc")
                let crossed = APIClient.Opening(path: target, ticket: opening.ticket)
                #expect(try await admin.upgrade(crossed).answer.status == 401, "\(target)")
                // A ticket that was shown in the wrong place is worth nothing any more.
                #expect(try await admin.upgrade(opening).answer.status == 401)
            }
        }

        @Test func `a ticket is good for its own session only`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let carol = try await gateway.person("carol")
            let machine = try gateway.machine()
            try await admin.call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "admin"])
            let opening = try await admin.open(machine)
            #expect(try await carol.upgrade(opening).answer.status == 401)
        }

        @Test func `a ticket that nobody used ends, with its lock`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let opening = try await admin.open(machine)
            #expect(try await admin.lock(machine)?["connected"] == false)
            let start = ContinuousClock.now
            try await eventually("the lock is free") { try await admin.lock(machine) == nil }
            #expect(start.duration(to: .now) > .seconds(4))
            let late = try await admin.upgrade(opening)
            #expect(late.answer.status == 401)
            #expect(late.answer.text.contains("again"))
        }

        @Test func `an upgrade needs the origin, the cookie and one ticket`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let opening = try await admin.open(machine)
            for (changes, status) in [
                (["Origin": nil], 403), (["Origin": "http://evil.example"], 403), (["Cookie": nil], 401),
                (["Cookie": "__Host-gatehouse=\(String(repeating: "A", count: 43))"], 401),
            ] as [([String: String?], Int)] {
                #expect(try await admin.upgrade(opening, but: changes).answer.status == status, "\(changes)")
            }
            for subprotocols in [[], ["binary"], ["binary", "ticket."], ["ticket.a", "ticket.b"]] {
                let answer = try await admin.upgrade(opening, subprotocols: subprotocols).answer
                #expect(answer.status == 401, "\(subprotocols)")
            }
            // None of that has used it up.
            let socket = try await admin.upgrade(opening)
            #expect(socket.answer.status == 101)
            await socket.connection.close()
        }

        @Test func `the subprotocol binary is answered only where it was offered`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let opening = try await admin.open(gateway.machine())
            let socket = try await admin.upgrade(opening, subprotocols: ["ticket.\(opening.ticket)"])
            #expect(socket.answer.status == 101)
            #expect(socket.answer["sec-websocket-protocol"] == nil)
            await socket.connection.close()
        }

        @Test func `a second opener is told who is there`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let carol = try await gateway.person("carol")
            let machine = try gateway.machine()
            try await admin.call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "admin"])
            let socket = try await admin.console(machine)
            let error = await expect(.consoleLocked) { try await carol.open(machine) }
            #expect(error?.message.contains("admin") == true)
            let lock = error?.details["lock"]
            #expect(lock?["holder"] == "admin")
            #expect(lock?["self"] == false)
            #expect(lock?["connected"] == true)
            let own = await expect(.consoleLocked) { try await admin.open(machine) }
            #expect(own?.details["lock"]?["self"] == true)
            try await socket.send("undisturbed")
            #expect(try await socket.bytes(11) == Array("undisturbed".utf8))
            await socket.connection.close()
        }

        @Test func `a lock is free once its page has vanished`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let socket = try await admin.console(machine)
            #expect(try await admin.lock(machine)?["connected"] == true)
            try await socket.connection.reset()
            try await eventually("the lock is free") { try await admin.lock(machine) == nil }
            try await eventually("the source is let go") { gateway.source.connections == 0 }
        }

        @Test func `a console opens again and again`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            for round in 0..<10 {
                let socket = try await admin.console(machine)
                try await socket.send("round \(round)")
                #expect(try await socket.bytes(7) == Array("round \(round)".utf8))
                await socket.connection.close()
                try await eventually("the lock is free") { try await admin.lock(machine) == nil }
            }
        }
    }
}
