// SPDX-License-Identifier: Apache-2.0

/// A set of neighbouring addresses (RFC 4632): one address, or `address/bits`.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    /// An address in it.
    package let address: IPAddress
    /// How many leading bits every address in it shares.
    package let bits: Int

    /// Reads an address or a CIDR block; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let most = address.bytes.count * 8
        guard parts.count == 2 else {
            self.address = address
            bits = most
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]), bits <= most
        else { return nil }
        self.address = address
        self.bits = bits
    }

    /// The form it is written in.
    package var description: String { bits == address.bytes.count * 8 ? "\(address)" : "\(address)/\(bits)" }

    /// Whether an address is in it; false for a text that is none.
    package func contains(_ text: String) -> Bool { IPAddress(text).map { contains($0) } ?? false }

    /// Whether an address is in it.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for (index, (mine, its)) in zip(address.bytes, other.bytes).enumerated() {
            let left = bits - index * 8
            if left <= 0 { return true }
            let mask: UInt8 = left >= 8 ? 0xFF : ~(0xFF >> UInt8(left))
            if mine & mask != its & mask { return false }
        }
        return true
    }

    /// The addresses of the host itself.
    package static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1")].compactMap { $0 }
}
