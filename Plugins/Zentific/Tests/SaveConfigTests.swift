// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct SaveConfigTests {
    private let core = FakeCore()

    private func whole(_ changes: [String: XMLRPCValue]) async throws -> XMLRPCValue {
        var members = try await core.value("VM.getVM", .string(FakeCore.one)).structValue ?? []
        for (name, value) in changes {
            members.removeAll { $0.name == name }
            members.append(XMLRPCMember(name, value))
        }
        return .structure(members)
    }

    @Test func `a whole machine that is the same changes nothing`() async throws {
        #expect(try await core.value("VM.saveConfig", try await whole([:])) == true)
        #expect(!core.methods.contains("machine.modify"))
    }

    @Test func `what is different is changed, and nothing else`() async throws {
        core.answer("machine.modify") { _ in [:] }
        let changed = try await whole(["vcpus": 4, "mem": "524288", "on_crash": "restart", "cputime": 99.0])
        #expect(try await core.value("VM.saveConfig", changed) == true)
        #expect(
            core.asked.last?.parameters == [
                "machine": .string(FakeCore.one), "vcpus": 4, "memoryKiB": 524_288, "onCrash": "restart",
            ])
        let few: XMLRPCValue = .members(["uuid": .string(FakeCore.one), "name": "other"])
        #expect(try await core.value("VM.saveConfig", few) == true)
        #expect(core.asked.last?.parameters == ["machine": .string(FakeCore.one), "name": "other"])
    }

    @Test func `what can not be changed so is refused before anything is`() async throws {
        core.answer("machine.modify") { _ in [:] }
        for change: (String, XMLRPCValue) in [
            ("kernel", "/k"), ("disks", "x"), ("vifs", 1), ("vcpus", "x"),
        ] {
            let fault = try await core.fault("VM.saveConfig", try await whole([change.0: change.1, "name": "n"]))
            #expect(fault?.code == 6, "\(change.0)")
        }
        #expect(try await core.fault("VM.saveConfig", .members(["name": "n"]))?.code == 6)
        #expect(!core.methods.contains("machine.modify"))
        core.answer("machine.modify") { _ in throw GatehouseError(.forbidden, "You may look at it.") }
        #expect(try await core.fault("VM.saveConfig", try await whole(["vcpus": 4]))?.code == 1)
        core.answer("machine.modify") { _ in throw GatehouseError(.machineLocked, "Somebody starts it.") }
        #expect(try await core.fault("VM.saveConfig", try await whole(["vcpus": 4]))?.code == 11)
    }
}
