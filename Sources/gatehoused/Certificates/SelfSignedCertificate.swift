// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Model
import SwiftASN1
import X509

/// A new certificate that vouches for itself, with its P-256 key.
///
/// It is an end-entity certificate for servers only: whoever trusts it trusts this host and nothing else.
/// It lasts 397 days, the most that browsers accept.
struct SelfSignedCertificate {
    /// How long it lasts, in seconds.
    static let life: TimeInterval = 397 * 86_400
    /// How long before its end it is renewed, in seconds.
    static let renewalTime: TimeInterval = 30 * 86_400

    /// The certificate.
    let certificatePEM: String
    /// The key.
    let keyPEM: String

    /// Makes a key and signs a certificate for the names with it.
    ///
    /// It starts an hour early, for clients whose clocks are behind.
    init(names: CertificateNames, now: Date) throws {
        let key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        let start = now.addingTimeInterval(-3600)
        do {
            let subject = try DistinguishedName {
                OrganizationName("Gatehouse")
                CommonName(String(names.title.prefix(64)))
            }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: signer.publicKey,
                notValidBefore: start,
                notValidAfter: start.addingTimeInterval(Self.life),
                issuer: subject,
                subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    names.alternativeNames
                    SubjectKeyIdentifier(hash: signer.publicKey)
                },
                issuerPrivateKey: signer)
            certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw GatehouseError(
                .internal, "No certificate could be made. Configure one with listen.tls.",
                cause: String(describing: error))
        }
        keyPEM = key.pemRepresentation + "\n"
    }
}
