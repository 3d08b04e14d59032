// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The answer to a VncAuth challenge (RFC 6143, 7.2.2).
enum VNCAuthentication {
    /// Encrypts the challenge with DES under the password; nil if libcrypto can not.
    ///
    /// The key is the password's first 8 bytes, padded with zeros, the bits of each byte in reverse order.
    /// The one place of this target that calls C.
    static func response(to challenge: [UInt8], password: String) -> [UInt8]? {
        guard challenge.count == 16 else { return nil }
        var key = password.utf8.prefix(8).map(reversed)
        key.append(contentsOf: [UInt8](repeating: 0, count: 8 - key.count))
        var answer = [UInt8](repeating: 0, count: 16)
        let done = unsafe gatehouse_des_encrypt16(key, challenge, &answer)
        return done == 1 ? answer : nil
    }

    private static func reversed(_ byte: UInt8) -> UInt8 {
        var result: UInt8 = 0
        for bit in 0..<8 where byte & (1 << bit) != 0 { result |= 0x80 >> bit }
        return result
    }
}
