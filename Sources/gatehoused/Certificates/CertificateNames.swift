// SPDX-License-Identifier: Apache-2.0

import Model
import SwiftASN1
import X509

/// The names and addresses that a certificate is for.
struct CertificateNames: Sendable, Equatable {
    /// Host names in lower case.
    private(set) var hosts: Set<String> = ["localhost"]
    /// Addresses.
    private(set) var addresses: Set<IPAddress> = []
    /// The name that people see first.
    private(set) var title = "localhost"

    /// The names that a configuration and the host itself bring along.
    init(_ configuration: Configuration, hostName: String) {
        for address in ["127.0.0.1", "::1", configuration.listen.address, hostName] { add(address) }
        for origin in configuration.publicOrigins { add(origin.host) }
        title = configuration.publicOrigins.first?.host ?? (HostPort.isHostName(hostName) ? hostName : "localhost")
    }

    /// The names that a certificate has.
    init(_ certificate: Certificate) throws {
        hosts = []
        guard let names = try certificate.extensions.subjectAlternativeNames else { return }
        for name in names {
            switch name {
            case .dnsName(let host): hosts.insert(host.lowercased())
            case .ipAddress(let bytes): if let address = IPAddress(kept: bytes.bytes) { addresses.insert(address) }
            default: break
            }
        }
    }

    /// The names as an extension of a certificate, sorted.
    var alternativeNames: SubjectAlternativeNames {
        SubjectAlternativeNames(
            hosts.sorted().map { .dnsName($0) }
                + addresses.sorted { $0.description < $1.description }
                .map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) })
    }

    /// Whether two are for the same names; the title does not count.
    static func == (left: CertificateNames, right: CertificateNames) -> Bool {
        left.hosts == right.hosts && left.addresses == right.addresses
    }

    private mutating func add(_ text: String) {
        if let address = IPAddress(text) {
            if !address.isWildcard { addresses.insert(address) }
        } else if HostPort.isHostName(text) {
            hosts.insert(text.lowercased())
        }
    }
}

extension IPAddress {
    /// The address of 4 or 16 bytes; nil for another count.
    fileprivate init?(kept bytes: ArraySlice<UInt8>) {
        switch bytes.count {
        case 4: self.init(bytes.map(String.init).joined(separator: "."))
        case 16:
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            self.init(stride(from: 0, to: 16, by: 2).map { digits[$0] + digits[$0 + 1] }.joined(separator: ":"))
        default: return nil
        }
    }
}
