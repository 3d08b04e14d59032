// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension Parameter {
    fileprivate static let network = required("network", .string(maximum: 64), "The network's name on its node.")
    fileprivate static let vlan = required("vlan", .int(1...4094), "The VLAN's number.")
    fileprivate static let mac = required("mac", .string(maximum: 17), "A MAC address such as 52:54:00:12:34:56.")
}

extension CoreAPI {
    static let networkMethods = networkQueries + addressMethods + networkChanges

    private static let networkQueries = [
        Method(
            "network.list", "Lists a node's networks: the hypervisor's own and the bridges of its host.", right: .user,
            parameters: [.node], result: "{networks}"
        ) { call in
            let node = try await call.viewedNode()
            let networks = try await call.core.networks.all(on: node.record.id)
            return ["networks": .array(networks.map { Render.network($0, node: node) })]
        },
        Method(
            "network.show", "Shows a network.", right: .user, parameters: [.node, .network], result: "{network}"
        ) { call in
            let node = try await call.viewedNode()
            let network = try await call.core.networks.network(call.arguments.string("network"), on: node.record.id)
            return ["network": Render.network(network, node: node)]
        },
        Method(
            "network.default", "Tells which network of a node new interfaces are for.", right: .user,
            parameters: [.node], result: "{network}: its name, or null where none was chosen"
        ) { call in
            let node = try await call.node()
            return ["network": .optional(try await call.core.networks.defaultNetwork(of: node.record.id))]
        },
        Method(
            "network.machines", "Lists the machines with an interface in a network that the caller may see.",
            right: .user, parameters: [.node, .network], result: "{machines}"
        ) { call in
            let node = try await call.viewedNode()
            let found = try await call.core.networks.machines(
                using: call.arguments.string("network"), on: node.record.id)
            var machines: [JSONValue] = []
            for machine in found where call.core.access.level(of: call.principal, on: machine.id).mayView {
                machines.append(await call.render.machine(machine))
            }
            return ["machines": .array(machines)]
        },
    ]

    private static let addressMethods = [
        Method(
            "network.generateMAC", "Makes a MAC address that no machine of any node has.", right: .user,
            result: "{mac}"
        ) { call in ["mac": .string(try await call.core.networks.freeAddress().description)] },
        Method(
            "network.isMACInUse", "Tells whether a machine of any node has a MAC address.", right: .user,
            parameters: [.mac],
            result: "{inUse, complete}: complete is false where a node could not be asked, and was taken as last read"
        ) { call in
            let finding = await call.core.networks.isInUse(try call.address(call.arguments.string("mac")))
            return ["inUse": .bool(finding.isInUse), "complete": .bool(finding.isComplete)]
        },
    ]

    private static let networkChanges = [
        Method(
            "network.create", "Makes a network on a bridge of its own, and has it started with the node.",
            right: .user,
            parameters: [
                .node, .network, .optional("description", .string(maximum: 1000), "What it is for."),
                .optional("bridge", .string(maximum: 15), "What its bridge is called; the node's choice if left out."),
                .optional(
                    "uplink", .string(maximum: 15),
                    "An interface of the host that becomes part of it; the network is then a bridge of the host."),
            ],
            result: "{network}", isChange: true
        ) { call in
            let node = try await call.operatedNode()
            let new = try NewNetwork(
                name: call.arguments.string("network"), bridge: call.arguments.optionalString("bridge"),
                uplink: call.arguments.optionalString("uplink"))
            let made = try await call.core.networks.create(
                new, description: call.arguments.string("description"), on: node.record.id)
            return ["network": Render.network(made, node: node)]
        },
        Method(
            "network.remove", "Removes a network that no machine is plugged into.", right: .user,
            parameters: [.node, .network], result: "{}", isChange: true
        ) { call in
            let node = try await call.operatedNode()
            try await call.core.networks.remove(call.arguments.string("network"), on: node.record.id)
            return [:]
        },
        Method(
            "network.setDefault", "Chooses the network of a node that new interfaces are for.", right: .superUser,
            parameters: [.node, .network], result: "{network}", isChange: true, isRepeatable: true
        ) { call in
            let node = try await call.node()
            let network = try await call.core.networks.setDefault(
                call.arguments.string("network"), on: node.record.id)
            return ["network": Render.network(network, node: node)]
        },
        vlanMethod("network.addVLAN", "Has a network hold a VLAN apart.", isHeldApart: true),
        vlanMethod("network.removeVLAN", "Has a network hold a VLAN apart no longer.", isHeldApart: false),
    ]

    private static func vlanMethod(_ name: String, _ summary: String, isHeldApart: Bool) -> Method {
        Method(
            name, summary, right: .user, parameters: [.node, .network, .vlan], result: "{network}", isChange: true,
            isRepeatable: true
        ) { call in
            let node = try await call.operatedNode()
            let network = try await call.core.networks.setVLAN(
                Int(call.arguments.optionalInt("vlan") ?? 0), isHeldApart: isHeldApart,
                on: call.arguments.string("network"), node: node.record.id)
            return ["network": Render.network(network, node: node)]
        }
    }
}

extension Call {
    /// The MAC address that a text is.
    ///
    /// - Throws: `invalidParameters` for what is none.
    func address(_ text: String) throws -> MACAddress {
        guard let address = MACAddress(text) else {
            throw GatehouseError.invalidParameter(
                "mac", "mac must be six bytes in hexadecimal with colons, such as 52:54:00:12:34:56, and no group's.")
        }
        return address
    }
}
