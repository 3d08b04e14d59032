// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct MachineInterfaceMethodTests {
    private static func run(_ body: @Sendable (APIFixture) async throws -> Void) async throws {
        try await APIFixture.run { fixture in
            for hypervisor in fixture.hypervisors {
                hypervisor.setNetworks { node in
                    node.networks = [
                        NetworkSnapshot(name: "inner", kind: .virtual, bridge: "virbr1"),
                        NetworkSnapshot(name: "br0", kind: .host, bridge: "br0"),
                    ]
                }
            }
            try await body(fixture)
        }
    }

    private static func interfaces(_ answer: JSONValue) -> [JSONValue] {
        answer["machine"]?["interfaces"]?.arrayValue ?? []
    }

    @Test(arguments: ["web", "db"])
    func `an interface is attached, moved and taken away, running and off`(name: String) async throws {
        try await Self.run { fixture in
            let machine = try await fixture.address(name)
            let admin = try await fixture.user("admin", .admin, on: name)
            let attached = try await fixture.call(
                "machine.attachInterface", ["machine": machine, "network": "inner", "model": "virtio"], as: admin)
            let mac = try #require(attached["mac"]?.stringValue)
            #expect(mac.hasPrefix("52:54:00:") && MACAddress(mac) != nil)
            let first = try #require(Self.interfaces(attached).first)
            #expect(first["mac"] == .string(mac) && first["source"] == "inner" && first["model"] == "virtio")
            let moved = try await fixture.call(
                "machine.moveInterface", ["machine": machine, "interface": .string(mac), "network": "br0"], as: admin)
            #expect(moved["pending"] == false && Self.interfaces(moved).first?["type"] == "bridge")
            #expect(Self.interfaces(moved).first?["source"] == "br0")
            let named = name == "web" ? try #require(first["target"]) : .string(mac.uppercased())
            let detached = try await fixture.call(
                "machine.detachInterface", ["machine": machine, "interface": named], as: admin)
            #expect(detached["pending"] == false && Self.interfaces(detached).isEmpty)
            for method in ["machine.detachInterface", "machine.moveInterface"] {
                var parameters: [String: JSONValue] = ["machine": machine, "interface": .string(mac)]
                if method == "machine.moveInterface" { parameters["network"] = "br0" }
                let error = await fixture.failure(method, parameters, as: admin)
                #expect(error?.code == .notFound && error?.details["parameter"] == "interface")
            }
        }
    }

    @Test func `what the guest does not let go of is told as pending`() async throws {
        try await Self.run { fixture in
            let machine = try await fixture.address("web")
            let mac = try await fixture.call(
                "machine.attachInterface", ["machine": machine, "network": "br0"], as: fixture.root)["mac"]
            fixture.hypervisors[0].setNetworks { $0.outcome = .pending }
            let parameters: [String: JSONValue] = ["machine": machine, "interface": mac ?? .null]
            let answer = try await fixture.call("machine.detachInterface", parameters, as: fixture.root)
            #expect(answer["pending"] == true && Self.interfaces(answer).count == 1)
        }
    }

    @Test func `an address is nobody else's on any node, running or stored`() async throws {
        try await Self.run { fixture in
            let (web, mail) = (try await fixture.address("web"), try await fixture.address("mail"))
            let mac: JSONValue = "02:00:5e:00:00:0a"
            func isInUse(_ mac: JSONValue) async throws -> JSONValue {
                try await fixture.call("network.isMACInUse", ["mac": mac], as: fixture.plain)
            }
            #expect(try await isInUse(mac) == ["inUse": false, "complete": true])
            let attach: [String: JSONValue] = ["network": "inner", "mac": mac]
            try await fixture.call(
                "machine.attachInterface", attach.merging(["machine": mail]) { $1 }, as: fixture.root)
            fixture.test.clock.advance(.seconds(10))
            #expect(try await isInUse("02:00:5E:00:00:0A") == ["inUse": true, "complete": true])
            let taken = await fixture.failure(
                "machine.attachInterface", attach.merging(["machine": web]) { $1 }, as: fixture.root)
            #expect(taken?.code == .conflict)
            // A node that is away counts as it was last read.
            fixture.hypervisors[1].disconnect("cable")
            try await eventually("it is away") { try await fixture.test.machine("mail").snapshot.state == .unknown }
            fixture.test.clock.advance(.seconds(10))
            #expect(try await isInUse(mac) == ["inUse": true, "complete": false])
            let free = try await fixture.call("network.generateMAC", as: fixture.plain)["mac"]?.stringValue
            #expect(free?.hasPrefix("52:54:00:") == true)
            for wrong: JSONValue in [
                "", "52:54:00:00:00", "52:54:00:00:00:0g", "01:00:5e:00:00:01", "00:00:00:00:00:00",
                "5254.0000.0001", "+2:54:00:00:00:01",
            ] {
                let error = await fixture.failure("network.isMACInUse", ["mac": wrong], as: fixture.plain)
                #expect(error?.code == .invalidParameters, "\(wrong)")
            }
        }
    }

    @Test func `many who attach at once get different addresses`() async throws {
        try await Self.run { fixture in
            let names = ["web", "db", "mail"]
            var addresses: [String: JSONValue] = [:]
            for name in names { addresses[name] = try await fixture.address(name) }
            let machines = addresses
            let outcomes = await withTaskGroup(of: GatehouseError.Code?.self) { group in
                for number in 0..<12 {
                    let machine = machines[names[number % 3]] ?? .null
                    group.addTask {
                        await fixture.failure(
                            "machine.attachInterface",
                            ["machine": machine, "network": "inner", "mac": "52:54:00:aa:bb:cc"], as: fixture.root
                        )?.code
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1, "one address goes to one machine")
            #expect(outcomes.allSatisfy { [nil, .conflict, .machineLocked].contains($0) })
        }
    }

    @Test func `without a network it is the default one, and wrong words are refused`() async throws {
        try await Self.run { fixture in
            let machine = try await fixture.address("web")
            let none = await fixture.failure("machine.attachInterface", ["machine": machine], as: fixture.root)
            #expect(none?.code == .invalidParameters && none?.details["parameter"] == "network")
            try await fixture.call("network.setDefault", ["node": "n1", "network": "br0"], as: fixture.root)
            let attached = try await fixture.call("machine.attachInterface", ["machine": machine], as: fixture.root)
            #expect(Self.interfaces(attached).first?["source"] == "br0")
            for (wrong, code): ([String: JSONValue], GatehouseError.Code) in [
                (["network": "nowhere"], .notFound), (["model": "a'b"], .invalidParameters),
                (["model": ""], .invalidParameters), (["mac": "x"], .invalidParameters),
            ] {
                let error = await fixture.failure(
                    "machine.attachInterface", wrong.merging(["machine": machine]) { $1 }, as: fixture.root)
                #expect(error?.code == code, "\(wrong)")
            }
        }
    }

    @Test func `a machine to which something else is done is left alone, and a change is told`() async throws {
        try await Self.run { fixture in
            let entry = try await fixture.test.machine("web")
            let job = Job(
                kind: "machine.start", parameters: [:], isRepeatable: false,
                submitter: JobSubmitter(user: nil, name: "bob"), createdAt: fixture.test.core.time.now())
            #expect(await fixture.test.core.inventory.lock(entry.id, for: job))
            let parameters: [String: JSONValue] = ["machine": .string(entry.address.description), "network": "inner"]
            let error = await fixture.failure("machine.attachInterface", parameters, as: fixture.root)
            #expect(error?.code == .machineLocked)
            await fixture.test.core.inventory.unlock(entry.id, from: job.id)
            let subscription = try fixture.test.core.bus.subscribe()
            try await fixture.call("machine.attachInterface", parameters, as: fixture.root)
            fixture.test.core.bus.unsubscribe(subscription.id)
            var changes = 0
            for await event in subscription.events where event == .machineChanged(entry.id) { changes += 1 }
            #expect(changes == 2, "once it is under way and once it is done")
        }
    }
}
