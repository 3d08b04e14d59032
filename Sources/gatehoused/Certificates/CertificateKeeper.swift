// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import X509

/// Keeps the certificate that browsers see: makes and renews an own one, or reads what somebody else renews.
struct CertificateKeeper: Sendable {
    /// Where the certificate comes from.
    enum Source: Sendable, Equatable {
        /// An own one, with its key in that directory, for these names.
        case selfSigned(directory: String, names: CertificateNames)
        /// PEM files.
        case files(certificate: String, key: String)
    }

    /// Where the certificate comes from.
    let source: Source
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// Makes a keeper.
    init(source: Source, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }) {
        self.source = source
        self.logger = logger
        self.now = now
    }

    /// Makes the keeper that a configuration asks for; nil where TLS is off.
    init?(_ configuration: Configuration, logger: Logger) {
        switch configuration.listen.tls {
        case .off: return nil
        case .files(let certificate, let key):
            self.init(source: .files(certificate: certificate, key: key), logger: logger)
        case .selfSigned:
            let names = CertificateNames(configuration, hostName: ProcessInfo.processInfo.hostName)
            let directory = configuration.dataDirectory + "/tls"
            self.init(source: .selfSigned(directory: directory, names: names), logger: logger)
        }
    }

    /// The identity to serve with now; an own certificate is made or renewed first where that is needed.
    ///
    /// It is renewed in the last 30 days, when the names have changed, and when its files are broken. The
    /// fingerprint is logged.
    /// - Throws: what `ServerIdentity` throws; `storageFailed` where an own certificate can not be kept.
    func identity() throws -> ServerIdentity {
        let identity: ServerIdentity
        switch source {
        case .files(let certificate, let key):
            warnIfOpen(key)
            identity = try ServerIdentity(certificateFile: certificate, keyFile: key, now: now())
        case .selfSigned(let directory, let names):
            identity = try ownIdentity(SelfSignedFiles(directory: directory), names)
        }
        logger.notice(
            "certificate in use",
            metadata: [
                "sha256": "\(identity.fingerprint)", "notAfter": "\(identity.notAfter.formatted(.iso8601))",
            ])
        return identity
    }

    /// Whether `identity()` would give another one: the files have changed, or an own certificate is due.
    ///
    /// Looks at the files' times only. Whoever renews files should write the key first: while the two do not
    /// belong together `identity()` throws, and the earlier identity stays good.
    func needsReload(_ identity: ServerIdentity) -> Bool {
        switch source {
        case .files(let certificate, let key): FileStamp(certificate, key) != identity.stamp
        case .selfSigned(let directory, _):
            FileStamp(SelfSignedFiles(directory: directory).certificate, SelfSignedFiles(directory: directory).key)
                != identity.stamp || isDue(identity)
        }
    }

    private func isDue(_ identity: ServerIdentity) -> Bool {
        identity.notAfter.timeIntervalSince(now()) < SelfSignedCertificate.renewalTime
    }

    private func ownIdentity(_ files: SelfSignedFiles, _ names: CertificateNames) throws -> ServerIdentity {
        if files.exist, let reason = reasonToRenew(files, names) {
            logger.notice("certificate renewed", metadata: ["reason": "\(reason)"])
        } else if files.exist {
            return try ServerIdentity(certificateFile: files.certificate, keyFile: files.key, now: now())
        }
        let made = try SelfSignedCertificate(names: names, now: now())
        try files.write(certificate: made.certificatePEM, key: made.keyPEM)
        return try ServerIdentity(certificateFile: files.certificate, keyFile: files.key, now: now())
    }

    private func reasonToRenew(_ files: SelfSignedFiles, _ names: CertificateNames) -> String? {
        do {
            let kept = try ServerIdentity(certificateFile: files.certificate, keyFile: files.key, now: now())
            if isDue(kept) { return "it ends soon" }
            return try CertificateNames(kept.certificate) == names ? nil : "the names have changed"
        } catch let error as GatehouseError {
            return error.message
        } catch {
            return "its names can not be read"
        }
    }

    private func warnIfOpen(_ key: String) {
        let real = URL(fileURLWithPath: key).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: real)
        guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o007 != 0 else { return }
        logger.warning("the private key can be read by every user of this host", metadata: ["file": "\(key)"])
    }
}
