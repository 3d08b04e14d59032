// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

/// A script that was written for Zentific, against the plugin.
@Suite struct ZentificTests {
    /// Calls what its arguments name with a client that keeps the cookie, and prints what came of it.
    private static let client = """
        import json, sys, xmlrpc.client
        origin, path, calls = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
        class Transport(xmlrpc.client.Transport):
            cookie = None
            def send_headers(self, connection, headers):
                super().send_headers(connection, headers + ([("Cookie", self.cookie)] if self.cookie else []))
            def parse_response(self, response):
                given = response.getheader("Set-Cookie")
                if given:
                    self.cookie = given.split(";")[0]
                return super().parse_response(response)
        transport = Transport()
        server = xmlrpc.client.ServerProxy(origin + path, transport=transport)
        results = []
        for name, *values in calls:
            try:
                results.append(getattr(server, name)(*values))
            except xmlrpc.client.Fault as fault:
                results.append({"fault": fault.faultCode})
        print(json.dumps({"results": results, "cookie": transport.cookie}, default=str))
        """

    private func call(
        _ gateway: Gateway, at path: String = "/zentific/RPC2", _ calls: [JSONValue]
    ) async throws -> (results: [JSONValue], cookie: String?) {
        let printed = try await gateway.python(Self.client, path, JSONWriter.text(.array(calls)))
        let cookie = printed["cookie"]?.stringValue
        if let secret = cookie?.split(separator: "=").last { gateway.note(secret: String(secret)) }
        return (printed["results"]?.arrayValue ?? [], cookie)
    }

    private static var settings: GatewaySettings {
        var settings = GatewaySettings()
        settings.staged = ["Plugins/Zentific", "Examples/hello-python"]
        settings.plugins = [
            ["name": "zentific", "permissions": "asked"], ["name": "hello-python", "enabled": false],
        ]
        return settings
    }

    @Test func `a script logs in, lists machines, switches a plugin and logs out`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let password = JSONValue.string(Gateway.password)
            let (results, _) = try await call(
                gateway,
                [
                    ["Zentific.hello"], ["VM.getVMs"], ["User.login", "admin", "wrong password"],
                    ["User.login", "admin", password], ["VM.getVMs"], ["VM.getVMsFull"], ["User.getUser"],
                    ["Zentific.modifyPlugin", "hello-python", 1, 1, 0, 0, 0], ["Zentific.getAllPlugins"],
                    ["User.logout"], ["VM.getVMs"], ["No.such"],
                ])
            try #require(results.count == 12)
            #expect(results[0] == true)
            #expect(results[1]["fault"]?.intValue == 18)
            #expect(results[2] == false)
            #expect(results[3] == true)
            let machines = try await gateway.admin().call("machine.list")["machines"]?.arrayValue ?? []
            #expect(results[4].arrayValue?.count == machines.count)
            #expect(results[5].arrayValue?.count == machines.count)
            #expect(results[6]["username"] == "admin")
            #expect(results[7] == true)
            #expect(results[8].arrayValue?.count == 2)
            #expect(results[9] == true)
            #expect([2, 18].contains(results[10]["fault"]?.intValue))
            #expect(results[11]["fault"]?.intValue == -32601)
            try await gateway.waitFor("hello-python", "healthy")
            #expect(try await gateway.get("/hello-python").status == 200)
        }
    }

    @Test func `a script that switches the plugin off behind which it is gets its answer`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let (results, _) = try await call(
                gateway,
                [
                    ["User.login", "admin", .string(Gateway.password)],
                    ["Zentific.modifyPlugin", "zentific", 0, 1, 0, 0, 0],
                ])
            #expect(results == [true, true])
            try await gateway.waitFor("zentific", "disabled")
            #expect(try await gateway.get("/zentific/RPC2").status == 404)
        }
    }

    @Test func `a session of Zentific's is no session of Gatehouse's`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let (results, cookie) = try await call(gateway, [["User.login", "admin", .string(Gateway.password)]])
            #expect(results == [true])
            let secret = try #require(cookie?.split(separator: "=").last)
            for name in ["__Host-gatehouse", "sessid"] {
                let stranger = APIClient(gateway, cookie: "\(name)=\(secret)")
                await expect(.unauthenticated) { try await stranger.call("session.current") }
            }
            // It is listed beside the others, and ends when it is revoked.
            let admin = try await gateway.admin()
            let sessions = try await admin.call("session.list")["sessions"]?.arrayValue ?? []
            let session = try #require(sessions.first { $0["kind"] == "zentific" })
            try await admin.call("session.revoke", ["session": try #require(session["id"])])
            let answer = try await gateway.connect().exchange(
                WireRequest(
                    "POST", "/zentific/RPC2",
                    headers: [
                        ("Host", "127.0.0.1:\(gateway.port)"), ("Cookie", "sessid=\(secret)"),
                        ("Content-Type", "application/json"),
                    ], body: Array(#"{"method":"VM.getVMs","params":[],"id":1}"#.utf8)))
            #expect(answer.text.contains("SESSION") || answer.text.contains("NOT_AUTHENTICATED"), "\(answer.text)")
        }
    }

    @Test func `the plugin's own port opens and closes with it, and has nothing else`() async throws {
        let port = try await FreePort.find()
        var settings = Self.settings
        settings.plugins = [
            [
                "name": "zentific", "permissions": "asked",
                "listeners": [["address": "127.0.0.1", "port": .int(Int64(port)), "tls": false]],
            ]
        ]
        try await withGateway(settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let hello = WireRequest(
                "POST", "/RPC2", headers: [("Host", "127.0.0.1:\(port)"), ("Content-Type", "application/json")],
                body: Array(#"{"method":"Zentific.hello","params":[],"id":1}"#.utf8))
            try await eventually("the port is open") {
                guard let connection = try? await WireConnection.open(.tcp(port: port)) else { return false }
                let answer = try await connection.exchange(hello)
                await connection.close()
                return answer.text.contains(#""result":true"#)
            }
            let connection = try await WireConnection.open(.tcp(port: port))
            let other = try await connection.exchange(WireRequest("GET", "/index.html", headers: [("Host", "x")]))
            #expect([404, 405].contains(other.status))
            await connection.close()
            try await gateway.admin().call("plugin.modify", ["name": "zentific", "enabled": false])
            try await eventually("the port is closed") { (try? await WireConnection.open(.tcp(port: port))) == nil }
            try await gateway.admin().call("plugin.modify", ["name": "zentific", "enabled": true])
            try await eventually("the port is open again") {
                guard let connection = try? await WireConnection.open(.tcp(port: port)) else { return false }
                await connection.close()
                return true
            }
        }
    }

    @Test func `a port that is taken is told with the plugin, and everything else works`() async throws {
        let taken = try await TextSource(isSilent: true)
        var settings = Self.settings
        settings.expectsErrors = true
        settings.plugins = [
            [
                "name": "zentific", "permissions": "asked",
                "listeners": [["address": "127.0.0.1", "port": .int(Int64(taken.port))]],
            ]
        ]
        try await withGateway(settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            try await eventually("it is told") {
                try await gateway.plugin("zentific")["error"]?.stringValue?.contains("is in use") == true
            }
            #expect(try await call(gateway, [["Zentific.hello"]]).results == [true])
            await taken.close()
            try await eventually("it is taken over") { try await gateway.plugin("zentific")["error"]?.isNull == true }
        }
    }
}
