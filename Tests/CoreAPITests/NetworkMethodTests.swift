// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct NetworkMethodTests {
    /// Networks on `n1`: a virtual one, one of Open vSwitch on the host's own bridge, and two bridges of the host.
    private static func run(_ body: @Sendable (APIFixture) async throws -> Void) async throws {
        try await APIFixture.run { fixture in
            fixture.hypervisors[0].setNetworks { node in
                var switched = NetworkSnapshot(name: "switched", kind: .virtual, bridge: "br0")
                (switched.borrowsBridge, switched.separatesVLANs, switched.vlans) = (true, true, [7])
                var lan = NetworkSnapshot(name: "br0", kind: .host, bridge: "br0")
                (lan.uplink, lan.address, lan.netmask) = ("eth0", "192.0.2.1", "255.255.255.0")
                var out = NetworkSnapshot(name: "br1", kind: .host, bridge: "br1")
                out.carriesDefaultRoute = true
                node.networks = [NetworkSnapshot(name: "inner", kind: .virtual, bridge: "virbr1"), switched, lan, out]
                var eth = HostInterface(name: "eth0", type: "ethernet")
                (eth.mac, eth.mtu, eth.state) = ("02:00:00:00:00:01", 1500, "up")
                node.interfaces.append(eth)
            }
            try await body(fixture)
        }
    }

    private static let n1: JSONValue = "n1"

    private static func put(
        _ name: String, _ interfaces: [MachineInterface], _ fixture: APIFixture
    ) async throws -> JSONValue {
        var snapshot = try await fixture.test.machine(name).snapshot
        snapshot.interfaces = interfaces
        fixture.hypervisors[0].put(snapshot)
        return try await fixture.address(name)
    }

    @Test func `networks are listed with what their node says, and keep their numbers`() async throws {
        try await Self.run { fixture in
            let listed = try await fixture.call("network.list", ["node": Self.n1], as: fixture.root)
            let networks = try #require(listed["networks"]?.arrayValue)
            #expect(networks.map { $0["name"] } == ["br0", "br1", "inner", "switched"])
            #expect(networks[0]["kind"] == "host" && networks[0]["uplink"] == "eth0" && networks[0]["vlans"] == [])
            #expect(networks[0]["address"] == "192.0.2.1" && networks[0]["node"] == "n1")
            #expect(networks[3]["kind"] == "virtual" && networks[3]["vlans"] == [7])
            #expect(networks.allSatisfy { $0["default"] == false && $0["description"] == "" })
            #expect(Set(networks.compactMap { $0["id"]?.intValue }).count == 4)
            fixture.hypervisors[0].setNetworks { $0.networks.removeAll { $0.name == "br0" } }
            let later = try await fixture.call("network.list", ["node": Self.n1], as: fixture.root)["networks"]
            #expect(later?.arrayValue == Array(networks.dropFirst()))
            let shown = try await fixture.call("network.show", ["node": "n1", "network": "inner"], as: fixture.root)
            #expect(shown["network"] == networks[2])
            let missing = await fixture.failure("network.show", ["node": "n1", "network": "br0"], as: fixture.root)
            #expect(missing?.code == .notFound && missing?.details["parameter"] == "network")
            #expect(try await fixture.call("network.list", ["node": "n2"], as: fixture.root)["networks"] == [])
        }
    }

    @Test func `a network is made, described, and made once`() async throws {
        try await Self.run { fixture in
            let new: [String: JSONValue] = [
                "node": "n1", "network": "lab & <test>", "description": "For tests.", "bridge": "lab0",
            ]
            let made = try await fixture.call("network.create", new, as: fixture.root)["network"]
            #expect(made?["name"] == "lab & <test>" && made?["bridge"] == "lab0" && made?["autostart"] == true)
            #expect(made?["description"] == "For tests." && made?["active"] == true)
            for taken in [new, ["node": "n1", "network": "other", "bridge": "br0"]] {
                #expect(await fixture.failure("network.create", taken, as: fixture.root)?.code == .conflict)
            }
            for wrong: [String: JSONValue] in [
                ["network": "-x"], ["network": "a/b"], ["network": " a"], ["network": ".."], ["network": ""],
                ["network": "a\nb"], ["network": "b", "bridge": "a b"], ["network": "b", "bridge": "../x"],
                ["network": "too-long-for-a-device", "uplink": "eth0"], ["network": "b", "uplink": "eth9"],
                ["network": "b", "uplink": "lo"],
            ] {
                let error = await fixture.failure(
                    "network.create", wrong.merging(["node": "n1"]) { $1 }, as: fixture.root)
                #expect(error?.code == .invalidParameters, "\(wrong)")
            }
            let bridge: [String: JSONValue] = ["node": "n1", "network": "br7", "uplink": "eth0"]
            #expect(await fixture.failure("network.create", bridge, as: fixture.root)?.code == .unsupported)
            fixture.hypervisors[0].setNetworks { $0.changesHost = true }
            let host = try await fixture.call("network.create", bridge, as: fixture.root)["network"]
            #expect(host?["kind"] == "host" && host?["uplink"] == "eth0" && host?["bridge"] == "br7")
        }
    }

    @Test func `a network is removed when nobody and nothing needs it`() async throws {
        try await Self.run { fixture in
            func remove(_ name: String) async -> GatehouseError? {
                await fixture.failure("network.remove", ["node": "n1", "network": .string(name)], as: fixture.root)
            }
            // What is only in the definition that the machine starts with counts too.
            let web = try await fixture.test.machine("web").id.uuid
            let inner = MachineInterface(mac: "52:54:00:00:00:01", type: "network", source: "inner")
            fixture.hypervisors[0].setNetworks { $0.stored[web] = [inner] }
            #expect(await remove("inner")?.code == .conflict)
            _ = try await Self.put("web", [inner], fixture)
            #expect(await remove("inner")?.code == .conflict)
            _ = try await Self.put("web", [], fixture)
            fixture.hypervisors[0].setNetworks { $0.stored = [:] }
            #expect(await remove("inner") == nil)
            #expect(await remove("inner")?.code == .notFound)
            #expect(await remove("br1")?.message.contains("reaches everything") == true)
            fixture.hypervisors[0].setNetworks { $0.changesHost = true }
            #expect(await remove("br1")?.code == .conflict)
            #expect(await remove("br0")?.code == .conflict, "switched uses it")
            #expect(await remove("switched") == nil)
            #expect(await remove("br0") == nil)
        }
    }

    @Test func `the machines in a network are found by its name and by its bridge, as far as they may be seen`()
        async throws
    {
        try await Self.run { fixture in
            let web = try await Self.put(
                "web", [MachineInterface(mac: "52:54:00:00:00:01", type: "network", source: "switched")], fixture)
            let db = try await Self.put(
                "db", [MachineInterface(mac: "52:54:00:00:00:02", type: "bridge", source: "br0")], fixture)
            func machines(_ network: JSONValue, _ principal: Principal) async throws -> [JSONValue] {
                let found = try await fixture.call(
                    "network.machines", ["node": "n1", "network": network], as: principal)
                return (found["machines"]?.arrayValue ?? []).compactMap { $0["id"] }
            }
            #expect(try await machines("br0", fixture.root) == [db, web])
            #expect(try await machines("switched", fixture.root) == [db, web])
            #expect(try await machines("inner", fixture.root) == [])
        }
    }

    @Test func `a default is one of a node, is told to whoever sees the node, and outlives a start`() async throws {
        try await Self.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            func chosen(_ principal: Principal) async throws -> JSONValue? {
                try await fixture.call("network.default", ["node": "n1"], as: principal)["network"]
            }
            #expect(try await chosen(viewer) == .null)
            for name: JSONValue in ["inner", "br0"] {
                let set = try await fixture.call(
                    "network.setDefault", ["node": "n1", "network": name], as: fixture.root)
                #expect(set["network"]?["default"] == true)
                #expect(try await chosen(viewer) == name)
            }
            let listed = try await fixture.call("network.list", ["node": "n1"], as: fixture.root)["networks"]
            #expect(listed?.arrayValue?.count { $0["default"] == true } == 1)
            fixture.hypervisors[0].disconnect("cable")
            #expect(try await chosen(viewer) == "br0", "it is known without the node")
            #expect(await fixture.failure("network.default", ["node": "n1"], as: fixture.plain)?.code == .notFound)
        }
    }

    @Test func `VLANs are held apart where the network can, and refused where it can not`() async throws {
        try await Self.run { fixture in
            func change(_ verb: String, _ network: JSONValue, _ vlan: JSONValue) async throws -> JSONValue {
                let parameters: [String: JSONValue] = ["node": "n1", "network": network, "vlan": vlan]
                return try await fixture.call("network.\(verb)VLAN", parameters, as: fixture.root)["network"]?["vlans"]
                    ?? .null
            }
            for _ in 0..<2 {
                let both = try await change("add", "switched", 42)
                #expect(both == [7, 42])
            }
            let one = try await change("remove", "switched", 7)
            #expect(one == [42])
            for plain: JSONValue in ["inner", "br0"] {
                let error = await fixture.failure(
                    "network.addVLAN", ["node": "n1", "network": plain, "vlan": 1], as: fixture.root)
                #expect(error?.code == .unsupported && error?.message.contains("Open vSwitch") == true)
            }
        }
    }

    @Test func `interfaces of the host are listed and shown`() async throws {
        try await Self.run { fixture in
            let listed = try await fixture.call("interface.list", ["node": "n1"], as: fixture.root)["interfaces"]
            #expect(listed?.arrayValue?.map { $0["name"] } == ["eth0", "lo"])
            let shown = try await fixture.call(
                "interface.show", ["node": "n1", "interface": "eth0"], as: fixture.root)["interface"]
            #expect(shown?["mac"] == "02:00:00:00:00:01" && shown?["mtu"] == 1500 && shown?["state"] == "up")
            #expect(shown?["counters"]?.isNull == true && shown?["loopback"] == false && shown?["node"] == "n1")
            let missing = await fixture.failure(
                "interface.show", ["node": "n1", "interface": "eth9"], as: fixture.root)
            #expect(missing?.code == .notFound && missing?.details["parameter"] == "interface")
        }
    }

    @Test func `networks are for those with rights on the node, and changes for those who may operate it`()
        async throws
    {
        try await Self.run { fixture in
            func someone(_ name: String, _ level: AccessLevel) async throws -> Principal {
                let principal = try await fixture.test.someone(name)
                let node = try #require(await fixture.test.core.inventory.node(named: "n1")?.record.id)
                let user = try #require(principal.user)
                _ = try await fixture.test.core.accounts.grant(to: .user(user.id), on: .node(node), level: level)
                return principal
            }
            let part = try await fixture.user("part", .owner, on: "web")
            let viewer = try await someone("viewer", .readOnlyAdmin)
            let admin = try await someone("admin", .admin)
            let named: [String: JSONValue] = ["node": "n1", "network": "inner"]
            let reading: [(String, [String: JSONValue])] = [
                ("network.list", ["node": "n1"]), ("network.show", named), ("network.machines", named),
                ("interface.list", ["node": "n1"]), ("interface.show", ["node": "n1", "interface": "lo"]),
            ]
            for (method, parameters) in reading {
                #expect(await fixture.failure(method, parameters, as: fixture.plain)?.code == .notFound, "\(method)")
                #expect(await fixture.failure(method, parameters, as: part)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: viewer) == nil, "\(method)")
            }
            let vlan = ["node": "n1", "network": "switched", "vlan": 9] as [String: JSONValue]
            let changing: [(String, [String: JSONValue])] = [
                ("network.addVLAN", vlan), ("network.removeVLAN", vlan), ("network.remove", named),
                ("network.create", named),
            ]
            for (method, parameters) in changing {
                #expect(await fixture.failure(method, parameters, as: fixture.plain)?.code == .notFound, "\(method)")
                #expect(await fixture.failure(method, parameters, as: part)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: viewer)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: admin) == nil, "\(method)")
            }
            #expect(await fixture.failure("network.setDefault", named, as: admin)?.code == .forbidden)
            let target = try await fixture.audit().first { $0.action == "network.addVLAN" && $0.outcome == .ok }?.target
            #expect(target == "node=n1 network=switched vlan=9")
        }
    }
}
