// SPDX-License-Identifier: Apache-2.0

/// The UUIDs by which this API names nodes.
enum NodeUUID {
    /// A UUID of version 8 (RFC 9562, 5.8), with the node's number as its last group.
    static func text(_ number: Int64) -> String {
        let digits = String(UInt64(bitPattern: number) & 0xFFFF_FFFF_FFFF, radix: 16)
        return prefix + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// The number of a node that a UUID names; nil for one that names none.
    static func number(_ text: String) -> Int64? {
        text.hasPrefix(prefix) ? Int64(text.dropFirst(prefix.count), radix: 16) : nil
    }

    private static let prefix = "00000000-0000-8000-8000-"
}
