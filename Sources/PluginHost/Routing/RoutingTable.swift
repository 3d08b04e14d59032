// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Who answers which path, whose files are served and who hears what; replaced as a whole on every change.
struct Routing: Sendable {
    /// The routes on the main listener, the longest path first.
    var routes: [PluginRoute] = []
    /// Every route of a plugin, for its own listeners, the longest path first.
    var ownRoutes: [String: [PluginRoute]] = [:]
    /// Every plugin that is on.
    var access: [String: PluginAccess] = [:]
    /// The files of those whose frontend part is on.
    var pages: [String: PluginPages] = [:]
    /// The topics that plugins hear.
    var topics: [String: Set<String>] = [:]
    /// The listeners that are wanted.
    var listeners: [PluginListener] = []

    /// The route for a path; nil where nobody answers.
    func route(for path: String, listenerOf plugin: String?) -> PluginRoute? {
        let candidates = plugin.map { ownRoutes[$0] ?? [] } ?? routes
        return candidates.first { Self.matches($0, path) }
    }

    private static func matches(_ route: PluginRoute, _ path: String) -> Bool {
        if path == route.path { return true }
        guard route.isPrefix else { return false }
        return path.hasPrefix(route.path.hasSuffix("/") ? route.path : route.path + "/")
    }
}

/// The routing in force, and everybody who wants to know the listeners.
final class RoutingTable: Sendable {
    private struct State {
        var routing = Routing()
        var isClosed = false
        var nextListener = 0
        var watchers: [Int: AsyncStream<[PluginListener]>.Continuation] = [:]
    }

    private let state = Mutex(State())
    /// Goes up after every change.
    private let changes = Atomic(0)

    /// Changes whenever another answer about routes is possible; to be asked before them.
    var version: Int { changes.load(ordering: .acquiring) }

    /// What holds now.
    var routing: Routing { state.withLock { $0.routing } }

    /// The way in to a plugin that is on.
    func access(_ name: String) -> PluginAccess? { state.withLock { $0.routing.access[name] } }

    /// The route for a path.
    func route(for path: String, listenerOf plugin: String?) -> PluginRoute? {
        state.withLock { $0.routing.route(for: path, listenerOf: plugin) }
    }

    /// A file of a plugin.
    func file(of plugin: String, path: String) -> PluginFile? {
        state.withLock { $0.routing.pages[plugin] }?.file(path)
    }

    /// Puts a new routing in force.
    func replace(_ routing: Routing) {
        state.withLock { state in
            let isChanged = state.routing.listeners != routing.listeners
            state.routing = routing
            changes.wrappingAdd(1, ordering: .releasing)
            if isChanged { for watcher in state.watchers.values { watcher.yield(routing.listeners) } }
        }
    }

    /// The listeners now and whenever they change.
    func listeners() -> AsyncStream<[PluginListener]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [PluginListener].self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = state.withLock { state in
            continuation.yield(state.routing.listeners)
            guard !state.isClosed else { return nil }
            state.nextListener += 1
            state.watchers[state.nextListener] = continuation
            return state.nextListener
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Ends what was handed out.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            state.routing = Routing()
            changes.wrappingAdd(1, ordering: .releasing)
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }
}
