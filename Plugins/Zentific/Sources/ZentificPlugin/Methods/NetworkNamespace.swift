// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let network = [
        ZentificMethod("Network.getBridges", [.uuid()], returns: "array of string, names") { call in
            let node = try await call.listedNode()
            let networks = try await call.core("network.list", ["node": node["name"] ?? .null])["networks"]
            return .array((networks?.arrayValue ?? []).map { .string($0["name"]?.stringValue ?? "") })
        },
        ZentificMethod("Network.getBridge", [.uuid(), .text("name")], returns: "BRIDGE") { call in
            let node = try await call.listedNode()
            let network = try await call.network("network.show", node, named: "name")["network"] ?? .null
            return BridgeStruct.value(network, node: node)
        },
        ZentificMethod("Network.getNodeInterfaces", [.uuid()], returns: "array of string, names") { call in
            let node = try await call.listedNode()
            let interfaces = try await call.core("interface.list", ["node": node["name"] ?? .null])["interfaces"]
            return .array((interfaces?.arrayValue ?? []).map { .string($0["name"]?.stringValue ?? "") })
        },
        ZentificMethod("Network.getNodeInterface", [.uuid(), .text("interfacename")], returns: "INTERFACE") { call in
            let node = try await call.listedNode()
            let shown = try await call.core(
                "interface.show",
                ["node": node["name"] ?? .null, "interface": .string(call.arguments.text("interfacename"))],
                naming: ["interface": "interfacename"])
            return InterfaceStruct.value(shown["interface"] ?? .null, node: node)
        },
        ZentificMethod("Network.createBridge", [.members("bridge")], returns: "boolean") { call in
            try await call.createBridge()
            return true
        },
        bridge("Network.removeBridge", "network.remove", named: "name"),
        vlan("Network.addVlan", "network.addVLAN"), vlan("Network.removeVlan", "network.removeVLAN"),
        bridge("Network.setDefaultBridge", "network.setDefault", named: "bridgename"),
        ZentificMethod("Network.getDefaultBridge", [.uuid()], returns: "string; empty where none was chosen") { call in
            let node = try await call.listedNode()["name"] ?? .null
            return .string(try await call.core("network.default", ["node": node])["network"]?.stringValue ?? "")
        },
        ZentificMethod("Network.getVmsByBridge", [.uuid(), .text("bridge_name")], returns: "array of string, UUIDs") {
            call in
            let node = try await call.listedNode()
            let found = try await call.network("network.machines", node, named: "bridge_name")["machines"]
            return .array((found?.arrayValue ?? []).map { .string($0["uuid"]?.stringValue ?? "") })
        },
        ZentificMethod("Network.isMacInUse", [.text("mac")], returns: "boolean") { call in
            let finding = try await call.core("network.isMACInUse", ["mac": .string(call.arguments.text("mac"))])
            return .boolean(finding["inUse"] == true)
        },
        ZentificMethod("Network.generateMac", returns: "string") { call in
            .string(try await call.core("network.generateMAC")["mac"]?.stringValue ?? "")
        },
        ZentificMethod(
            "Network.attachVifToBridge", [.uuid(), .text("interfaceName"), .text("bridgename")], returns: "boolean"
        ) { call in
            var parameters = try await call.ownInterface()
            parameters["network"] = .string(call.arguments.text("bridgename"))
            _ = try await call.core(
                "machine.moveInterface", parameters,
                naming: ["interface": "interfaceName", "network": "bridgename"])
            return true
        },
    ]

    static let vmInterfaces = [
        ZentificMethod("VM.addNetworkInterface", [.uuid(), .members("vif")], returns: "boolean") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            let vif = call.arguments.members("vif")
            var parameters = ["machine": machine, "model": .string(try model(vif["type"], in: "vif"))]
            for (name, member) in [("network", "bridge"), ("mac", "mac")] {
                guard let text = vif[member].flatMap(ZentificArguments.text), !text.isEmpty else { continue }
                parameters[name] = .string(text)
            }
            _ = try await call.core("machine.attachInterface", parameters, naming: ["network": "vif", "mac": "vif"])
            return true
        },
        ZentificMethod("VM.removeNetworkInterface", [.uuid(), .text("interfaceName")], returns: "boolean") { call in
            _ = try await call.core(
                "machine.detachInterface", try await call.ownInterface(), naming: ["interface": "interfaceName"])
            return true
        },
    ]

    /// The emulated card for a type of interface.
    static func model(_ type: XMLRPCValue?, in parameter: String) throws -> String {
        switch type.flatMap(ZentificArguments.text) ?? "" {
        case "", "pv", "netfront": return "virtio"
        case "ioemu": return "e1000"
        default: throw ZentificFault.parameter(parameter, "Its type must be pv, netfront or ioemu.")
        }
    }

    private static func bridge(_ name: String, _ method: String, named parameter: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid(), .text(parameter)], returns: "boolean") { call in
            _ = try await call.network(method, try await call.listedNode(), named: parameter)
            return true
        }
    }

    private static func vlan(_ name: String, _ method: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid(), .text("bridgename"), .int("vlanid")], returns: "boolean") { call in
            _ = try await call.core(
                method,
                [
                    "node": try await call.listedNode()["name"] ?? .null,
                    "network": .string(call.arguments.text("bridgename")), "vlan": .int(call.arguments.int("vlanid")),
                ],
                naming: ["network": "bridgename", "vlan": "vlanid"])
            return true
        }
    }
}

