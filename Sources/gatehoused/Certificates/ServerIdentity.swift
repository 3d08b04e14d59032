// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Model
import SwiftASN1
import X509

/// A certificate with its key, checked to belong together; its description never shows the key.
struct ServerIdentity: Sendable, CustomStringConvertible {
    /// The server's certificate and those that lead to its root, as PEM.
    let certificateChainPEM: [UInt8]
    /// The private key, as PEM.
    let privateKeyPEM: [UInt8]
    /// SHA-256 of the certificate, as browsers show it: 32 hexadecimal bytes with colons.
    let fingerprint: String
    /// When the certificate ends.
    let notAfter: Date
    /// The state of the files it came from.
    let stamp: FileStamp
    /// The server's certificate.
    let certificate: Certificate

    /// The fingerprint and the end.
    var description: String { "\(fingerprint), valid until \(notAfter.formatted(.iso8601))" }

    /// Reads the two files, which may be one and the same.
    ///
    /// - Throws: `storageFailed` where a file can not be read, `invalidParameters` where it does not hold what it
    ///   should, where the key belongs to another certificate, and `expired` where the certificate is not valid now.
    init(certificateFile: String, keyFile: String, now: Date) throws {
        stamp = FileStamp(certificateFile, keyFile)
        let chain = try Self.documents(certificateFile).filter { $0.discriminator == "CERTIFICATE" }
        guard let first = chain.first else {
            throw GatehouseError(
                .invalidParameters, "\(certificateFile) holds no certificate. Name a PEM file that starts with it.")
        }
        do {
            certificate = try Certificate(pemDocument: first)
            for document in chain.dropFirst() { _ = try Certificate(pemDocument: document) }
        } catch {
            throw GatehouseError(
                .invalidParameters, "\(certificateFile) holds a certificate that can not be read. Get it again.",
                cause: String(describing: error))
        }
        let (key, keyDocument) = try Self.key(keyFile)
        guard key.publicKey == certificate.publicKey else {
            throw GatehouseError(
                .invalidParameters,
                "The key in \(keyFile) does not belong to the certificate in \(certificateFile). Name the right pair.")
        }
        notAfter = certificate.notValidAfter
        certificateChainPEM = Array(chain.map { $0.pemString + "\n" }.joined().utf8)
        privateKeyPEM = Array((keyDocument.pemString + "\n").utf8)
        fingerprint = SHA256.hash(data: first.derBytes)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
        try checkDates(certificateFile, now: now)
    }

    private func checkDates(_ file: String, now: Date) throws {
        if now > notAfter {
            throw GatehouseError(
                .expired, "The certificate in \(file) ended on \(notAfter.formatted(.iso8601)). Renew it.")
        }
        guard now >= certificate.notValidBefore else {
            throw GatehouseError(
                .expired,
                "The certificate in \(file) only starts on \(certificate.notValidBefore.formatted(.iso8601)). "
                    + "Check this host's clock.")
        }
    }

    private static func key(_ file: String) throws -> (Certificate.PrivateKey, PEMDocument) {
        let documents = try documents(file)
        guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw GatehouseError(.invalidParameters, "\(file) holds no private key. Name the PEM file with the key.")
        }
        do {
            return (try Certificate.PrivateKey(pemDocument: document), document)
        } catch {
            // The error is not passed on: it could quote the key.
            throw GatehouseError(
                .invalidParameters, "The private key in \(file) can not be read. Use RSA, P-256, P-384 or Ed25519.")
        }
    }

    private static func documents(_ file: String) throws -> [PEMDocument] {
        let content: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            content = try handle.read(upToCount: 1_048_577) ?? Data()
        } catch {
            throw GatehouseError(
                .storageFailed, "\(file) can not be read. Check that it exists and is readable for Gatehouse's user.",
                cause: String(describing: error))
        }
        let text = String(decoding: content, as: UTF8.self)
        guard !text.contains("BEGIN ENCRYPTED"), !text.contains("Proc-Type: 4,ENCRYPTED") else {
            throw GatehouseError(
                .invalidParameters, "The private key in \(file) is encrypted. Store it without a passphrase, mode 0600."
            )
        }
        do {
            guard content.count <= 1_048_576 else { throw CocoaError(.fileReadTooLarge) }
            return try PEMDocument.parseMultiple(pemString: text)
        } catch {
            throw GatehouseError(.invalidParameters, "\(file) is no PEM file. Convert it with openssl.")
        }
    }
}

/// What tells that files were changed: the time and size of each, without opening them.
struct FileStamp: Sendable, Equatable {
    private let parts: [String]

    /// Looks at files; a missing one counts as such.
    init(_ paths: String...) {
        parts = paths.map { path in
            let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: real) else { return "missing" }
            let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            let size = (attributes[.size] as? NSNumber)?.int64Value ?? 0
            let number = (attributes[.systemFileNumber] as? NSNumber)?.int64Value ?? 0
            return "\(time) \(size) \(number) \(real)"
        }
    }
}
