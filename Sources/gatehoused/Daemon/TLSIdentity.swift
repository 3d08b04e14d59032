// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization
import Web

/// The certificate that new connections get; replaced while others use the old one.
final class TLSIdentity: CertificateSource {
    private struct Current: Sendable {
        let identity: ServerIdentity
        let context: NIOSSLContext
    }

    private let keeper: CertificateKeeper
    private let current: Mutex<Current>

    /// Takes up the certificate that the configuration asks for; nil where TLS is off.
    init?(_ configuration: Configuration, logger: Logger) throws {
        guard let keeper = CertificateKeeper(configuration, logger: logger) else { return nil }
        self.keeper = keeper
        current = Mutex(try Self.load(keeper))
    }

    var context: NIOSSLContext? { current.withLock { $0.context } }

    /// Takes up a changed or renewed certificate.
    ///
    /// - Throws: what makes the new one unfit; the old one then stays.
    func refresh() throws {
        let identity = current.withLock { $0.identity }
        guard keeper.needsReload(identity) else { return }
        let fresh = try Self.load(keeper)
        current.withLock { $0 = fresh }
    }

    private static func load(_ keeper: CertificateKeeper) throws -> Current {
        let identity = try keeper.identity()
        let chain = try NIOSSLCertificate.fromPEMBytes(identity.certificateChainPEM)
        let key = try NIOSSLPrivateKey(bytes: identity.privateKeyPEM, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // A peer that does not answer our goodbye must not hold up the host's end.
        configuration.shutdownTimeout = .milliseconds(500)
        return Current(identity: identity, context: try NIOSSLContext(configuration: configuration))
    }
}

/// Looks for a changed or ageing certificate every few seconds, so that whoever renews one need tell nobody.
struct CertificateRenewal: Service {
    private static let interval = Duration.seconds(3)

    let identity: TLSIdentity
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var lastError = ""
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                do {
                    try identity.refresh()
                    lastError = ""
                } catch {
                    // Said once, not every time.
                    guard "\(error)" != lastError else { continue }
                    lastError = "\(error)"
                    logger.error("new certificate refused, the old one stays", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
