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
        var isSlow = false
        var isHolding = false
        var held: [@Sendable () -> Void] = []
        var givenUp = 0
        var prepared = 0
        var changes = 0
    }

    private let state = Mutex(State())
    private let wanted = AsyncStream.makeStream(of: [PluginListener].self)

    init(_ routes: [PluginRoute] = []) { state.withLock { $0.routes = routes } }

    /// Has all requests wait from now on, so that they take the way over the router.
    func beSlow() { state.withLock { $0.isSlow = true } }

    /// Keeps requests from now on, until they are let go.
    func hold() { state.withLock { $0.isHolding = true } }

    /// Answers what is kept, and keeps nothing any more.
    func letGo() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    /// How many requests were given up.
    var givenUp: Int { state.withLock { $0.givenUp } }

    /// What was handed over so far.
    var asked: [RouteRequest] { state.withLock { $0.asked } }

    /// Sets what is answered from now on.
    func answer(_ answer: Result<RouteResponse, GatehouseError>) { state.withLock { $0.answer = answer } }

    /// Sets the routes from now on.
    func routes(_ routes: [PluginRoute]) {
        state.withLock { state in
            state.routes = routes
            state.changes += 1
        }
    }

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

    var routesVersion: Int { state.withLock { $0.changes } }

    func prepare(_ request: RouteRequest, on route: PluginRoute) -> any PreparedRequest {
        state.withLock { $0.prepared += 1 }
        return Ready(gateway: self, request: request)
    }

    /// How many requests were got ready.
    var prepared: Int { state.withLock { $0.prepared } }

    private struct Ready: PreparedRequest {
        let gateway: FakeGateway
        let request: RouteRequest

        func begin(
            body: [UInt8], later: (@escaping @Sendable () -> Void) -> Void,
            answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
        ) -> (@Sendable () -> Void)? {
            var whole = request
            whole.body = body
            return gateway.begin(whole, answer: answer)
        }
    }

    private func begin(
        _ request: RouteRequest, answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)? {
        let (isTaken, answered) = state.withLock { state -> (Bool, Result<RouteResponse, GatehouseError>?) in
            guard !state.isSlow else { return (false, nil) }
            state.asked.append(request)
            guard state.isHolding else { return (true, state.answer) }
            let later = state.answer
            state.held.append { answer(later) }
            return (true, nil)
        }
        if let answered { answer(answered) }
        guard isTaken else { return nil }
        return {
            self.state.withLock { $0.givenUp += 1 }
            answer(.failure(GatehouseError(.pluginFailed, "The request was given up.")))
        }
    }

    func file(of plugin: String, path: String) -> PluginFile? { state.withLock { $0.files["\(plugin)/\(path)"] } }

    func listeners() -> AsyncStream<[PluginListener]> { wanted.stream }
}
