// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// BRIDGE: a network of a node.
enum BridgeStruct {
    /// The struct for a network of the core; `interface` is there only where the network leads out.
    static func value(_ network: JSONValue, node: JSONValue) -> XMLRPCValue {
        let address = network["address"]?.stringValue ?? ""
        let netmask = network["netmask"]?.stringValue ?? ""
        var members = [
            XMLRPCMember("id", .int(network["id"]?.intValue ?? -1)),
            XMLRPCMember("name", .string(network["name"]?.stringValue ?? "")),
            XMLRPCMember("node", .string(node["id"]?.intValue.map(NodeUUID.text) ?? "")),
            XMLRPCMember("description", .string(network["description"]?.stringValue ?? "")),
            XMLRPCMember("vlans", .array((network["vlans"]?.arrayValue ?? []).compactMap(\.intValue).map { .int($0) })),
        ]
        if let uplink = network["uplink"]?.stringValue { members.append(XMLRPCMember("interface", .string(uplink))) }
        members += [
            XMLRPCMember("ip", .string(address)), XMLRPCMember("netmask", .string(netmask)),
            XMLRPCMember("broadcast", .string(broadcast(address, netmask))),
        ]
        return .structure(members)
    }

    /// The address that reaches all hosts of a network; empty where the two are no addresses.
    static func broadcast(_ address: String, _ netmask: String) -> String {
        let (bytes, mask) = (octets(address), octets(netmask))
        guard bytes.count == 4, mask.count == 4 else { return "" }
        return zip(bytes, mask).map { String($0 | ~$1) }.joined(separator: ".")
    }

    private static func octets(_ text: String) -> [UInt8] { text.split(separator: ".").compactMap { UInt8($0) } }
}

/// INTERFACE: an interface of a node's host.
enum InterfaceStruct {
    /// The struct for an interface of the core; what its node does not tell is empty text or 0.
    static func value(_ interface: JSONValue, node: JSONValue) -> XMLRPCValue {
        let text = { (name: String) in XMLRPCValue.string(interface[name]?.stringValue ?? "") }
        let figure = { (name: String) in XMLRPCValue.double(interface["counters"]?[name]?.doubleValue ?? 0) }
        return .members([
            "nodeuuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "mac": text("mac"),
            "ip": text("address"), "netmask": text("netmask"), "broadcast": text("broadcast"),
            "mtu": .int(interface["mtu"]?.intValue ?? 0), "rpackets": figure("receivedPackets"),
            "rerror": figure("receiveErrors"), "rdropped": figure("receiveDrops"),
            "rcollisions": figure("collisions"), "rbytes": figure("receivedBytes"),
            "tpackets": figure("sentPackets"), "terror": figure("sendErrors"), "tdropped": figure("sendDrops"),
            "tcollisions": figure("collisions"), "tbytes": figure("sentBytes"),
            "loopback": .boolean(interface["loopback"] == true), "state": text("state"),
            "mode": .boolean(interface["promiscuous"] == true),
        ])
    }
}
