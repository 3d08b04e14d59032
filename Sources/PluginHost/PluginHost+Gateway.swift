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
            let instance = try await access.gate.enter(within: access.timeouts.call)
            defer { access.gate.leave() }
            let response = try await instance.handle(request)
            access.figures.end(after: start.duration(to: clock.now), isFailure: false)
            return response
        } catch {
            access.figures.end(after: start.duration(to: clock.now), isFailure: true)
            throw error
        }
    }

    /// A file of an enabled plugin's `www/`.
    package nonisolated func file(of plugin: String, path: String) -> PluginFile? {
        routing.file(of: plugin, path: path)
    }

    /// The listeners that are wanted.
    package nonisolated func listeners() -> AsyncStream<[PluginListener]> { routing.listeners() }
}
