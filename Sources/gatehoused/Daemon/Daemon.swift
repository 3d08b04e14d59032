// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import HostSystem
import Logging
import Model
import PluginHost
import ServiceLifecycle
import Store
import UnixSignals
import Web

/// The composition root: makes every part from the configuration and runs them until told to stop.
struct Daemon {
    let configuration: Configuration
    /// Where that was read from; nil without a file.
    let configurationFile: String?
    /// What a service manager handed over.
    let handover: Handover
    let logger: Logger

    /// How long clients may take to finish what they are at when the daemon stops.
    private static let drainTime = Duration.seconds(4)

    /// Runs until SIGTERM or SIGINT.
    func run() async throws {
        try DaemonDirectories.prepare(configuration)
        let store = try SQLiteStore.open(directory: configuration.dataDirectory, logger: logger)
        do {
            try await serve(store)
        } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
        logger.info("stopped")
    }

    private func serve(_ store: SQLiteStore) async throws {
        let plugins = PluginHost(settings: pluginHostSettings(), repository: store, logger: logger)
        let core = try await CoreServices(
            repositories: CoreRepositories(store), nodes: try nodeDeclarations(), taker: pictureTaker(),
            plugins: plugins, limits: configuration.coreLimits, logger: logger)
        let api = CoreAPI(core: core, version: Version.text, logger: logger)
        plugins.attach(api.dispatcher)
        if let user = configuration.firstUser {
            await FirstUserMaking(user: user, api: api, logger: logger).run()
        }
        let identity = try TLSIdentity(configuration, logger: logger)
        if let listener = handover.listener { try requireSafe(listener) }
        let web = try WebServer(
            api: api, settings: configuration.webSettings, tls: identity, inherited: handover.listener,
            plugins: plugins,
            report: { listener, state in
                if case .failed(let error) = state {
                    plugins.note(listener, problem: error.message)
                } else {
                    plugins.note(listener, problem: nil)
                }
            }, logger: logger)
        let socketPath = "\(configuration.runDirectory)/gatehouse.sock"
        try await AdminSocket.requireFree(socketPath)
        let token = try AdminToken.make(in: configuration.runDirectory)
        defer { AdminToken.remove(from: configuration.runDirectory) }
        let socket = AdminSocket(
            api: api, path: socketPath, token: token, origin: { web.origin }, logger: logger)
        let greeting = Greeting(api: api, web: web, logger: logger)
        var services: [any Service] = [core.inventory, core.alerts, core.sessions, core.consoles, core.jobs]
        services.append(core.storage)
        // They end in the opposite order: first who asks, then the plugins, then what they ask.
        services += [plugins, edge(web), socket, greeting]
        if let identity { services.append(CertificateRenewal(identity: identity, logger: logger)) }
        services.append(Settling(waitUntilServing: { await web.waitUntilListening() }, logger: logger))
        services.append(Farewell(core: core))
        // The last to start and the first to end: who is told of the stop is told at its beginning.
        if let notice = notice(api: api, web: web, socket: socket) { services.append(notice) }
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = Self.drainTime + pluginStopTime
        group.maximumCancellationDuration = .seconds(1)
        try await ServiceGroup(configuration: group).run()
    }

    /// Checks that a socket which was handed over is as private as one that the daemon opens itself.
    private func requireSafe(_ listener: ListeningSocket) throws {
        guard configuration.listen.tls == .off, !listener.isLoopback else { return }
        throw GatehouseError(
            .invalidParameters,
            "The socket that was handed over is open to other hosts, but TLS is off under listen. Bind it to a "
                + "loopback address in its socket unit (ListenStream=127.0.0.1:PORT), or use selfSigned.")
    }

    /// The web edge with a limit of its own: clients that take their time must not take the plugins'.
    private func edge(_ web: WebServer) -> ServiceGroup {
        var edge = ServiceGroupConfiguration(services: [.init(service: web)], logger: logger)
        edge.maximumGracefulShutdownDuration = Self.drainTime
        return ServiceGroup(configuration: edge)
    }
}
