// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension Render {
    /// A network of a node.
    static func network(_ network: NetworkEntry, node: NodeEntry) -> JSONValue {
        let snapshot = network.snapshot
        return [
            "id": .int(network.record.id.number), "name": .string(snapshot.name), "node": .string(node.record.name),
            "kind": .string(snapshot.kind.rawValue), "bridge": .optional(snapshot.bridge),
            "active": .bool(snapshot.isActive), "autostart": .optional(snapshot.autostart),
            "default": .bool(network.record.isDefault), "description": .string(network.record.description),
            "vlans": .array(snapshot.vlans.map { .int(Int64($0)) }),
            "separatesVLANs": .bool(snapshot.separatesVLANs), "uplink": .optional(snapshot.uplink),
            "address": .optional(snapshot.address), "netmask": .optional(snapshot.netmask),
        ]
    }

    /// An interface of a node's host.
    static func hostInterface(_ interface: HostInterface, node: NodeEntry) -> JSONValue {
        [
            "name": .string(interface.name), "node": .string(node.record.name), "type": .string(interface.type),
            "mac": .optional(interface.mac), "state": .optional(interface.state),
            "address": .optional(interface.address), "netmask": .optional(interface.netmask),
            "broadcast": .optional(interface.broadcast), "mtu": .optional(interface.mtu),
            "loopback": .bool(interface.isLoopback), "promiscuous": .optional(interface.isPromiscuous),
            "counters": interface.counters.map(counters) ?? .null,
        ]
    }

    private static func counters(_ counters: HostInterfaceCounters) -> JSONValue {
        [
            "receivedBytes": .int(counters.receivedBytes), "sentBytes": .int(counters.sentBytes),
            "receivedPackets": .int(counters.receivedPackets), "sentPackets": .int(counters.sentPackets),
            "receiveErrors": .int(counters.receiveErrors), "sendErrors": .int(counters.sendErrors),
            "receiveDrops": .int(counters.receiveDrops), "sendDrops": .int(counters.sendDrops),
            "collisions": .int(counters.collisions),
        ]
    }
}
