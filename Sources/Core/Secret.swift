// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// Random secrets and their hashes.
package enum Secret {
    /// 256 random bits.
    package static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// SHA-256 of a secret: what is kept in its place.
    package static func hash(_ secret: some Sequence<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(secret)))
    }

    /// Base64 for URLs, without padding (RFC 4648, section 5).
    package static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Reads what `base64URL` wrote; nil for anything else or over 200 characters.
    package static func bytes(base64URL text: String) -> [UInt8]? {
        guard text.utf8.count <= 200, !text.utf8.contains(where: { $0 == 0x2B || $0 == 0x2F || $0 == 0x3D }) else {
            return nil
        }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain + padding).map(Array.init)
    }

    /// Whether two secrets are the same, in a time that does not tell where they differ.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// How a session's secret is written for the clients of a legacy API.
package enum SecretForm: String, Sendable, CaseIterable {
    /// 43 characters.
    case base64url
    /// A random UUID (RFC 9562, version 4): 122 bits.
    case uuid
    /// 40 digits: 160 bits.
    case hexadecimal

    /// A new secret.
    func make() -> String {
        var bytes = Secret.random()
        switch self {
        case .base64url: return Secret.base64URL(bytes)
        case .hexadecimal: return Self.hexadecimal(bytes.prefix(20))
        case .uuid:
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            let digits = Self.hexadecimal(bytes.prefix(16))
            var groups: [Substring] = []
            var rest = digits[...]
            for length in [8, 4, 4, 4, 12] {
                groups.append(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            return groups.joined(separator: "-")
        }
    }

    /// What is kept of a secret: bound to the kind of session, so that one API's opens no other.
    static func hash(_ secret: String, kind: String) -> [UInt8] { Secret.hash(Array("\(kind):\(secret)".utf8)) }

    /// Bytes as lower-case hexadecimal digits.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
