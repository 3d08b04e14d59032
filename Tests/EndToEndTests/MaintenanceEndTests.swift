// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

/// Nodes that are brought to rest and back, by the scheduler's jobs.
@Suite struct MaintenanceEndTests {
    private static var settings: GatewaySettings {
        var settings = GatewaySettings()
        settings.staged = ["Plugins/Zentific", "Plugins/Scheduler"]
        settings.plugins = [
            ["name": "zentific", "permissions": "asked"], ["name": "scheduler", "permissions": "asked"],
        ]
        return settings
    }

    private func state(_ machine: String, _ client: APIClient) async throws -> JSONValue? {
        try await client.call("machine.show", ["machine": .string(machine)])["machine"]?["state"]
    }

    @Test func `the command line and a script of Zentific's bring a node to rest and back`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            try await gateway.waitFor("scheduler", "healthy")
            let admin = try await gateway.admin()
            let machine = try await TestDriverMachine(admin).id
            let entered = try await gateway.command("node", "maintenance", "enter", "test")
            #expect(entered.end == .status(0), "\(entered.error)")
            #expect(entered.output == "Node test is in maintenance.\ntest: saved\n")
            #expect(try await gateway.command("node", "list").output.contains("online, maintenance"))
            #expect(try await state(machine, admin) == "saved")
            let started = try await gateway.command("machine", "start", machine)
            #expect(started.end != .status(0) && started.error.contains("in maintenance"))
            let again = try await gateway.command("node", "maintenance", "enter", "test")
            #expect(again.end != .status(0) && again.error.contains("in maintenance already"))

            await gateway.kill()
            try await gateway.start()
            try await gateway.waitFor("zentific", "healthy")
            try await gateway.waitFor("scheduler", "healthy")
            let list = try await gateway.admin().call("node.list")["nodes"]?.arrayValue ?? []
            let node = try #require(list.first { $0["name"] == "test" })
            #expect(node["maintenance"]?["phase"] == "entered" && node["maintenance"]?["policy"] == "migrate")

            let login: JSONValue = ["User.login", "admin", .string(Gateway.password)]
            let (parents, _) = try await gateway.zentific([login, ["VM.getVmParentNode", .string(machine)]])
            let uuid = try #require(parents.last)
            for (method, isMaintained) in [("leave", false), ("enter", true), ("leave", false)] {
                let (results, _) = try await gateway.zentific([
                    login, [.string("Node.\(method)MaintenanceMode"), uuid],
                ])
                let job = try #require(results.last?.intValue)
                try await eventually("job \(job) is done") {
                    try await gateway.zentific([login, ["Scheduler.getJobStatus", .int(job)]]).results.last == 4
                }
                let shown = try await gateway.admin().call("node.show", ["node": "test"])["node"]
                #expect((shown?["maintenance"]?.objectValue != nil) == isMaintained)
            }
            let left = try await gateway.command("node", "maintenance", "leave", "test")
            #expect(left.end != .status(0) && left.error.contains("not in maintenance"))
        }
    }
}
