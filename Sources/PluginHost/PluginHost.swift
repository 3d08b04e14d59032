// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Model
import ServiceLifecycle

/// The plugins of this host: what is there, what runs, and who answers which path.
package actor PluginHost: Service {
    /// Makes a host that runs nothing yet.
    package init(settings: PluginHostSettings, repository: any SettingRepository, logger: Logger) {}

    /// Gives it the core, which plugins call; once, before it runs.
    package nonisolated func attach(_ dispatcher: any CoreDispatcher) {}

    /// Starts what is on, and ends every process at shutdown.
    package func run() async throws { try await gracefulShutdown() }
}

extension PluginHost: PluginControl {
    /// Every plugin that is declared or found, by name.
    package func plugins() -> [PluginStatus] { [] }
    /// One plugin.
    package func plugin(named name: String) throws -> PluginStatus { throw GatehouseError.pluginNotFound }
    /// Keeps a change and carries it out.
    package func modify(_ name: String, _ change: PluginChange) throws -> PluginStatus {
        throw GatehouseError.pluginNotFound
    }
    /// Returns to what the configuration file says.
    package func reset(_ name: String?) throws {}
    /// Looks at the folders again.
    package func reload() throws {}
    /// Ends the process and starts it again.
    package func restart(_ name: String) throws -> PluginStatus { throw GatehouseError.pluginNotFound }
    /// The last lines of its log.
    package func log(_ name: String, limit: Int, after: Int64?) throws -> [PluginLogLine] {
        throw GatehouseError.pluginNotFound
    }
    /// Whether plugins can be run in a sandbox here.
    package var sandbox: SandboxAvailability { .unavailable(reason: "The sandbox was not looked for yet.") }
}

extension PluginHost: PluginGateway {
    /// Who answers a path now.
    package nonisolated func route(for path: String, listenerOf plugin: String?) -> PluginRoute? { nil }
    /// Hands a request to its plugin.
    package nonisolated func handle(_ request: RouteRequest, on route: PluginRoute) async throws -> RouteResponse {
        throw GatehouseError.pluginNotFound
    }
    /// A file of an enabled plugin's `www/`.
    package nonisolated func file(of plugin: String, path: String) -> PluginFile? { nil }
    /// The listeners that are wanted.
    package nonisolated func listeners() -> AsyncStream<[PluginListener]> { AsyncStream { $0.finish() } }
}
