// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct MaintenanceMethodTests {
    private func run(_ body: @Sendable (APIFixture) async throws -> Void) async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler, body)
    }

    @Test func `entering and leaving are jobs, and the node shows its maintenance to whoever sees it`() async throws {
        try await run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "db")
            func shown(_ principal: Principal) async throws -> JSONValue {
                try await fixture.call("node.show", ["node": "n1"], as: principal)["node"]?["maintenance"] ?? "none"
            }
            #expect(try await shown(viewer).isNull)
            _ = try await fixture.submit(
                ["kind": "node.enterMaintenance", "node": "n1", "parameters": ["policy": "migrate"]], as: fixture.root)
            let entered = try await fixture.carryOut(try #require(try await fixture.claim()))
            #expect(entered["status"] == "completed" && entered["node"] == "n1")
            let machines = entered["output"]?["machines"]?.arrayValue ?? []
            #expect(machines.map { $0["name"] } == ["web"] && machines.map { $0["deed"] } == ["moved"])
            #expect(machines.map { $0["node"] } == ["n2"])
            let maintenance = try await shown(viewer)
            #expect(maintenance["by"] == "root" && maintenance["policy"] == "migrate")
            #expect(maintenance["phase"] == "entered" && maintenance["since"]?.stringValue?.isEmpty == false)
            let number = try await fixture.submit(
                ["kind": "node.leaveMaintenance", "node": "n1", "parameters": ["bringBack": true]], as: fixture.root)
            let left = try await fixture.carryOut(try #require(try await fixture.claim()))
            #expect(left["id"] == number["id"] && left["status"] == "completed")
            #expect(try await shown(viewer).isNull)
            #expect(try await fixture.test.machine("web").nodeName == "n1")
        }
    }

    @Test func `a job that was queued before is refused while the node is in maintenance`() async throws {
        try await run { fixture in
            let machine = try await fixture.address("db")
            _ = try await fixture.submit(
                ["kind": "machine.start", "parameters": ["machine": machine]], as: fixture.root)
            try await fixture.call("node.enterMaintenance", ["node": "n1", "policy": "pause"], as: fixture.root)
            let job = try await fixture.carryOut(try #require(try await fixture.claim()))
            #expect(job["status"] == "error" && job["error"]?.stringValue?.contains("in maintenance") == true)
            #expect(await fixture.failure("machine.start", ["machine": machine], as: fixture.root)?.code == .conflict)
            try await fixture.call("node.leaveMaintenance", ["node": "n1"], as: fixture.root)
            try await fixture.call("machine.start", ["machine": machine], as: fixture.root)
        }
    }

    @Test func `nothing is made on a node in maintenance`() async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            try await fixture.call("node.enterMaintenance", ["node": "n1"])
            let order: [String: JSONValue] = ["template": template, "name": "new"]
            let error = await fixture.failure("machine.create", order)
            #expect(error?.code == .conflict && error?.message.contains("in maintenance") == true)
            try await fixture.call("node.leaveMaintenance", ["node": "n1"])
            try await fixture.call("machine.create", order)
        }
    }
}
