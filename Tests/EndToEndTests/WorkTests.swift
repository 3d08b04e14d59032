// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

/// Jobs that the scheduler carries out, and samples that the poller takes.
@Suite struct WorkTests {
    private static func settings(_ name: String) -> GatewaySettings {
        var settings = GatewaySettings()
        settings.staged = ["Plugins/\(name.prefix(1).uppercased())\(name.dropFirst())"]
        settings.plugins = [["name": .string(name), "permissions": "asked"]]
        return settings
    }

    /// Waits until a job is finished.
    private func finish(_ job: JSONValue?, _ client: APIClient) async throws -> JSONValue {
        let number = try #require(job?["id"])
        var found: JSONValue?
        try await eventually("job \(number) is finished") {
            found = try await client.call("job.get", ["job": number])["job"]
            return ["completed", "error", "cancelled"].contains(found?["status"]?.stringValue)
        }
        return try #require(found)
    }

    @Test func `a job for a machine is carried out`() async throws {
        try await withGateway(Self.settings("scheduler")) { gateway in
            try await gateway.waitFor("scheduler", "healthy")
            let admin = try await gateway.admin()
            let machine = try await TestDriverMachine(admin)
            for (kind, state) in [("machine.powerOff", "off"), ("machine.start", "running")] {
                let submitted = try await admin.call(
                    "job.submit", ["kind": .string(kind), "machine": .string(machine.id)])
                let job = try await finish(submitted["job"], admin)
                #expect(job["status"] == "completed", "\(job)")
                #expect(job["submitter"] == "admin")
                let now = try await admin.call("machine.show", ["machine": .string(machine.id)])["machine"]
                #expect(now?["state"] == .string(state))
            }
            let wrong = try await admin.call(
                "job.submit", ["kind": "machine.start", "machine": .string(machine.id), "attempts": 1])
            #expect(try await finish(wrong["job"], admin)["status"] == "error")
        }
    }

    @Test func `a job waits while the scheduler is off, and is not lost`() async throws {
        try await withGateway(Self.settings("scheduler")) { gateway in
            let admin = try await gateway.admin()
            let machine = try await TestDriverMachine(admin)
            try await admin.call("plugin.modify", ["name": "scheduler", "scheduler": false])
            let submitted = try await gateway.command(
                "job", "submit", "machine.pause", "--machine", machine.id, "--json")
            #expect(submitted.end == .status(0), "\(submitted.error)")
            let job = try JSONParser.parse(Array(submitted.output.utf8))["job"]
            #expect(try await gateway.command("job", "list").output.contains("The scheduler is off"))
            await gateway.kill()
            try await gateway.start()
            try await admin.call("plugin.modify", ["name": "scheduler", "scheduler": true])
            #expect(try await finish(job, admin)["status"] == "completed")
        }
    }

    @Test func `samples of a node and its machines arrive`() async throws {
        try await withGateway(Self.settings("poller")) { gateway in
            try await gateway.waitFor("poller", "healthy")
            let admin = try await gateway.admin()
            let machine = try await TestDriverMachine(admin)
            // Rates need two samples, ten seconds apart.
            let deadline = ContinuousClock.now + .seconds(45)
            var points: [JSONValue] = []
            while points.isEmpty, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(500))
                points =
                    try await admin.call("sample.range", ["machine": .string(machine.id)])["points"]?.arrayValue ?? []
            }
            #expect(!points.isEmpty)
            #expect(points.last?["memoryKiB"]?.intValue ?? 0 > 0, "\(points)")
            let node = try await admin.call("sample.range", ["node": "test"])["points"]?.arrayValue ?? []
            #expect(!node.isEmpty)
        }
    }
}
