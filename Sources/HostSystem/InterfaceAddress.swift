// SPDX-License-Identifier: Apache-2.0

import CHost

/// An IPv4 address of a network interface of this host (getifaddrs(3)).
package struct InterfaceAddress: Sendable, Equatable {
    /// The interface's name.
    package let interface: String
    /// The address, in dotted form.
    package let address: String
    /// The mask that belongs to it.
    package let netmask: String
    /// The address that reaches all hosts of the network; nil where there is none.
    package let broadcast: String?

    /// Every address of this host, at most 1024; none where the system does not tell.
    package static func all() -> [InterfaceAddress] {
        var found = [gatehouse_interface_address](repeating: gatehouse_interface_address(), count: 1024)
        let count = unsafe gatehouse_interface_addresses(&found, CInt(found.count))
        return found.prefix(max(0, Int(count))).map { InterfaceAddress($0) }
    }

    private init(_ found: gatehouse_interface_address) {
        interface = unsafe withUnsafeBytes(of: found.name) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        address = Self.dotted(found.address)
        netmask = Self.dotted(found.netmask)
        broadcast = found.broadcast == 0 ? nil : Self.dotted(found.broadcast)
    }

    private static func dotted(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { String((number >> $0) & 0xFF) }.joined(separator: ".")
    }
}
