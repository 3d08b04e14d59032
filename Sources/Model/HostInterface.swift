// SPDX-License-Identifier: Apache-2.0

/// A network interface of a host.
package struct HostInterface: Sendable, Equatable {
    /// Its name, such as `eth0`.
    package var name: String
    /// What it is: `ethernet`, `bridge`, `bond`, `vlan`, ...
    package var type: String
    /// The hardware address; nil where it has none.
    package var mac: String?
    /// `up`, `down` or another word of the host's; nil where that is not told.
    package var state: String?
    /// Its IPv4 address.
    package var address: String?
    /// The mask that belongs to the address.
    package var netmask: String?
    /// The address that reaches all hosts of the network.
    package var broadcast: String?
    /// The largest packet, in bytes.
    package var mtu: Int?
    /// Whether it leads back to the host itself.
    package var isLoopback: Bool
    /// Whether it takes in packets for others; nil where that is not told.
    package var isPromiscuous: Bool?
    /// What went through it; nil where the node does not tell.
    package var counters: HostInterfaceCounters?

    /// Makes an interface; what is not given is not known.
    package init(name: String, type: String, isLoopback: Bool = false) {
        self.name = name
        self.type = type
        self.isLoopback = isLoopback
    }
}

/// What went through an interface of a host since it was made.
package struct HostInterfaceCounters: Sendable, Equatable {
    /// Bytes in.
    package var receivedBytes: Int64 = 0
    /// Bytes out.
    package var sentBytes: Int64 = 0
    /// Packets in.
    package var receivedPackets: Int64 = 0
    /// Packets out.
    package var sentPackets: Int64 = 0
    /// Packets in that were damaged.
    package var receiveErrors: Int64 = 0
    /// Packets that could not be sent.
    package var sendErrors: Int64 = 0
    /// Packets in that there was no room for.
    package var receiveDrops: Int64 = 0
    /// Packets out that there was no room for.
    package var sendDrops: Int64 = 0
    /// Packets that met others on the wire.
    package var collisions: Int64 = 0

    /// Nothing yet.
    package init() {}
}
