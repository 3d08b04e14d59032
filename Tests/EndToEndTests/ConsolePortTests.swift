// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

/// Consoles on ports of their own, as clients of Zentific's time open them.
@Suite struct ConsolePortTests {
    private static func settings(first: Int?) -> GatewaySettings {
        var settings = GatewaySettings()
        settings.staged = ["Plugins/Zentific"]
        settings.plugins = [["name": "zentific", "permissions": "asked"]]
        if let first { settings.other["consolePorts"] = .string("\(first)-\(first + 2)") }
        return settings
    }

    /// The first of three ports that are free, one after the other.
    private static func findPorts() async throws -> Int {
        while true {
            let first = try await FreePort.find()
            let others = [try await FreePort.find(), try await FreePort.find()]
            if others == [first + 1, first + 2] { return first }
        }
    }

    private static let login: JSONValue = ["User.login", "admin", .string(Gateway.password)]

    private static func echo(_ text: String, _ connection: WireConnection) async throws {
        try await connection.send(text)
        let count = text.utf8.count
        let bytes = try await connection.receive("what was typed") { bytes, _ -> [UInt8]? in
            guard bytes.count >= count else { return nil }
            defer { bytes.removeFirst(count) }
            return Array(bytes.prefix(count))
        }
        #expect(bytes == Array(text.utf8))
    }

    @Test func `a text console has a port for one client, and its lock`() async throws {
        let first = try await Self.findPorts()
        try await withGateway(Self.settings(first: first)) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let admin = try await gateway.admin()
            _ = try await admin.call("user.create", ["name": "other", "password": .string(Gateway.password)])
            let machine = try gateway.machine()
            let id = JSONValue.string(machine.id)
            _ = try await admin.call("privilege.grant", ["user": "other", "machine": id, "level": "admin"])
            let (opened, _) = try await gateway.zentific([
                Self.login, ["VM.getTextConsolePort", id], ["VM.connectTextConsole", id],
                ["VM.getTextConsolePort", id],
                ["VM.connectGraphicalConsole", id],
            ])
            #expect(opened == [true, 0, .int(Int64(first)), .int(Int64(first)), ["fault": 29]])
            let connection = try await WireConnection.open(.tcp(port: first))
            try await Self.echo("hello", connection)
            await #expect(throws: (any Error).self) { _ = try await WireConnection.open(.tcp(port: first)) }
            let (refused, _) = try await gateway.zentific([
                ["User.login", "other", .string(Gateway.password)], ["VM.connectTextConsole", id],
                ["VM.getConsoleLockUsername", id, "text"], ["VM.getTextConsolePort", id],
            ])
            #expect(refused == [true, ["fault": 9], "admin", .int(Int64(first))])
            let consoles = try await admin.call("console.list")["consoles"]?.arrayValue ?? []
            #expect(consoles.map { $0["port"] } == [.int(Int64(first))] && consoles.first?["connected"] == true)

            let (freed, _) = try await gateway.zentific([
                ["User.login", "other", .string(Gateway.password)], ["VM.disconnectTextConsole", id],
                ["VM.connectTextConsole", id],
            ])
            #expect(freed.count == 3 && freed[1] == true)
            try await connection.waitUntilClosed()
            let port = try #require(freed[2].intValue)
            let second = try await WireConnection.open(.tcp(port: Int(port)))
            try await Self.echo("again", second)
            await second.close()
            try await eventually("the lock is free") {
                try await admin.call("console.list")["consoles"]?.arrayValue?.isEmpty == true
            }
        }
    }

    @Test func `a port closes when its session ends, unused or in use`() async throws {
        let first = try await Self.findPorts()
        try await withGateway(Self.settings(first: first)) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let id = JSONValue.string(try gateway.machine().id)
            let (unused, _) = try await gateway.zentific([
                Self.login, ["VM.connectTextConsole", id], ["User.logout"],
            ])
            #expect(unused == [true, .int(Int64(first)), true])
            try await eventually("the port is closed") { (try? await WireConnection.open(.tcp(port: first))) == nil }
            let (opened, _) = try await gateway.zentific([Self.login, ["VM.connectTextConsole", id]])
            let port = Int(try #require(opened.last?.intValue))
            let connection = try await WireConnection.open(.tcp(port: port))
            try await Self.echo("hello", connection)
            let admin = try await gateway.admin()
            let sessions = try await admin.call("session.list")["sessions"]?.arrayValue ?? []
            for session in sessions where session["kind"] == "zentific" {
                try await admin.call("session.revoke", ["session": try #require(session["id"])])
            }
            try await connection.waitUntilClosed()
        }
    }

    @Test func `all ports in use is told, and leaves no lock`() async throws {
        let first = try await Self.findPorts()
        try await withGateway(Self.settings(first: first)) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let ids = try (0..<4).map { _ in JSONValue.string(try gateway.machine().id) }
            let (results, _) = try await gateway.zentific(
                [Self.login] + ids.map { ["VM.connectTextConsole", $0] } + [
                    ["VM.getConsoleLockUsername", ids[3], "text"]
                ])
            #expect(results[1...3].map { $0.intValue ?? 0 } == [0, 1, 2].map { Int64(first + $0) })
            #expect(results[4] == ["fault": 30] && results[5] == "")
        }
    }

    @Test func `without such ports the port of the pages is named, and nothing is taken`() async throws {
        try await withGateway(Self.settings(first: nil)) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let machine = try gateway.machine()
            let id = JSONValue.string(machine.id)
            let pages = JSONValue.int(Int64(gateway.port))
            let calls: [JSONValue] = [Self.login, ["VM.connectTextConsole", id], ["VM.getTextConsolePort", id]]
            #expect(try await gateway.zentific(calls).results == [true, pages, 0])
            let socket = try await gateway.admin().console(machine)
            #expect(try await gateway.zentific(calls).results == [true, ["fault": 9], pages])
            await socket.connection.close()
            // The range can be set while it runs.
            let first = try await FreePort.find()
            let range = JSONValue.string("\(first)-\(first)")
            try await eventually("the lock is free") {
                try await gateway.admin().call("console.list")["consoles"]?.arrayValue?.isEmpty == true
            }
            let (results, _) = try await gateway.zentific([
                Self.login, ["Zentific.setconfig", "console_port_range", "1-2"],
                ["Zentific.setconfig", "console_port_range", range], ["Zentific.getConfig", "console_port_range"],
                ["VM.connectTextConsole", id],
            ])
            #expect(results == [true, ["fault": 6], true, range, .int(Int64(first))])
        }
    }
}
