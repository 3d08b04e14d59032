// SPDX-License-Identifier: Apache-2.0

/// The number of an RFB security type (RFC 6143, 7.1.2, and its registry).
struct RFBSecurityType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    let rawValue: UInt8

    static let none = RFBSecurityType(rawValue: 1)
    static let vncAuth = RFBSecurityType(rawValue: 2)

    private static let names: [UInt8: String] = [
        0: "invalid", 1: "None", 2: "VncAuth", 5: "RA2", 6: "RA2ne", 13: "RSA-AES-256", 16: "Tight", 17: "Ultra",
        18: "TLS", 19: "VeNCrypt", 20: "SASL", 21: "MD5", 22: "xvp", 30: "Apple DH", 35: "Apple", 129: "RA256",
        130: "RAne256",
    ]

    /// The number with its name, such as `19 (VeNCrypt)`.
    var description: String {
        Self.names[rawValue].map { "\(rawValue) (\($0))" } ?? "\(rawValue)"
    }
}

/// The versions of the protocol that differ in the handshake.
package enum RFBVersion: Sendable, Comparable, CaseIterable {
    case v33
    case v37
    case v38

    /// The line as it stands on the wire.
    var line: [UInt8] {
        switch self {
        case .v33: Array("RFB 003.003\n".utf8)
        case .v37: Array("RFB 003.007\n".utf8)
        case .v38: Array("RFB 003.008\n".utf8)
        }
    }

    /// Reads the 12 bytes of a version line; odd numbers count as the newest version below them.
    init?(line: [UInt8]) {
        guard line.count == 12, line.starts(with: Array("RFB ".utf8)), line[7] == UInt8(ascii: "."),
            line[11] == UInt8(ascii: "\n"),
            let major = Self.number(line[4..<7]), let minor = Self.number(line[8..<11]), major >= 3
        else { return nil }
        switch (major, minor) {
        case (3, ..<7): self = .v33
        case (3, 7): self = .v37
        default: self = .v38
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
