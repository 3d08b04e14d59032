// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Plugins whose routes, files and answers a test sets.
final class FakeGateway: PluginGateway {
    private struct State {
        var routes: [PluginRoute] = []
        var files: [String: PluginFile] = [:]
        var asked: [RouteRequest] = []
        var answer: Result<RouteResponse, GatehouseError> = .success(RouteResponse(body: Array("hello".utf8)))
    }

    private let state = Mutex(State())
    private let wanted = AsyncStream.makeStream(of: [PluginListener].self)

    init(_ routes: [PluginRoute] = []) { state.withLock { $0.routes = routes } }

    /// What was handed over so far.
    var asked: [RouteRequest] { state.withLock { $0.asked } }

    /// Sets what is answered from now on.
    func answer(_ answer: Result<RouteResponse, GatehouseError>) { state.withLock { $0.answer = answer } }

    /// Sets the routes from now on.
    func routes(_ routes: [PluginRoute]) { state.withLock { $0.routes = routes } }

    /// Sets a file, as `plugin/path`.
    func file(_ name: String, _ text: String, tag: String = "1") {
        state.withLock { $0.files[name] = PluginFile(bytes: Array(text.utf8), tag: tag) }
    }

    /// Sets the listeners that are wanted from now on.
    func want(_ listeners: [PluginListener]) { wanted.continuation.yield(listeners) }

    func route(for path: String, listenerOf plugin: String?) -> PluginRoute? {
        state.withLock { state in
            state.routes.first { route in
                let isHere = plugin == nil ? !route.isListenerOnly : route.plugin == plugin
                let isMatch = path == route.path || route.isPrefix && path.hasPrefix(route.path)
                return isHere && isMatch
            }
        }
    }

    func handle(_ request: RouteRequest, on route: PluginRoute) async throws -> RouteResponse {
        try state.withLock { state in
            state.asked.append(request)
            return try state.answer.get()
        }
    }

    func file(of plugin: String, path: String) -> PluginFile? { state.withLock { $0.files["\(plugin)/\(path)"] } }

    func listeners() -> AsyncStream<[PluginListener]> { wanted.stream }
}
