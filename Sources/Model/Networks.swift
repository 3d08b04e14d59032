// SPDX-License-Identifier: Apache-2.0

/// The number Gatehouse gave to a network, the same for as long as the network is there.
package typealias NetworkID = RowID<NetworkRecord>

/// What kind of network it is.
package enum NetworkKind: String, Sendable, CaseIterable {
    /// A network of the hypervisor's own, with a bridge that it makes or takes.
    case virtual
    /// A bridge of the host.
    case host
}

/// A network as its node describes it.
package struct NetworkSnapshot: Sendable, Equatable {
    /// Its name on the node.
    package var name: String
    /// What kind it is.
    package var kind: NetworkKind
    /// The bridge that machines are plugged into; nil where the hypervisor uses none.
    package var bridge: String?
    /// Whether the bridge is one of the host's, which the network only uses.
    package var borrowsBridge = false
    /// Whether machines can use it now.
    package var isActive: Bool
    /// Whether the node starts it by itself; nil where that is not told.
    package var autostart: Bool?
    /// The interface of the host that leads out of it.
    package var uplink: String?
    /// The host's own IPv4 address in it.
    package var address: String?
    /// The mask that belongs to the address.
    package var netmask: String?
    /// Whether it can hold VLANs apart.
    package var separatesVLANs = false
    /// The VLANs that it holds apart, in order.
    package var vlans: [Int] = []
    /// Whether the node's way to all other hosts goes through it.
    package var carriesDefaultRoute = false

    /// Makes a snapshot.
    package init(name: String, kind: NetworkKind, bridge: String? = nil, isActive: Bool = true) {
        self.name = name
        self.kind = kind
        self.bridge = bridge
        self.isActive = isActive
    }

    /// Whether an interface of a machine is plugged into it.
    ///
    /// A bridge is the same bridge whether it is named itself or through a network that uses it; `others` are the
    /// networks of the node.
    package func isUsed(by interface: MachineInterface, among others: [NetworkSnapshot]) -> Bool {
        guard let source = interface.source else { return false }
        switch (interface.type, kind) {
        case ("network", .virtual): return source == name
        case ("bridge", _): return source == bridge
        case ("network", .host):
            return others.contains { $0.kind == .virtual && $0.name == source && $0.bridge == bridge }
        default: return false
        }
    }

    /// What an interface in it is plugged into.
    package var source: InterfaceSource { kind == .virtual ? .network(name) : .bridge(bridge ?? name) }
}

/// What the interface of a machine is plugged into.
package enum InterfaceSource: Sendable, Equatable {
    /// A network of the hypervisor's own.
    case network(String)
    /// A bridge of the host.
    case bridge(String)

    /// The word for an interface's type.
    package var type: String {
        switch self {
        case .network: "network"
        case .bridge: "bridge"
        }
    }

    /// The name of the network or bridge.
    package var name: String {
        switch self {
        case .network(let name), .bridge(let name): name
        }
    }
}

/// A network that is to be made.
package struct NewNetwork: Sendable, Equatable {
    /// Its name; with an uplink also that of the bridge.
    package var name: String
    /// The bridge that is made for it; nil for one that the node names.
    package var bridge: String?
    /// The host's interface that becomes part of the bridge; nil for a network without a way out.
    package var uplink: String?

    /// Describes a network.
    ///
    /// - Throws: `invalidParameters` for a name that a node would not take.
    package init(name: String, bridge: String? = nil, uplink: String? = nil) throws {
        guard NetworkNames.isNetwork(name) else {
            throw GatehouseError.invalidParameter(
                "network",
                "A network's name has 1 to 64 bytes, no / and no spaces around it, and does not begin with -.")
        }
        for (parameter, device) in [("bridge", bridge), ("uplink", uplink)] {
            guard let device, !NetworkNames.isDevice(device) else { continue }
            throw GatehouseError.invalidParameter(
                parameter, "\(parameter) must be 1 to 15 letters, digits and . _ - and not begin with - or a dot.")
        }
        if uplink != nil {
            guard NetworkNames.isDevice(name), bridge == nil || bridge == name else {
                throw GatehouseError.invalidParameter(
                    "network",
                    "A network with an uplink is a bridge of that name: 1 to 15 letters, digits and . _ - "
                        + "(leave bridge out).")
            }
        }
        self.name = name
        self.bridge = bridge
        self.uplink = uplink
    }
}

/// Which names networks and devices may have.
package enum NetworkNames {
    /// The most bytes of a network's name.
    package static let maximumLength = 64

    /// Whether a network may be called so.
    package static func isNetwork(_ name: String) -> Bool {
        let isPlain = name.unicodeScalars.allSatisfy { $0 != "/" && $0.value >= 32 && $0.value != 127 }
        let isFramed = name.first?.isWhitespace == false && name.last?.isWhitespace == false
        return (1...maximumLength).contains(name.utf8.count) && isPlain && isFramed && !name.hasPrefix("-")
            && name != "." && name != ".."
    }

    /// Whether a device of Linux may be called so.
    package static func isDevice(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return byte < 0x80
                && (Character(scalar).isLetter || Character(scalar).isNumber || "._-".contains(Character(scalar)))
        }
        return (1...15).contains(name.utf8.count) && isPlain && !name.hasPrefix("-") && !name.hasPrefix(".")
    }
}

/// What Gatehouse keeps of a network.
package struct NetworkRecord: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: NetworkID
    /// The node that has it.
    package var node: NodeID
    /// Its name there.
    package var name: String
    /// What people wrote about it.
    package var description: String
    /// Whether it is the one that new interfaces on the node are for.
    package var isDefault: Bool

    /// Makes a record.
    package init(id: NetworkID, node: NodeID, name: String, description: String = "", isDefault: Bool = false) {
        self.id = id
        self.node = node
        self.name = name
        self.description = description
        self.isDefault = isDefault
    }
}

/// What is kept of networks.
package protocol NetworkRepository: Sendable {
    /// What is kept of the networks of those names, in their order; each that is new gets a number.
    ///
    /// - Throws: `notFound` where the node is not kept.
    func declareNetworks(_ names: [String], on node: NodeID) async throws -> [NetworkRecord]

    /// What is kept of the networks of a node, by number, whether they are there now or not.
    func networks(of node: NodeID) async throws -> [NetworkRecord]

    /// Replaces what people wrote about a network.
    func setDescription(_ description: String, of id: NetworkID) async throws

    /// Makes a network the default of its node, in place of any other.
    func setDefaultNetwork(_ id: NetworkID) async throws

    /// Forgets a network.
    func removeNetwork(_ id: NetworkID) async throws
}
