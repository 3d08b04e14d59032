// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import SwiftASN1
import X509

/// Whether browsers will accept the certificate.
struct CertificateCheck: Sendable {
    /// How long before its end one should know, in seconds.
    static let notice = 14.0 * 86_400

    private let files: (certificate: String, key: String)?
    private let isSelfSigned: Bool
    private let hosts: [String]
    private let now: Date

    init(_ configuration: DaemonConfiguration, now: Date = .now) {
        files = configuration.tlsFiles
        isSelfSigned = configuration.isSelfSigned
        hosts = configuration.publicOrigins.compactMap { URL(string: $0)?.host() }
        self.now = now
    }

    func lines() -> [DoctorLine] {
        guard let files else { return [.ok("certificate", "TLS is off; a proxy on this host has to do it.")] }
        guard !isSelfSigned || FileManager.default.fileExists(atPath: files.certificate) else {
            return [.skipped("certificate", "Gatehouse makes it at its first start.")]
        }
        let renew =
            isSelfSigned
            ? "Restart Gatehouse, which makes a new one." : "Renew it with whoever made it; Gatehouse reads it again."
        guard
            let certificate = document(files.certificate, ending: "CERTIFICATE").flatMap({
                try? Certificate(pemDocument: $0)
            })
        else {
            return [.wrong("certificate", "\(files.certificate) holds no certificate that can be read.", mend: renew)]
        }
        return [dates(certificate, renew), key(certificate, files), names(certificate)].compactMap(\.self)
    }

    private func dates(_ certificate: Certificate, _ renew: String) -> DoctorLine {
        let end = certificate.notValidAfter
        let day = end.formatted(.iso8601.year().month().day())
        if now > end { return .wrong("certificate", "It ended on \(day).", mend: renew) }
        if now < certificate.notValidBefore {
            return .wrong(
                "certificate", "It only starts on \(certificate.notValidBefore.formatted(.iso8601)).",
                mend: "Set this host's clock: timedatectl set-ntp true.")
        }
        if end.timeIntervalSince(now) < Self.notice {
            return .warning("certificate", "It ends on \(day).", mend: renew)
        }
        return .ok("certificate", "It is good until \(day).")
    }

    private func key(_ certificate: Certificate, _ files: (certificate: String, key: String)) -> DoctorLine {
        guard let document = document(files.key, ending: "PRIVATE KEY"),
            let key = try? Certificate.PrivateKey(pemDocument: document)
        else {
            return .wrong(
                "key", "\(files.key) holds no private key that can be read without a passphrase.",
                mend: "Name the PEM file of the key in listen.tls.key.")
        }
        guard key.publicKey == certificate.publicKey else {
            return .wrong(
                "key", "\(files.key) does not belong to \(files.certificate).",
                mend: "Name the key that the certificate was made with.")
        }
        return .ok("key", "It belongs to the certificate.")
    }

    /// Whether the names that people use are in it; nil where none are known.
    private func names(_ certificate: Certificate) -> DoctorLine? {
        guard !hosts.isEmpty else { return nil }
        let known = try? certificate.extensions.subjectAlternativeNames
        let names = known.map(Array.init) ?? []
        let missing = hosts.filter { host in !names.contains { Self.covers($0, host.lowercased()) } }
        guard !missing.isEmpty else { return .ok("names", "The certificate is for \(hosts.joined(separator: ", ")).") }
        return .warning(
            "names", "The certificate is not for \(missing.joined(separator: ", ")).",
            mend: isSelfSigned
                ? "Restart Gatehouse, which makes a new one."
                : "Get a certificate for every host of publicOrigins, or correct publicOrigins.")
    }

    private static func covers(_ name: GeneralName, _ host: String) -> Bool {
        switch name {
        case .dnsName(let name): covers(name.lowercased(), host)
        case .ipAddress(let bytes): IPAddress(host).map { Array($0.bytes) == Array(bytes.bytes) } ?? false
        default: false
        }
    }

    /// Whether a name, perhaps with a star in front, is the host's.
    static func covers(_ name: String, _ host: String) -> Bool {
        if name == host { return true }
        guard name.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
        return host[dot...] == name.dropFirst()
    }

    private func document(_ path: String, ending: String) -> PEMDocument? {
        guard let handle = FileHandle(forReadingAtPath: path), let content = try? handle.read(upToCount: 1 << 20)
        else { return nil }
        let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: content, as: UTF8.self))
        return documents?.first { $0.discriminator.hasSuffix(ending) }
    }
}
