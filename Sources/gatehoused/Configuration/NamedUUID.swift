// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// UUIDs for machines that were declared without one.
enum NamedUUID {
    /// The namespace, fixed for good: another one would cut every such machine off its notes and privileges.
    static let namespace: [UInt8] = [
        0x5B, 0x0C, 0x3A, 0x51, 0x0D, 0x6E, 0x4E, 0x0B, 0x9C, 0x26, 0x7F, 0x1F, 0x8E, 0x42, 0xD3, 0x94,
    ]

    /// The UUID of a machine of that name on that node: version 5 (RFC 9562, 5.5) of `node/machine`.
    ///
    /// It depends on the two names only, the case of the node's does not count. SHA-1 is what version 5 is
    /// made of; nothing here rests on its strength.
    static func machine(_ machine: String, node: String) -> UUID {
        let name = Array("\(node.lowercased())/\(machine)".utf8)
        var bytes = Array(Insecure.SHA1.hash(data: namespace + name).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}
