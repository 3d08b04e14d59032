// SPDX-License-Identifier: Apache-2.0

import Model

/// What Gatehouse reads from and writes as a network's XML (https://libvirt.org/formatnetwork.html).
struct NetworkDescription: Sendable, Equatable {
    /// A group of ports that holds VLANs apart.
    struct PortGroup: Sendable, Equatable {
        /// Its name.
        var name: String
        /// The VLANs in it.
        var vlans: [Int]
    }

    /// What a caller sees.
    var snapshot: NetworkSnapshot
    /// The groups of ports that have VLANs.
    var portGroups: [PortGroup]

    /// Reads a description.
    ///
    /// - Throws: `hypervisorFailed` where it is not a network's XML.
    init(_ listed: ListedNetwork) throws {
        guard let root = try? XMLElement.parse(listed.xml), root.name == "network",
            let name = root.first("name")?.trimmedText, !name.isEmpty
        else {
            throw GatehouseError(.hypervisorFailed, "The node described a network in a way that can not be read.")
        }
        let forward = root.first("forward")
        let groups = root.all("portgroup")
        snapshot = NetworkSnapshot(
            name: name, kind: .virtual, bridge: root.first("bridge")?["name"], isActive: listed.isActive)
        snapshot.autostart = listed.autostart
        snapshot.borrowsBridge = forward?["mode"] == "bridge" && snapshot.bridge != nil
        snapshot.uplink = forward?["dev"] ?? forward?.first("interface")?["dev"]
        if let ip = root.all("ip").first(where: { $0["family"] ?? "ipv4" == "ipv4" }) {
            snapshot.address = ip["address"]
            snapshot.netmask = ip["netmask"] ?? IPv4Mask.text(prefix: ip["prefix"])
        }
        // libvirt keeps VLANs for any network, and applies them for Open vSwitch.
        let ports = [root.first("virtualport")] + groups.map { $0.first("virtualport") }
        snapshot.separatesVLANs = ports.contains { $0?["type"] == "openvswitch" }
        portGroups = groups.compactMap { group in
            let vlans = Self.vlans(group)
            return vlans.isEmpty ? nil : PortGroup(name: group["name"] ?? "", vlans: vlans)
        }
        if snapshot.separatesVLANs {
            snapshot.vlans = Set(Self.vlans(root) + portGroups.flatMap(\.vlans)).sorted()
        }
    }

    private static func vlans(_ element: XMLElement) -> [Int] {
        (element.first("vlan")?.all("tag") ?? []).compactMap { $0["id"].flatMap { Int($0) } }
            .filter { (1...4094).contains($0) }
    }

    /// The XML of a network without a way out, on a bridge of its own.
    static func xml(_ network: NewNetwork) -> String {
        var bridge = XMLElement(name: "bridge", attributes: ["stp": "on", "delay": "0"])
        bridge.attributes["name"] = network.bridge
        return XMLElement(name: "network", children: [XMLElement(name: "name", text: network.name), bridge]).document
    }

    /// The XML of a group of ports for one VLAN.
    static func portGroup(vlan: Int) -> String {
        let tag = XMLElement(name: "tag", attributes: ["id": "\(vlan)"])
        return XMLElement(
            name: "portgroup", attributes: ["name": "vlan\(vlan)"],
            children: [XMLElement(name: "vlan", children: [tag])]
        ).document
    }

    /// The XML that names a group of ports.
    static func portGroup(named name: String) -> String {
        XMLElement(name: "portgroup", attributes: ["name": name]).document
    }
}

/// Masks of IPv4.
enum IPv4Mask {
    /// The dotted form of a number of bits; nil for what is none.
    static func text(prefix: String?) -> String? {
        guard let bits = prefix.flatMap({ UInt32($0) }), bits <= 32 else { return nil }
        let mask = bits == 0 ? 0 : UInt32.max << (32 - bits)
        return [24, 16, 8, 0].map { String((mask >> $0) & 0xFF) }.joined(separator: ".")
    }

    /// The address that reaches all hosts of a network; nil where one of the two is no address.
    static func broadcast(address: String?, netmask: String?) -> String? {
        guard let address = number(address), let mask = number(netmask) else { return nil }
        let all = address | ~mask
        return [24, 16, 8, 0].map { String((all >> $0) & 0xFF) }.joined(separator: ".")
    }

    private static func number(_ text: String?) -> UInt32? {
        guard let parts = text?.split(separator: ".", omittingEmptySubsequences: false), parts.count == 4 else {
            return nil
        }
        let bytes = parts.compactMap { UInt8($0) }
        return bytes.count == 4 ? bytes.reduce(0) { $0 << 8 | UInt32($1) } : nil
    }
}
