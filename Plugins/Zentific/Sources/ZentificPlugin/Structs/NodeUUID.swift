// SPDX-License-Identifier: Apache-2.0

/// The UUIDs by which this API names nodes.
enum NodeUUID {
    /// A UUID of version 8 (RFC 9562, 5.8), with the node's number as its last group.
    static func text(_ number: Int64) -> String {
        let digits = String(UInt64(bitPattern: number) & 0xFFFF_FFFF_FFFF, radix: 16)
        return "00000000-0000-8000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}
