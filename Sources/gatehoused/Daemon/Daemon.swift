// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import HostSystem
import Logging
import Model
import ServiceLifecycle
import Store
import UnixSignals
import Web

/// The composition root: makes every part from the configuration and runs them until told to stop.
struct Daemon {
    let configuration: Configuration
    let logger: Logger

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
        let core = try await CoreServices(
            repositories: CoreRepositories(store), nodes: try nodeDeclarations(), taker: pictureTaker(),
            limits: configuration.coreLimits, logger: logger)
        let api = CoreAPI(core: core, version: Version.text, logger: logger)
        let identity = try TLSIdentity(configuration, logger: logger)
        let web = try WebServer(
            api: api, settings: configuration.webSettings, tls: identity,
            logger: logger)
        let socketPath = "\(configuration.runDirectory)/gatehouse.sock"
        try await AdminSocket.requireFree(socketPath)
        let token = try AdminToken.make(in: configuration.runDirectory)
        defer { AdminToken.remove(from: configuration.runDirectory) }
        let socket = AdminSocket(
            api: api, path: socketPath, token: token, origin: { web.origin }, logger: logger)
        let greeting = Greeting(api: api, web: web, logger: logger)
        var services: [any Service] = [core.inventory, core.sessions, core.consoles, web, socket, greeting]
        if let identity { services.append(CertificateRenewal(identity: identity, logger: logger)) }
        services.append(Farewell(core: core))
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(4)
        group.maximumCancellationDuration = .seconds(1)
        try await ServiceGroup(configuration: group).run()
    }
}
