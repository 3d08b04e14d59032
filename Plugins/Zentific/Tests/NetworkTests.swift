// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct NetworkTests {
    private let core = FakeCore()
    private let node = XMLRPCValue.string(NodeUUID.text(7))
    private let stranger = XMLRPCValue.string(NodeUUID.text(8))
    private let one = XMLRPCValue.string(FakeCore.one)

    private static let inner: JSONValue = [
        "id": 4, "name": "inner", "node": "kvm1", "kind": "virtual", "bridge": "virbr1", "description": "Ours.",
        "vlans": [7, 42], "uplink": nil, "address": "192.0.2.1", "netmask": "255.255.255.192",
    ]

    private func last(_ method: String) -> [String: JSONValue]? {
        core.asked.last.flatMap { $0.method == method ? $0.parameters : nil }
    }

    @Test func `bridges are the networks of a node`() async throws {
        core.answer("network.list") { _ in ["networks": [["name": "br0"], Self.inner]] }
        core.answer("network.show") { parameters in
            var network = Self.inner.objectValue ?? [:]
            if parameters["network"] == "br0" { network["uplink"] = "eth0" }
            return ["network": .object(network)]
        }
        #expect(try await core.value("Network.getBridges", node) == ["br0", "inner"])
        #expect(last("network.list") == ["node": "kvm1"])
        let bridge = try await core.value("Network.getBridge", node, "inner")
        #expect(
            bridge
                == .members([
                    "id": 4, "name": "inner", "node": node, "description": "Ours.", "vlans": [7, 42],
                    "ip": "192.0.2.1", "netmask": "255.255.255.192", "broadcast": "192.0.2.63",
                ]))
        #expect(last("network.show") == ["node": "kvm1", "network": "inner"])
        #expect(try await core.value("Network.getBridge", node, "br0")["interface"] == "eth0")
        #expect(BridgeStruct.broadcast("", "") == "" && BridgeStruct.broadcast("a", "255.0.0.0") == "")
    }

    @Test func `interfaces of a node's host`() async throws {
        core.answer("interface.list") { _ in ["interfaces": [["name": "eth0"], ["name": "lo"]]] }
        core.answer("interface.show") { _ in
            [
                "interface": [
                    "name": "eth0", "mac": "02:00:00:00:00:01", "mtu": 1500, "state": "up", "loopback": false,
                    "promiscuous": true, "address": "192.0.2.2", "netmask": "255.255.255.0",
                    "broadcast": "192.0.2.255",
                    "counters": ["receivedBytes": 5, "sentBytes": 6, "receiveDrops": 7, "collisions": 1],
                ]
            ]
        }
        #expect(try await core.value("Network.getNodeInterfaces", node) == ["eth0", "lo"])
        let interface = try await core.value("Network.getNodeInterface", node, "eth0")
        #expect(last("interface.show") == ["node": "kvm1", "interface": "eth0"])
        #expect(
            interface.structValue?.map(\.name) == [
                "nodeuuid", "mac", "ip", "netmask", "broadcast", "mtu", "rpackets", "rerror", "rdropped", "rcollisions",
                "rbytes", "tpackets", "terror", "tdropped", "tcollisions", "tbytes", "loopback", "state", "mode",
            ])
        #expect(interface["nodeuuid"] == node && interface["mode"] == true && interface["loopback"] == false)
        #expect(interface["rbytes"] == 5.0 && interface["tbytes"] == 6.0 && interface["rdropped"] == 7.0)
        #expect(interface["broadcast"] == "192.0.2.255" && interface["mtu"] == 1500 && interface["state"] == "up")
    }

    @Test func `a bridge is made with its VLANs, or not at all`() async throws {
        core.answer("network.create") { _ in ["network": Self.inner] }
        core.answer("network.addVLAN") { _ in ["network": Self.inner] }
        core.answer("network.remove") { _ in [:] }
        let plain = XMLRPCValue.members(["id": 0, "name": "lab", "node": node, "description": "", "vlans": []])
        #expect(try await core.value("Network.createBridge", plain) == true)
        #expect(last("network.create") == ["node": "kvm1", "network": "lab"])
        let full = XMLRPCValue.members([
            "name": "lab", "node": node, "description": "Ours.", "vlans": [7, "8"], "interface": "eth1",
        ])
        #expect(try await core.value("Network.createBridge", full) == true)
        let made = core.asked.suffix(3).map(\.parameters)
        #expect(made[0] == ["node": "kvm1", "network": "lab", "description": "Ours.", "uplink": "eth1"])
        #expect(made[1]["vlan"] == 7 && made[2] == ["node": "kvm1", "network": "lab", "vlan": 8])
        core.answer("network.addVLAN") { _ in throw GatehouseError(.unsupported, "A plain bridge.") }
        #expect(try await core.fault("Network.createBridge", full)?.code == 97)
        #expect(last("network.remove") == ["node": "kvm1", "network": "lab"])
        for wrong: XMLRPCValue in [
            .members(["name": "lab"]), .members(["name": "lab", "node": "kvm1"]), .members(["node": stranger]),
            .members(["name": "lab", "node": node, "vlans": "7"]), .members(["node": node, "vlans": ["x"]]), "lab",
        ] {
            let fault = try await core.fault("Network.createBridge", wrong)
            #expect(fault?.code == 6 && fault?.text.contains("param='bridge'") == true)
        }
    }

    @Test func `bridges are changed by the core`() async throws {
        for method in ["network.remove", "network.setDefault", "network.addVLAN", "network.removeVLAN"] {
            core.answer(method) { _ in [:] }
        }
        let named: [String: JSONValue] = ["node": "kvm1", "network": "inner"]
        #expect(try await core.value("Network.removeBridge", node, "inner") == true)
        #expect(last("network.remove") == named)
        #expect(try await core.value("Network.setDefaultBridge", node, "inner") == true)
        #expect(last("network.setDefault") == named)
        #expect(try await core.value("Network.addVlan", node, "inner", 42) == true)
        #expect(last("network.addVLAN") == named.merging(["vlan": 42]) { $1 })
        #expect(try await core.value("Network.removeVlan", node, "inner", "42") == true)
        #expect(last("network.removeVLAN") == named.merging(["vlan": 42]) { $1 })
        core.answer("network.remove") { _ in throw GatehouseError(.conflict, "In use.") }
        #expect(try await core.fault("Network.removeBridge", node, "inner")?.code == 19)
    }

    @Test func `the default bridge is empty text where none was chosen`() async throws {
        core.answer("network.default") { _ in ["network": "br0"] }
        #expect(try await core.value("Network.getDefaultBridge", node) == "br0")
        core.answer("network.default") { _ in ["network": nil] }
        #expect(try await core.value("Network.getDefaultBridge", node) == "")
    }

    @Test func `machines of a bridge, and addresses`() async throws {
        core.answer("network.machines") { _ in ["machines": [["uuid": .string(FakeCore.one)]]] }
        core.answer("network.isMACInUse") { parameters in
            ["inUse": .bool(parameters["mac"] == "52:54:00:00:00:01"), "complete": true]
        }
        core.answer("network.generateMAC") { _ in ["mac": "52:54:00:00:00:02"] }
        #expect(try await core.value("Network.getVmsByBridge", node, "inner") == [one])
        #expect(last("network.machines") == ["node": "kvm1", "network": "inner"])
        #expect(try await core.value("Network.isMacInUse", "52:54:00:00:00:01") == true)
        #expect(try await core.value("Network.isMacInUse", "52:54:00:00:00:02") == false)
        #expect(try await core.value("Network.generateMac") == "52:54:00:00:00:02")
        core.answer("network.isMACInUse") { _ in throw GatehouseError.invalidParameter("mac", "No.") }
        #expect(try await core.fault("Network.isMacInUse", "x")?.text.contains("param='mac'") == true)
    }

    @Test func `interfaces of machines go by device, label or address`() async throws {
        for method in ["machine.attachInterface", "machine.detachInterface", "machine.moveInterface"] {
            core.answer(method) { _ in [:] }
        }
        let machine = JSONValue.string(FakeCore.one)
        let vif = XMLRPCValue.members(["bridge": "inner", "mac": "52:54:00:00:00:09", "type": "ioemu", "id": 3])
        #expect(try await core.value("VM.addNetworkInterface", one, vif) == true)
        #expect(
            last("machine.attachInterface")
                == ["machine": machine, "network": "inner", "mac": "52:54:00:00:00:09", "model": "e1000"])
        #expect(try await core.value("VM.addNetworkInterface", one, .members(["bridge": "", "mac": ""])) == true)
        #expect(last("machine.attachInterface") == ["machine": machine, "model": "virtio"])
        for (name, interface) in [
            ("vnet0", "vnet0"), ("vif0", "52:54:00:00:00:01"), ("52:54:00:00:00:01", "52:54:00:00:00:01"),
        ] {
            #expect(try await core.value("VM.removeNetworkInterface", one, .string(name)) == true)
            #expect(last("machine.detachInterface") == ["machine": machine, "interface": .string(interface)])
            #expect(try await core.value("Network.attachVifToBridge", one, .string(name), "br1") == true)
            #expect(
                last("machine.moveInterface")
                    == ["machine": machine, "interface": .string(interface), "network": "br1"])
        }
        for method in ["VM.removeNetworkInterface", "Network.attachVifToBridge"] {
            let more: [XMLRPCValue] = method.hasPrefix("VM") ? [] : ["br1"]
            let answer = try await core.call(method, [one, "vif9"] + more, session: FakeCore.admin).response
            guard case .fault(let fault) = answer else {
                Issue.record("\(method) is no fault")
                continue
            }
            #expect(fault.code == 6 && fault.text.contains("param='interfaceName'"))
        }
        #expect(try await core.fault("VM.addNetworkInterface", one, .members(["type": "magic"]))?.code == 6)
        core.answer("machine.moveInterface") { _ in throw GatehouseError.networkNotFound }
        let fault = try await core.fault("Network.attachVifToBridge", one, "vnet0", "nowhere")
        #expect(fault?.code == 6 && fault?.text.contains("param='bridgename'") == true)
    }

    private static let ofNodes: [(String, [XMLRPCValue], String)] = [
        ("getBridges", [], "network.list"), ("getBridge", ["inner"], "network.show"),
        ("getNodeInterfaces", [], "interface.list"), ("getNodeInterface", ["eth0"], "interface.show"),
        ("removeBridge", ["inner"], "network.remove"), ("addVlan", ["inner", 7], "network.addVLAN"),
        ("removeVlan", ["inner", 7], "network.removeVLAN"), ("setDefaultBridge", ["inner"], "network.setDefault"),
        ("getDefaultBridge", [], "network.default"), ("getVmsByBridge", ["inner"], "network.machines"),
    ]

    private func code(_ method: String, _ parameters: [XMLRPCValue], session: String) async throws -> Int? {
        if case .fault(let fault) = try await core.call(method, parameters, session: session).response {
            return fault.code
        }
        return nil
    }

    @Test(arguments: ofNodes)
    func `what is not the caller's, or not there, is a fault`(
        method: String, more: [XMLRPCValue], asks: String
    ) async throws {
        let name = "Network.\(method)"
        #expect(try await code(name, [stranger] + more, session: FakeCore.admin) == 6)
        #expect(try await code(name, [stranger] + more, session: FakeCore.reader) == 1)
        #expect(try await code(name, ["nonsense"] + more, session: FakeCore.admin) == 6)
        core.answer(asks) { _ in throw GatehouseError(.forbidden, "Not yours.") }
        #expect(try await code(name, [node] + more, session: FakeCore.reader) == 1)
        core.answer(asks) { _ in throw GatehouseError.networkNotFound }
        #expect(try await code(name, [node] + more, session: FakeCore.reader) == 1)
        #expect(try await code(name, [node] + more, session: FakeCore.admin) == 6)
    }

    @Test func `what is not the caller's, or not there, is a fault of the other methods too`() async throws {
        let bridge = XMLRPCValue.members(["node": node, "name": "lab"])
        let none = XMLRPCValue.string("11111111-2222-4333-8444-555555555599")
        let calls: [(String, [XMLRPCValue], String)] = [
            ("Network.createBridge", [bridge], "network.create"),
            ("Network.attachVifToBridge", [one, "vnet0", "br1"], "machine.moveInterface"),
            ("VM.addNetworkInterface", [one, .members([:])], "machine.attachInterface"),
            ("VM.removeNetworkInterface", [one, "vnet0"], "machine.detachInterface"),
            ("Network.isMacInUse", ["52:54:00:00:00:01"], "network.isMACInUse"),
            ("Network.generateMac", [], "network.generateMAC"),
        ]
        for (method, parameters, asks) in calls {
            core.answer(asks) { _ in throw GatehouseError(.forbidden, "Not yours.") }
            #expect(try await code(method, parameters, session: FakeCore.reader) == 1, "\(method)")
            guard parameters.first == one else { continue }
            let other = [none] + parameters.dropFirst()
            #expect(try await code(method, other, session: FakeCore.reader) == 1, "\(method)")
            #expect(try await code(method, other, session: FakeCore.admin) == 6, "\(method)")
        }
        let hidden = XMLRPCValue.members(["node": stranger, "name": "lab"])
        #expect(try await code("Network.createBridge", [hidden], session: FakeCore.reader) == 1)
    }
}
