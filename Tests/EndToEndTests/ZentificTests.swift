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

    func call(
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

    @Test func `a script manages accounts, groups and rights`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let admin = try await gateway.admin()
            _ = try await admin.call("user.create", ["name": "owner", "password": .string(Gateway.password)])
            let users = try await admin.call("user.list")["users"]?.arrayValue ?? []
            let owner = try #require(users.first { $0["name"] == "owner" }?["id"]?.intValue)
            let machine = try gateway.machine().id
            let login: JSONValue = ["User.login", "admin", .string(Gateway.password)]
            let (results, _) = try await call(
                gateway,
                [
                    login, ["User.addUser", ["username": "eve", "password": .string(Gateway.password), "type": 5]],
                    ["User.getUserUID", "eve"], ["User.setAttributeByUID", .int(owner), "givenname", "Ow"],
                    ["User.getUserByUID", .int(owner)], ["User.addGroup", "crew"], ["User.addGroup", "crew"],
                    ["User.addToGroup", .int(owner), "crew"], ["User.getGroupMembers", "crew"],
                    ["User.renameGroup", "crew", "team"], ["User.getGroups"],
                    ["VM.grantGroupPrivilege", .string(machine), "team", 2], ["VM.getAllUsers", .string(machine)],
                    ["VM.getPrivilege", .string(machine), .int(owner)], ["User.isUser", "nobody"],
                ])
            try #require(results.count == 15)
            let eve = try #require(results[2].intValue)
            #expect(results[1] == true && results[3] == true && results[4]["givenname"] == "Ow")
            #expect(results[5] == true && results[6] == false && results[8] == [.int(owner)])
            #expect(results[10] == ["team"] && results[11] == true && results[12] == [.int(owner)])
            #expect(results[13] == 2 && results[14] == false)

            // The owner gives on what is his, by number, and nothing else.
            let other = try gateway.machine().id
            let (own, _) = try await call(
                gateway,
                [
                    ["User.login", "owner", .string(Gateway.password)],
                    ["VM.grantPrivilege", .string(machine), .int(eve), 3],
                    ["VM.getPrivilege", .string(machine), .int(eve)], ["User.getUsers"],
                    ["User.getUserByUID", .int(eve)], ["VM.grantPrivilege", .string(other), .int(eve), 3],
                    ["User.setAttribute", "language", "de"], ["User.setAttribute", "type", "0"],
                    ["VM.grantPrivilege", .string(machine), .int(eve), 1],
                    ["User.setPassword", "wrong one", "another password"],
                    ["VM.revokePrivilege", .string(machine), .int(eve), 3],
                    ["VM.getPrivilege", .string(machine), .int(eve)],
                ])
            try #require(own.count == 12)
            let fault: JSONValue = ["fault": 1]
            #expect(own[1] == true && own[2] == 3 && own[3] == fault && own[4] == fault && own[5] == fault)
            #expect(own[6] == true && own[7] == fault && own[8] == fault && own[9] == false)
            #expect(own[10] == true && own[11] == fault)
            let (end, _) = try await call(
                gateway,
                [
                    login, ["User.removeGroup", "team"], ["User.removeUser", .int(eve)],
                    ["User.removeUser", .int(eve)],
                    ["VM.getAllUsers", .string(machine)], ["User.logoutByUID", .int(owner)],
                ])
            #expect(end == [true, true, true, ["fault": 6], [], true])
        }
    }

    @Test func `a script reads machines and nodes, and has a machine paused by a job`() async throws {
        var settings = Self.settings
        settings.staged.append("Plugins/Scheduler")
        settings.plugins.append(["name": "scheduler", "permissions": "asked"])
        try await withGateway(settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            try await gateway.waitFor("scheduler", "healthy")
            let machine = JSONValue.string(try await TestDriverMachine(gateway.admin()).id)
            let login: JSONValue = ["User.login", "admin", .string(Gateway.password)]
            let (results, _) = try await call(
                gateway,
                [
                    login, ["VM.getVCPUs", machine], ["VM.getMemory", machine], ["VM.getStateStr", machine],
                    ["VM.getVmParentNode", machine], ["Node.getNodes"], ["VM.saveNotes", machine, "mine"],
                    ["VM.getNotes", machine], ["VM.getDisks", machine], ["VM.getUptimeStr", machine],
                    ["VM.getCPUpctHist", machine], ["VM.getConsoleLockUsername", machine, "text"],
                    ["VM.pause", machine],
                ])
            try #require(results.count == 13)
            #expect(results[1] == 2 && results[2] == 2_097_152 && results[3] == "running")
            let node = try #require(results[4].stringValue)
            #expect(results[5].arrayValue?.contains(.string(node)) == true)
            #expect(results[6] == true && results[7] == "mine" && results[8].arrayValue != nil)
            #expect(results[10] == [] && results[11] == "")
            let job = try #require(results[12].intValue)
            try await eventually("the job is done") {
                try await call(gateway, [login, ["Scheduler.getJobStatus", .int(job)]]).results.last == 4
            }
            let (after, _) = try await call(
                gateway,
                [
                    login, ["VM.getState", machine], ["Scheduler.getJob", .int(job)],
                    ["Scheduler.getJobsByUUID", machine], ["Node.getNode", .string(node)],
                    ["Scheduler.getJobsStatus", [.int(job), 999]],
                ])
            #expect(after[1] == "p" && after[2]["uid"]?.intValue == 1 && after[2]["module_function"] == "pause")
            #expect(after[3].arrayValue?.first?["id"]?.intValue == job && after[4]["platform"] == "TEST")
            #expect(after[5] == ["fault": 6])
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
