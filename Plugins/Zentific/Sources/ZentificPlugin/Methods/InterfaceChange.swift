// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// In what the interfaces that a client wants differ from those that a machine has.
struct InterfaceChange {
    /// What comes or is plugged into something else.
    private(set) var additions: [SaveStep] = []
    /// What goes.
    private(set) var removals: [SaveStep] = []
    /// The networks that have to be there.
    private(set) var networks: Set<String> = []
    /// The addresses that must be free.
    private(set) var addresses: Set<String> = []

    /// Compares a list of VIF with the interfaces of a machine; nil, and members that are left out, stay.
    ///
    /// - Throws: the fault for an interface that can not be changed in this way.
    init(from machine: JSONValue, to list: XMLRPCValue?) throws {
        guard let list else { return }
        guard let wanted = list.arrayValue, wanted.count <= 1000 else { throw Self.fault("vifs must be a list.") }
        var left = machine["interfaces"]?.arrayValue ?? []
        for vif in wanted {
            let text = { (name: String) in vif[name].flatMap(ZentificArguments.text).flatMap { $0.isEmpty ? nil : $0 } }
            let mac = text("mac")?.lowercased()
            if let place = left.firstIndex(where: { $0["mac"]?.stringValue?.lowercased() == mac }) {
                try compare(left.remove(at: place), network: text("bridge"), type: text("type"))
            } else {
                try add(mac, network: text("bridge"), model: try ZentificTable.model(vif["type"], in: "vm"))
            }
        }
        removals = left.map { interface in
            let mac = interface["mac"] ?? .null
            return SaveStep("detached \(mac.stringValue ?? "")", "machine.detachInterface", ["interface": mac])
        }
    }

    private mutating func add(_ mac: String?, network: String?, model: String) throws {
        if let mac, !addresses.insert(mac).inserted { throw Self.fault("The interface \(mac) is there twice.") }
        if let network { networks.insert(network) }
        var parameters: [String: JSONValue] = ["model": .string(model)]
        parameters["network"] = network.map(JSONValue.string)
        parameters["mac"] = mac.map(JSONValue.string)
        additions.append(SaveStep("attached \(mac ?? "an interface")", "machine.attachInterface", parameters))
    }

    private mutating func compare(_ present: JSONValue, network: String?, type: String?) throws {
        let mac = present["mac"]?.stringValue ?? ""
        let isParavirtual = present["model"]?.stringValue?.hasPrefix("virtio") ?? false
        if let type, (type == "pv" || type == "netfront") != isParavirtual {
            throw Self.fault("The type of \(mac) can not be changed; remove it and add another one.")
        }
        guard let network, network != present["source"]?.stringValue else { return }
        networks.insert(network)
        additions.append(
            SaveStep(
                "moved \(mac)", "machine.moveInterface",
                ["interface": .string(mac), "network": .string(network)]))
    }

    private static func fault(_ text: String) -> XMLRPCFault { ZentificFault.parameter("vm", text) }
}

extension ZentificCall {
    /// Refuses a change of interfaces that could only fail.
    ///
    /// - Throws: the fault for a network that is not there; `conflict` for an address that is in use.
    func check(_ change: InterfaceChange, of machine: JSONValue) async throws {
        for mac in change.addresses.sorted() {
            let finding = try await core("network.isMACInUse", ["mac": .string(mac)], naming: ["mac": "vm"])
            guard finding["inUse"] != true else {
                throw GatehouseError(.conflict, "The address \(mac) is in use. Nothing was changed.")
            }
        }
        guard !change.networks.isEmpty else { return }
        do {
            let listed = try await core("network.list", ["node": machine["node"] ?? .null])["networks"]
            let names = Set((listed?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
            guard let missing = change.networks.subtracting(names).min() else { return }
            throw ZentificFault.parameter("vm", "There is no bridge \(missing). Nothing was changed.")
        } catch let error as GatehouseError where error.code == .forbidden {
            // Who has rights on the machine alone can not look, and is told by the change itself.
        }
    }
}
