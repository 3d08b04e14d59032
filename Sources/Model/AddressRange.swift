// SPDX-License-Identifier: Apache-2.0

/// A range of IP addresses, such as `10.0.0.0/8` or `::1` (RFC 4632, RFC 4291).
package struct AddressRange: Sendable, Equatable {
    /// An IP address as 16 bytes; IPv4 is mapped (RFC 4291, 2.5.5.2).
    private let bytes: [UInt8]
    private let prefix: Int

    /// Reads an address or an address with a prefix length; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: String(first)) else { return nil }
        let isIPv4 = !first.contains(":")
        var prefix = 128
        if parts.count == 2 {
            guard let length = Int(parts[1]), length >= 0, length <= (isIPv4 ? 32 : 128), parts[1].first != "+" else {
                return nil
            }
            prefix = isIPv4 ? 96 + length : length
        }
        self.bytes = bytes
        self.prefix = prefix
    }

    /// Whether an address, given as text, lies in the range.
    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address) else { return false }
        let whole = prefix / 8
        guard bytes.prefix(whole) == other.prefix(whole) else { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        return (bytes[whole] ^ other[whole]) >> (8 - rest) == 0
    }

    /// The addresses of the host itself.
    package static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1")].compactMap { $0 }

    /// The 16 bytes of an address; nil for what is none.
    private static func bytes(of text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        if !text.contains(":") {
            return dotted(Substring(text)).map { [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + $0 }
        }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = groups(halves[0]) else { return nil }
        guard halves.count == 2 else { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1]), head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if group.contains("."), index == groups.count - 1 {
                guard let last = dotted(group) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(group.utf8.count), let number = UInt16(group, radix: 16), group.first != "+"
                else { return nil }
                bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }

    private static func dotted(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in part.utf8.count <= 3 && part.first != "+" ? UInt8(part) : nil }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }
}
