// SPDX-License-Identifier: Apache-2.0

import Model

/// What Gatehouse reads from and writes as the XML of a host's interface (https://libvirt.org/format.html).
struct InterfaceDescription: Sendable, Equatable {
    /// What a caller sees.
    var interface: HostInterface
    /// The interfaces that are part of it, where it is a bridge.
    var members: [String]
    /// Whether the way to all other hosts goes through it.
    var carriesDefaultRoute: Bool
    /// Whether it is there, and not only defined.
    var isActive: Bool

    /// Reads a description.
    ///
    /// - Throws: `hypervisorFailed` where it is not an interface's XML.
    init(_ listed: ListedInterface) throws {
        guard let root = try? XMLElement.parse(listed.xml), root.name == "interface", let name = root["name"] else {
            throw GatehouseError(
                .hypervisorFailed, "The node described an interface in a way that can not be read.")
        }
        interface = HostInterface(name: name, type: root["type"] ?? "ethernet", isLoopback: name == "lo")
        interface.mac = listed.mac ?? root.first("mac")?["address"]
        interface.state = root.first("link")?["state"] ?? (listed.isActive ? "up" : "down")
        interface.mtu = root.first("mtu")?["size"].flatMap { Int($0) }
        let family = root.all("protocol").first { $0["family"] == "ipv4" }
        if let ip = family?.first("ip") {
            interface.address = ip["address"]
            interface.netmask = ip["netmask"] ?? IPv4Mask.text(prefix: ip["prefix"])
            interface.broadcast = IPv4Mask.broadcast(address: interface.address, netmask: interface.netmask)
        }
        carriesDefaultRoute = root.all("protocol").flatMap { $0.all("route") }.contains { $0["address"] == nil }
        members = (root.first("bridge")?.all("interface") ?? []).compactMap { $0["name"] }
        // Only what is a definition can be down for good: a bridge that is there and has nothing in it has no carrier,
        // and takes machines all the same.
        isActive = listed.isActive || root.first("start") == nil
    }

    /// The bridge as a network.
    var network: NetworkSnapshot {
        var network = NetworkSnapshot(
            name: interface.name, kind: .host, bridge: interface.name, isActive: isActive)
        // What the hypervisor plugs in is no way out.
        network.uplink = members.first { !$0.hasPrefix("vnet") && !$0.hasPrefix("tap") }
        network.address = interface.address
        network.netmask = interface.netmask
        network.carriesDefaultRoute = carriesDefaultRoute
        return network
    }

    /// The XML of a bridge with an interface of the host in it.
    static func bridge(_ name: String, uplink: String) -> String {
        let member = XMLElement(name: "interface", attributes: ["type": "ethernet", "name": uplink])
        return XMLElement(
            name: "interface", attributes: ["type": "bridge", "name": name],
            children: [
                XMLElement(name: "start", attributes: ["mode": "onboot"]),
                XMLElement(name: "bridge", children: [member]),
            ]
        ).document
    }
}
