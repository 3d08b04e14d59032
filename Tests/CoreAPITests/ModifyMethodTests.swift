// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct ModifyMethodTests {
    @Test func `an admin changes a machine within the limits that are set`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("db")
            let admin = try await fixture.user("admin", .admin, on: "db")
            func modify(_ change: [String: JSONValue], as principal: Principal) async -> GatehouseError? {
                await fixture.failure("machine.modify", change.merging(["machine": machine]) { $1 }, as: principal)
            }
            #expect(await modify(["vcpus": 4, "onCrash": "restart", "name": "database"], as: admin) == nil)
            let shown = try await fixture.call("machine.show", ["machine": machine], as: admin)["machine"]
            #expect(shown?["vcpus"] == 4 && shown?["name"] == "database" && shown?["details"]?["onCrash"] == "restart")
            #expect(await modify(["vcpus": 5], as: admin)?.code == .limitExceeded)
            #expect(await modify(["maxMemoryKiB": 8_388_609], as: admin)?.code == .limitExceeded)
            #expect(await modify(["vcpus": 5, "maxMemoryKiB": 8_388_609], as: fixture.root) == nil)
            #expect(await modify(["vcpus": 5], as: admin) == nil, "what it has it may keep")
            try await fixture.call("setting.set", ["name": "maxVcpus", "value": 6], as: fixture.root)
            #expect(await modify(["vcpus": 6], as: admin) == nil)
            #expect(await modify(["vcpus": 1], as: fixture.plain)?.code == .notFound)
        }
    }

    @Test func `what makes no sense is refused, and nothing is changed`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            func modify(_ change: [String: JSONValue]) async -> GatehouseError? {
                await fixture.failure("machine.modify", change.merging(["machine": machine]) { $1 }, as: fixture.root)
            }
            #expect(await modify([:])?.code == .invalidParameters)
            #expect(await modify(["name": "new"])?.code == .conflict, "it runs")
            #expect(await modify(["memoryKiB": 2048, "maxMemoryKiB": 1024])?.code == .invalidParameters)
            #expect(await modify(["onReboot": "explode"])?.code == .invalidParameters)
            try await fixture.call("machine.powerOff", ["machine": machine], as: fixture.root)
            #expect(await modify(["name": "db"])?.code == .conflict, "another has that name")
            #expect(await modify(["name": "-f"])?.code == .invalidParameters)
            #expect(!fixture.hypervisors[0].requests.contains { if case .modify = $0 { true } else { false } })
        }
    }
}
