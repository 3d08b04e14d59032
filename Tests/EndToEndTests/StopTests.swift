// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// How the daemon ends, and what is left for the next start.
@Suite struct StopTests {
    @Test func `a stop is told to consoles and events, and waits for nobody`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let consoles = [
                try await admin.console(gateway.machine()), try await admin.console(gateway.machine()),
            ]
            try await consoles[0].send(TextSource.chatter)
            let events = try await admin.events()
            _ = try await events.next("ready")
            // A browser's idle connection, one that has sent half a request, and one that has sent nothing.
            let idle = try await gateway.connect()
            _ = try await idle.exchange(WireRequest("GET", "/healthz", headers: admin.headers))
            let half = try await gateway.connect()
            try await half.send("POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            let silent = try await gateway.connect()
            // A second ticket that nobody used, and an administrator's connection.
            _ = try await admin.open(gateway.machine())
            let local = try await WireConnection.open(.unix(gateway.socketPath))
            gateway.child?.send(SIGTERM)
            for console in consoles {
                let end = try await console.end(within: .seconds(5))
                #expect(end.code == 1001)
                #expect(!end.reason.isEmpty)
            }
            let event = try await events.next("events.dropped", within: .seconds(5))
            #expect(event.data.contains("stopping"))
            let end = await gateway.child?.wait(within: .seconds(5))
            #expect(end == .status(0))
            for connection in [idle, half, silent, local] { try await connection.waitUntilClosed(within: .seconds(1)) }
            #expect(gateway.log.split(separator: "\n").last == "info stopped")
        }
    }

    @Test func `whoever connects while it stops does not bring it down`() async throws {
        try await withGateway(superuser: false) { gateway in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for place in [WireConnection.Place.unix(gateway.socketPath), .tcp(port: gateway.port)] {
                    group.addTask {
                        var connections: [WireConnection] = []
                        while !Task.isCancelled {
                            if let connection = try? await WireConnection.open(place) { connections.append(connection) }
                            try? await Task.sleep(for: .milliseconds(1))
                        }
                        for connection in connections { await connection.close() }
                    }
                }
                try await Task.sleep(for: .milliseconds(100))
                await gateway.stop()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a page that does not read holds nothing up`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let opening = try await admin.open(machine)
            let connection = try await gateway.connect(receiveBuffer: 4096)
            let socket = try await WireWebSocket.open(
                connection, target: opening.path, headers: admin.headers,
                subprotocols: ["binary", "ticket.\(opening.ticket)"])
            try await connection.setReading(false)
            for _ in 0..<12 { try await socket.send(TextSource.flood) }
            let slow = try await admin.events(receiveBuffer: 4096)
            try await slow.connection.setReading(false)
            let notes = String(repeating: "n", count: 9990)
            for round in 0..<40 {
                try await admin.call(
                    "machine.setNotes", ["machine": .string(machine.id), "notes": .string("\(notes)\(round)")])
            }
            try await Task.sleep(for: .milliseconds(200))
            await gateway.stop()
        }
    }

    @Test func `nodes that refuse, or hang while they are connected to, hold nothing up`() async throws {
        let silent = try await TextSource(isSilent: true)
        var settings = GatewaySettings()
        settings.nodes += [
            ["name": "refusing", "uri": "qemu+ssh://root@127.0.0.1:9/system"],
            // This one has a child, ssh, that waits for a greeting.
            ["name": "hanging", "uri": .string("qemu+ssh://root@127.0.0.1:\(silent.port)/system")],
        ]
        try await withGateway(settings) { gateway in
            let admin = try await gateway.admin()
            func states() async throws -> [String: String] {
                let nodes = try await admin.call("node.list")["nodes"]?.arrayValue ?? []
                return nodes.reduce(into: [:]) { $0[$1["name"]?.stringValue ?? ""] = $1["state"]?.stringValue }
            }
            try await eventually("one is known to be unreachable") {
                try await states()["refusing"] == "unreachable"
            }
            #expect(try await states()["lines"] == "online")
            await gateway.stop()
        }
        await silent.close()
    }

    @Test func `a daemon that was killed starts again as if nothing had been`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let socket = try await admin.console(machine)
            try await admin.call("machine.setNotes", ["machine": .string(machine.id), "notes": "kept"])
            await gateway.kill()
            #expect(gateway.child?.end == .signal(SIGKILL))
            try await socket.connection.waitUntilClosed()
            #expect(FileManager.default.fileExists(atPath: gateway.socketPath))
            try await gateway.start()
            // The same cookie is still good, and so is what was written.
            #expect(try await admin.call("session.current")["user"]?["name"] == "admin")
            #expect(
                try await admin.call("machine.show", ["machine": .string(machine.id)])["machine"]?["notes"] == "kept")
            let again = try await admin.console(machine)
            try await again.send("back")
            #expect(try await again.bytes(4) == Array("back".utf8))
            await again.connection.close()
        }
    }

    @Test func `after a restart a console waits for its holder`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let carol = try await gateway.person("carol")
            let machine = try gateway.machine()
            try await admin.call(
                "privilege.grant", ["user": "carol", "machine": .string(machine.id), "level": "admin"])
            let old = try await carol.console(machine)
            await gateway.stop()
            #expect(try await old.end().code == 1001)
            try await gateway.start()
            let lock = try #require(try await admin.lock(machine))
            #expect(lock["holder"] == "carol")
            #expect(lock["connected"] == false)
            let error = await expect(.consoleLocked) { try await admin.open(machine) }
            #expect(error?.message.contains("carol") == true)
            let new = try await carol.console(machine)
            try await new.send("mine again")
            #expect(try await new.bytes(10) == Array("mine again".utf8))
            await new.connection.close()
        }
    }

    @Test func `what was closed before the stop is free after it`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let socket = try await admin.console(machine)
            await socket.connection.close()
            try await eventually("the lock is free") { try await admin.lock(machine) == nil }
            await gateway.stop()
            try await gateway.start()
            #expect(try await admin.lock(machine) == nil)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `either signal stops it, and a second one changes nothing`(signal: Int32) async throws {
        try await withGateway(superuser: false) { gateway in
            gateway.child?.send(signal)
            gateway.child?.send(signal)
            let end = await gateway.child?.wait(within: Gateway.stopLimit)
            #expect(end == .status(0))
            #expect(!FileManager.default.fileExists(atPath: gateway.socketPath))
            #expect(!FileManager.default.fileExists(atPath: gateway.tokenPath))
        }
    }
}
