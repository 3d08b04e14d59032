// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import Model

extension LibvirtHypervisor {
    /// Every network, by name; bridges that libvirt made for a network are not listed beside it.
    ///
    /// A bridge of the host that is called like a network is not listed either, so that a name stands for one thing.
    package func networks() async throws -> [NetworkSnapshot] {
        let isThisHost = node.isThisHost
        return try await calling("list the networks") { session in
            try await session.read { connection in
                let own = try connection.networks().map { try NetworkDescription($0).snapshot }
                let hidden = Set(own.filter { !$0.borrowsBridge }.compactMap(\.bridge) + own.map(\.name))
                let bridges = try connection.interfaces().map { try InterfaceDescription($0) }
                    .filter { $0.interface.type == "bridge" && !hidden.contains($0.interface.name) }
                let routes = isThisHost ? LocalInterfaces.defaultRoutes() : []
                let hosts = bridges.map { bridge -> NetworkSnapshot in
                    var network = bridge.network
                    if routes.contains(network.name) { network.carriesDefaultRoute = true }
                    return network
                }
                return (own + hosts).sorted { $0.name < $1.name }
            }
        }
    }

    /// Every interface of the host, by name; with counters and all addresses where the node is this host.
    package func hostInterfaces() async throws -> [HostInterface] {
        let isThisHost = node.isThisHost
        return try await calling("list the interfaces of the host") { session in
            try await session.read { connection in
                var found = try connection.interfaces().map { try InterfaceDescription($0).interface }
                if isThisHost { LocalInterfaces.complete(&found) }
                return found.sorted { $0.name < $1.name }
            }
        }
    }

    /// Makes a network on a bridge of its own, or with an uplink a bridge of the host.
    package func createNetwork(_ network: NewNetwork) async throws {
        let action = network.uplink == nil ? "make the network" : "make a bridge of the host (libvirt's interfaces)"
        try await calling(action) { session in
            try await session.change { connection in
                if let uplink = network.uplink {
                    try Self.makeBridge(network.name, uplink: uplink, connection)
                } else {
                    try Self.make(network, connection)
                }
            }
        }
    }

    private static func make(_ network: NewNetwork, _ connection: borrowing Connection) throws {
        let made = try connection.defineNetwork(NetworkDescription.xml(network))
        do {
            try made.create()
            try made.setAutostart()
        } catch {
            // What can not be started is not left behind.
            try? made.destroy()
            try? made.undefine()
            throw error
        }
    }

    private static func makeBridge(_ name: String, uplink: String, _ connection: borrowing Connection) throws {
        let made = try connection.defineHostInterface(InterfaceDescription.bridge(name, uplink: uplink))
        do {
            try made.create()
        } catch {
            try? made.undefine()
            throw error
        }
    }

    /// Stops a network and forgets it; a bridge of the host only where the node's driver can.
    package func removeNetwork(_ name: String, kind: NetworkKind) async throws {
        try await calling("remove the network") { session in
            try await session.change { connection in
                switch kind {
                case .virtual:
                    let network = try Self.network(name, connection)
                    let isPersistent = try network.isPersistent()
                    if try network.isActive() { try network.destroy() }
                    if isPersistent { try network.undefine() }
                case .host:
                    let bridge = try Self.hostBridge(name, connection)
                    if try bridge.isActive() { try bridge.destroy() }
                    try bridge.undefine()
                }
            }
        }
    }

    /// Adds or removes a group of ports for one VLAN, where the network is one of Open vSwitch's.
    package func setVLAN(_ vlan: Int, isHeldApart: Bool, on name: String) async throws {
        try await calling("change the network's VLANs") { session in
            try await session.change { connection in
                let network = try Self.network(name, connection)
                let listed = ListedNetwork(xml: try network.xml(), isActive: true, autostart: nil)
                let description = try NetworkDescription(listed)
                guard description.snapshot.separatesVLANs else {
                    throw GatehouseError(
                        .unsupported,
                        "This network is a plain Linux bridge, which passes every VLAN on; only networks of Open "
                            + "vSwitch hold them apart.")
                }
                guard description.snapshot.vlans.contains(vlan) != isHeldApart else { return }
                if isHeldApart {
                    try network.update(
                        VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, portGroup: NetworkDescription.portGroup(vlan: vlan))
                } else {
                    try Self.remove(vlan, from: description, network)
                }
            }
        }
    }

    private static func remove(
        _ vlan: Int, from description: NetworkDescription, _ network: borrowing Network
    ) throws {
        let own = description.portGroups.filter { $0.vlans == [vlan] }
        guard !own.isEmpty, description.portGroups.allSatisfy({ own.contains($0) || !$0.vlans.contains(vlan) }) else {
            throw GatehouseError(
                .conflict, "VLAN \(vlan) belongs to a definition with others; change that on the node (virsh net-edit)."
            )
        }
        for group in own {
            try network.update(
                VIR_NETWORK_UPDATE_COMMAND_DELETE, portGroup: NetworkDescription.portGroup(named: group.name))
        }
    }

    private static func network(_ name: String, _ connection: borrowing Connection) throws -> Network {
        do {
            return try connection.network(name)
        } catch {
            throw Self.translated(error)
        }
    }

    private static func hostBridge(
        _ name: String, _ connection: borrowing Connection
    ) throws -> HostInterfaceHandle {
        do {
            return try connection.hostInterface(name)
        } catch {
            throw Self.translated(error)
        }
    }

    private static func translated(_ error: LibvirtError) -> any Error {
        let absent = [VIR_ERR_NO_NETWORK.rawValue, VIR_ERR_NO_INTERFACE.rawValue]
        return absent.contains(error.number) ? GatehouseError.networkNotFound : error
    }
}
