// SPDX-License-Identifier: Apache-2.0

import Console
import Core
package import CoreAPI
package import HostSystem
import Hummingbird
import HummingbirdCore
package import Logging
package import Model
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
    /// What it is called in answers.
    static let name = "Gatehouse"

    private let api: CoreAPI
    private let settings: WebSettings
    private let tls: (any CertificateSource)?
    private let inherited: ListeningSocket?
    private let routes: WebRoutes
    private let report: PluginListenerReport
    private let logger: Logger
    private let port: Mutex<Int?>
    private let listening = Latch()

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - tls: gives the certificate for a new connection; nil for a server without TLS.
    ///   - inherited: the socket to serve on, in place of one of its own at the address of the settings.
    ///   - plugins: whose routes, pages and listeners are served too.
    ///   - report: hears how the plugins' listeners do.
    /// - Throws: `storageFailed` where the pages are not there.
    package init(
        api: CoreAPI, settings: WebSettings, tls: (any CertificateSource)?, inherited: ListeningSocket? = nil,
        plugins: any PluginGateway = NoPluginRoutes(), report: @escaping PluginListenerReport = { _, _ in },
        logger: Logger
    ) throws {
        self.api = api
        self.settings = settings
        self.tls = tls
        self.inherited = inherited
        self.logger = logger
        self.report = report
        routes = WebRoutes(
            api: api, settings: settings, files: try StaticFiles(directory: settings.webDirectory), plugins: plugins)
        port = Mutex(nil)
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
    package func waitUntilListening() async -> Bool { await listening.wait() }

    /// Serves until shutdown; consoles are then told that the host stops.
    package func run() async throws {
        let journal = ConsoleJournal(core: api.core)
        let tunnels = SSHTunnels(logger: logger)
        defer { listening.settle(false) }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(name: "console journal") { await journal.run() }
            // The journal takes down how the last consoles ended before it ends itself.
            defer { journal.finish() }
            try await withThrowingDiscardingTaskGroup { inner in
                inner.addTask(name: "ssh tunnels") { await tunnels.run() }
                let listeners = PluginListeners(
                    routes: self.routes, tls: context, report: self.report, logger: self.logger)
                inner.addTask(name: "plugin listeners") { await listeners.run() }
                let sources = ConsoleSources(
                    core: self.api.core, connector: ConsoleConnector(tunnels: tunnels), logger: self.logger)
                let ports = PortConsoles(
                    sources: sources, journal: journal, address: self.settings.address, logger: self.logger)
                inner.addTask(name: "console ports") {
                    guard await self.listening.wait() else { return }
                    await ports.run(webPort: self.port.withLock { $0 })
                }
                defer { inner.cancelAll() }
                try await self.serve(journal, sources)
            }
        }
    }

    /// Gives the certificate for a new connection; nil where there is no TLS.
    private var context: (@Sendable () -> NIOSSLContext?)? {
        guard let tls else { return nil }
        return { tls.context }
    }

    private func serve(_ journal: ConsoleJournal, _ sources: ConsoleSources) async throws {
        let gateway = ConsoleGateway(api: api, policy: routes.policy, sources: sources, journal: journal)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let responder = routes.router().buildResponder()
        let shortcut = routes.shortcut(for: nil, serverName: Self.name)
        let setup: @Sendable (@escaping HTTPChannelHandler.Responder) -> UpgradableHTTPChannel = { [context] in
            UpgradableHTTPChannel(responder: $0, tls: context, shortcut: shortcut, decide: gateway.decide)
        }
        let onServerRunning: @Sendable (any Channel) -> Void = { channel in
            self.port.withLock { $0 = channel.localAddress?.port }
            self.listening.settle(true)
        }
        if let inherited {
            let server = InheritedServer(
                socket: inherited, connections: settings.connections,
                setup: setup(responder.answering(as: Self.name, logger: quiet)), onServerRunning: onServerRunning,
                logger: quiet)
            return try await server.run()
        }
        let application = Application(
            responder: responder, server: HTTPServerBuilder(setup),
            configuration: .init(
                address: .hostname(settings.address, port: settings.port), serverName: Self.name,
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
            onServerRunning: onServerRunning, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError where port.withLock({ $0 }) == nil {
            throw ListenFailure.error(error, address: settings.address, port: settings.port, setting: "listen")
        }
    }
}
