// SPDX-License-Identifier: Apache-2.0

import Console
import Core
package import CoreAPI
import Glibc
import Hummingbird
import HummingbirdCore
package import Logging
import Model
import NIOCore
package import NIOSSL
import ServiceLifecycle
import Synchronization
import WebSocket

/// Gives the certificate for new connections; asked anew for each, so that it may be renewed.
package protocol CertificateSource: Sendable {
    /// What a new connection is to use; nil closes it.
    var context: NIOSSLContext? { get }
}

/// The one port: pages, calls, events and consoles.
package final class WebServer: Service {
    private let api: CoreAPI
    private let settings: WebSettings
    private let tls: (any CertificateSource)?
    private let routes: WebRoutes
    private let logger: Logger
    private let port: Mutex<Int?>
    private let listening: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// Makes a server.
    ///
    /// - Parameter tls: gives the certificate for a new connection; nil for a server without TLS.
    /// - Throws: `storageFailed` where the pages are not there.
    package init(
        api: CoreAPI, settings: WebSettings, tls: (any CertificateSource)?, logger: Logger
    ) throws {
        self.api = api
        self.settings = settings
        self.tls = tls
        self.logger = logger
        routes = WebRoutes(
            api: api, settings: settings, policy: CallerPolicy(settings: settings, sessions: api.core.sessions),
            files: try StaticFiles(directory: settings.webDirectory))
        port = Mutex(nil)
        listening = AsyncStream.makeStream(of: Void.self)
    }

    /// The address to log in at.
    package var origin: String {
        if let origin = settings.publicOrigins.first { return origin }
        let host =
            switch settings.address {
            case "0.0.0.0", "::": "localhost"
            case let address where address.contains(":"): "[\(address)]"
            case let address: address
            }
        return "\(settings.isTLS ? "https" : "http")://\(host):\(port.withLock { $0 } ?? settings.port)"
    }

    /// Returns once connections are taken; false where it did not come to that.
    @discardableResult
    package func waitUntilListening() async -> Bool {
        for await _ in listening.stream {}
        return port.withLock { $0 } != nil
    }

    /// Serves until shutdown; consoles are then told that the host stops.
    package func run() async throws {
        let journal = ConsoleJournal(core: api.core)
        let tunnels = SSHTunnels(logger: logger)
        defer { listening.continuation.finish() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(name: "console journal") { await journal.run() }
            // The journal takes down how the last consoles ended before it ends itself.
            defer { journal.finish() }
            try await withThrowingDiscardingTaskGroup { inner in
                inner.addTask(name: "ssh tunnels") { await tunnels.run() }
                defer { inner.cancelAll() }
                try await self.serve(journal, tunnels)
            }
        }
    }

    private func serve(_ journal: ConsoleJournal, _ tunnels: SSHTunnels) async throws {
        let gateway = ConsoleGateway(
            api: api, policy: routes.policy, connector: ConsoleConnector(tunnels: tunnels), journal: journal,
            logger: logger)
        var context: (@Sendable () -> NIOSSLContext?)?
        if let tls { context = { tls.context } }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: routes.router().buildResponder(),
            server: HTTPServerBuilder { [context] responder in
                UpgradableHTTPChannel(responder: responder, tls: context, decide: gateway.decide)
            },
            configuration: .init(
                address: .hostname(settings.address, port: settings.port), serverName: "Gatehouse",
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
            onServerRunning: { channel in
                self.port.withLock { $0 = channel.localAddress?.port }
                self.listening.continuation.finish()
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError where port.withLock({ $0 }) == nil {
            throw listenError(error)
        }
    }

    private func listenError(_ error: IOError) -> GatehouseError {
        let reason =
            switch error.errnoCode {
            case EADDRINUSE: "is in use by another program"
            case EADDRNOTAVAIL: "is not to be had, because this host has no such address"
            case EACCES: "is not allowed to this user"
            default: "can not be listened on"
            }
        return GatehouseError(
            .conflict, "Port \(settings.port) of \(settings.address) \(reason); set another one under listen.",
            cause: "\(error)")
    }
}
