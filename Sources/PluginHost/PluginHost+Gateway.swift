// SPDX-License-Identifier: Apache-2.0

package import Model

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

    /// Hands a request to its plugin, where that has a place free.
    package nonisolated func begin(
        _ request: RouteRequest, on route: PluginRoute, later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)? {
        guard let access = routing.access(route.plugin), let instance = access.gate.enterAtOnce() else { return nil }
        access.figures.begin()
        let start = ContinuousClock.now
        let giveUp = instance.begin(request, later: later) { outcome in
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
