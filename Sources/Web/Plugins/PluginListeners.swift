// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hummingbird
import HummingbirdCore
import Logging
package import Model
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization
import WebSocket

/// How a listener of a plugin does.
package enum PluginListenerState: Sendable, Equatable {
    /// Clients are let in on that port.
    case open(port: Int)
    /// It can not be opened; this is tried again while the plugin wants it.
    case failed(GatehouseError)
    /// The plugin does not want it any more.
    case closed
}

/// Hears how listeners of plugins do.
package typealias PluginListenerReport = @Sendable (PluginListener, PluginListenerState) -> Void

/// The ports that plugins ask for: opened while they are wanted, each for its plugin's routes alone.
struct PluginListeners: Sendable {
    private static let pause: Duration = .seconds(2)
    private static let drain: Duration = .seconds(2)

    let routes: WebRoutes
    let tls: (@Sendable () -> NIOSSLContext?)?
    let report: PluginListenerReport
    let logger: Logger

    /// Keeps open what is wanted, until shutdown.
    func run() async {
        await withDiscardingTaskGroup { group in
            var open: [PluginListener: Stop] = [:]
            for await wanted in routes.plugins.listeners().cancelOnGracefulShutdown() {
                for (listener, stop) in open where !wanted.contains(listener) {
                    open[listener] = nil
                    await stop.request()
                }
                for listener in wanted where open[listener] == nil {
                    let stop = Stop()
                    open[listener] = stop
                    group.addTask(name: "plugin listener") { await keepOpen(listener, until: stop) }
                }
            }
            for stop in open.values { await stop.request() }
        }
    }

    private func keepOpen(_ listener: PluginListener, until stop: Stop) async {
        var known: GatehouseError?
        while !stop.isRequested, !Task.isCancelled {
            do {
                try await serve(listener, until: stop)
            } catch {
                let problem = error as? GatehouseError ?? GatehouseError(.internal, "It stopped.", cause: "\(error)")
                if problem != known {
                    logger.error(
                        "a plugin's listener is closed",
                        metadata: [
                            "plugin": "\(listener.plugin)", "address": "\(listener.place)", "error": "\(problem)",
                        ])
                    report(listener, .failed(problem))
                }
                known = problem
                await stop.wait(atMost: Self.pause)
            }
        }
        report(listener, .closed)
    }

    private func serve(_ listener: PluginListener, until stop: Stop) async throws {
        if listener.isTLS, tls == nil {
            throw GatehouseError(
                .conflict, "The plugin \(listener.plugin) asks for a listener with TLS, but TLS is off under listen.")
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        let context = listener.isTLS ? tls : nil
        let shortcut = routes.shortcut(for: listener, serverName: WebServer.name)
        let application = Application(
            responder: routes.router(for: listener).buildResponder(),
            server: HTTPServerBuilder { responder in
                UpgradableHTTPChannel(responder: responder, tls: context, shortcut: shortcut) { _ in nil }
            },
            configuration: .init(
                address: .hostname(listener.address, port: listener.port), serverName: WebServer.name,
                availableConnectionsDelegate: MaximumAvailableConnections(routes.settings.connections)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? listener.port
                logger.info(
                    "a plugin's listener is open",
                    metadata: [
                        "plugin": "\(listener.plugin)", "address": "\(listener.address)", "port": "\(port)",
                    ])
                report(listener, .open(port: port))
            },
            logger: quiet)
        var configuration = ServiceGroupConfiguration(services: [.init(service: application)], logger: quiet)
        configuration.maximumGracefulShutdownDuration = Self.drain
        let group = ServiceGroup(configuration: configuration)
        guard stop.run(group) else { return }
        do {
            try await group.run()
        } catch let error as IOError {
            throw ListenFailure.error(error, address: listener.address, port: listener.port, setting: "listeners")
        }
    }
}

/// Ends one listener, whatever it is at.
private final class Stop: Sendable {
    private struct State {
        var isRequested = false
        var group: ServiceGroup?
    }

    private let state = Mutex(State())
    private let signal = AsyncStream.makeStream(of: Void.self)

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Notes what is to be stopped; false where it is not to run any more.
    func run(_ group: ServiceGroup) -> Bool {
        state.withLock { state in
            state.group = group
            return !state.isRequested
        }
    }

    /// Asks for the end; connections are given a moment to finish what they are at.
    func request() async {
        let group = state.withLock { state in
            state.isRequested = true
            return state.group
        }
        signal.continuation.finish()
        await group?.triggerGracefulShutdown()
    }

    /// Waits for the request, but not longer than that.
    func wait(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [signal] in for await _ in signal.stream {} }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
