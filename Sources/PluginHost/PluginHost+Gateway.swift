// SPDX-License-Identifier: Apache-2.0

package import Model
import PluginProtocol

extension PluginHost: PluginGateway {
    /// Who answers a path now.
    package nonisolated func route(for path: String, listenerOf plugin: String?) -> PluginRoute? {
        routing.route(for: path, listenerOf: plugin)
    }

    /// Hands a request to its plugin.
    package nonisolated func handle(_ request: RouteRequest, on route: PluginRoute) async throws -> RouteResponse {
        guard let access = routing.access(route.plugin) else {
            throw GatehouseError(.notFound, "The plugin \(route.plugin) is switched off.")
        }
        access.figures.begin()
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let response = try await Self.handle(request, access)
            access.figures.end(after: start.duration(to: clock.now), isFailure: false)
            return response
        } catch {
            access.figures.end(after: start.duration(to: clock.now), isFailure: true)
            throw error
        }
    }

    /// Changes with every change of the routes.
    package nonisolated var routesVersion: Int { routing.version }

    /// Gets a request ready.
    package nonisolated func prepare(_ request: RouteRequest, on route: PluginRoute) -> any PreparedRequest {
        ReadyRequest(request, plugin: route.plugin, routing: routing)
    }

    private static func handle(_ request: RouteRequest, _ access: PluginAccess) async throws -> RouteResponse {
        var attempts = 0
        while true {
            let instance = try await access.gate.enter(within: access.timeouts.call)
            defer { access.gate.leave(instance) }
            do {
                return try await instance.handle(request)
            } catch let error as PluginConnection.Unsent {
                // The process ended in this moment; the next one may have it.
                attempts += 1
                guard attempts < 3, error.reason.code == .pluginFailed else { throw error.reason }
            }
        }
    }

    /// A file of an enabled plugin's `www/`.
    package nonisolated func file(of plugin: String, path: String) -> PluginFile? {
        routing.file(of: plugin, path: path)
    }

    /// The listeners that are wanted.
    package nonisolated func listeners() -> AsyncStream<[PluginListener]> { routing.listeners() }
}

/// A request whose message is written, but for what differs each time.
struct ReadyRequest: PreparedRequest {
    /// The caller, who is nobody yet.
    let principal: Principal
    let frame: HandleFrame
    /// The method and path, for the plugin's log.
    let name: String
    private let plugin: String
    private let routing: RoutingTable

    init(_ request: RouteRequest, plugin: String, routing: RoutingTable) {
        principal = Principal(request, plugin: plugin)
        frame = HandleFrame(request)
        name = request.name
        self.plugin = plugin
        self.routing = routing
    }

    /// Hands it to its plugin, where that has a place free.
    func begin(
        body: [UInt8], later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)? {
        guard let access = routing.access(plugin), let instance = access.gate.enterAtOnce() else { return nil }
        access.figures.begin()
        let start = ContinuousClock.now
        let giveUp = instance.begin(self, body: body, later: later) { outcome in
            access.gate.leave(instance)
            let isFailure = if case .failure = outcome { true } else { false }
            access.figures.end(after: start.duration(to: .now), isFailure: isFailure)
            answer(outcome)
        }
        guard let giveUp else {
            access.gate.leave(instance)
            access.figures.withdraw()
            return nil
        }
        return giveUp
    }
}
