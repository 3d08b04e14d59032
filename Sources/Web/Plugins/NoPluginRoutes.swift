// SPDX-License-Identifier: Apache-2.0

package import Model

/// The edge of a host without plugins.
package struct NoPluginRoutes: PluginGateway {
    /// Makes one.
    package init() {}

    /// Never changes.
    package var routesVersion: Int { 0 }
    /// Nobody.
    package func route(for path: String, listenerOf plugin: String?) -> PluginRoute? { nil }
    /// There is nobody to hand it to.
    package func handle(_ request: RouteRequest, on route: PluginRoute) throws -> RouteResponse {
        throw GatehouseError.pluginNotFound
    }
    /// There is nobody to hand it to.
    package func prepare(_ request: RouteRequest, on route: PluginRoute) -> any PreparedRequest { NoRequest() }
    /// There is none.
    package func file(of plugin: String, path: String) -> PluginFile? { nil }
    /// None, ever.
    package func listeners() -> AsyncStream<[PluginListener]> { AsyncStream { $0.finish() } }
}

/// A request that nobody gets.
private struct NoRequest: PreparedRequest {
    func begin(
        body: [UInt8], later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)? { nil }
}