extension ZentificCall {
    /// Calls a core method about a network of a node, which a parameter of the call names.
    fileprivate func network(_ method: String, _ node: JSONValue, named parameter: String) async throws -> JSONValue {
        try await core(
            method, ["node": node["name"] ?? .null, "network": .string(arguments.text(parameter))],
            naming: ["network": parameter])
    }

    /// The machine and the interface of it that the call names: by device, by MAC address, or by the label that VIF
    /// has for it.
    fileprivate func ownInterface() async throws -> [String: JSONValue] {
        let machine = try await listedMachine()["id"] ?? .null
        let name = arguments.text("interfaceName")
        guard name.hasPrefix("vif"), let place = Int(name.dropFirst(3)) else {
            return ["machine": machine, "interface": .string(name)]
        }
        let interfaces = try await shownMachine()["interfaces"]?.arrayValue ?? []
        guard interfaces.indices.contains(place) else {
            throw GatehouseError(
                .notFound, "The machine has no interface \(name).", details: ["parameter": "interfaceName"])
        }
        return ["machine": machine, "interface": interfaces[place]["mac"] ?? .null]
    }

    /// Makes the network that the call describes, with its VLANs or not at all.
    fileprivate func createBridge() async throws {
        let bridge = arguments.members("bridge")
        let text = { (name: String) in bridge[name].flatMap(ZentificArguments.text) ?? "" }
        let uuid = text("node").lowercased()
        guard UUIDText.isValid(uuid) else {
            throw ZentificFault.parameter("bridge", "Its node must be a UUID: 36 characters, hyphens included.")
        }
        let vlans = try vlans(of: bridge)
        let named = [
            "node": try await listedNode(uuid, parameter: "bridge")["name"] ?? .null, "network": .string(text("name")),
        ]
        var new = named
        if !text("description").isEmpty { new["description"] = .string(text("description")) }
        if !text("interface").isEmpty { new["uplink"] = .string(text("interface")) }
        let naming = ["network": "bridge", "description": "bridge", "uplink": "bridge", "vlan": "bridge"]
        _ = try await core("network.create", new, naming: naming)
        do {
            for vlan in vlans {
                _ = try await core("network.addVLAN", named.merging(["vlan": .int(vlan)]) { $1 }, naming: naming)
            }
        } catch {
            _ = try? await core("network.remove", named)
            throw error
        }
    }

    private func vlans(of bridge: XMLRPCValue) throws -> [Int64] {
        guard let list = bridge["vlans"] else { return [] }
        let numbers = list.arrayValue?.map { $0.intValue ?? $0.stringValue.flatMap { Int64($0) } }
        guard let numbers, numbers.count <= 4094, !numbers.contains(nil) else {
            throw ZentificFault.parameter("bridge", "Its vlans must be a list of whole numbers.")
        }
        return numbers.compactMap { $0 }
    }
}
