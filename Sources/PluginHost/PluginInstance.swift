// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import Synchronization

/// A process of a plugin with what it was handed: the tokens and the requests under way.
final class PluginInstance: Sendable {
    private struct State {
        var requests = 0
        var idle: Latch?
        var dropped = 0
        var toldParts: [PluginPart] = []
        var fault: String?
    }

    /// The longest body of an answer, in bytes, that is decoded where its caller runs.
    private static let longestInPlace = 1 << 16

    /// The process.
    let process: PluginProcess
    /// What runs.
    let candidate: PluginCandidate
    /// For whom it may call.
    let tokens = CallTokens()
    /// What holds for the plugin.
    let access: PluginAccess
    private let state = Mutex(State())

    init(process: PluginProcess, candidate: PluginCandidate, access: PluginAccess) {
        self.process = process
        self.candidate = candidate
        self.access = access
    }

    /// The parts that it knows to be on.
    var toldParts: [PluginPart] {
        get { state.withLock { $0.toldParts } }
        set { state.withLock { $0.toldParts = newValue } }
    }

    /// Why the host ended it; nil where it did not.
    var fault: String? {
        get { state.withLock { $0.fault } }
        set { state.withLock { $0.fault = newValue } }
    }

    /// A request is about to be handed over.
    func begin() { state.withLock { $0.requests += 1 } }

    /// A request is answered, or given up.
    func end() {
        let idle = state.withLock { state in
            state.requests -= 1
            return state.requests == 0 ? state.idle : nil
        }
        idle?.open()
    }

    /// Hands a request over and returns the answer.
    ///
    /// - Throws: `pluginFailed` and `timeout`, which name the plugin; `PluginConnection.Unsent` where the plugin knows
    ///   nothing of the request.
    func handle(_ request: RouteRequest) async throws -> RouteResponse {
        let token = tokens.mint(
            Principal(
                identity: .anonymous, address: request.address, userAgent: request.userAgent, plugin: access.name))
        defer { tokens.remove(token) }
        let call = HandleCall(request, callToken: token)
        let outcome = try await process.connection.attempt(
            HandleCall.method, call.parameters(), within: access.timeouts.call)
        do {
            return try await Self.response(outcome.get())
        } catch let error as GatehouseError {
            access.log.note("\(request.method) \(request.path) was answered with an error: \(error.message)")
            throw GatehouseError(
                .pluginFailed, "The plugin \(access.name) could not answer the request; its log says why.",
                cause: error.description)
        }
    }

    /// The answer, checked; the consoles on the caller's event loop do not wait for a long one.
    private static func response(_ result: JSONValue) async throws -> RouteResponse {
        let bytes = ["body", "bodyBase64"].compactMap { result[$0]?.stringValue?.utf8.count }.max() ?? 0
        let place: (any TaskExecutor)? = bytes > longestInPlace ? globalConcurrentExecutor : nil
        return try await withTaskExecutorPreference(place) { try HandleAnswer(result: result).response() }
    }

    /// Waits until no request is under way, at most that long.
    func drain(atMost time: Duration) async {
        let idle: Latch? = state.withLock { state in
            guard state.requests > 0 else { return nil }
            let latch = state.idle ?? Latch()
            state.idle = latch
            return latch
        }
        _ = await idle?.wait(atMost: time)
    }

    /// Tells it of an event; one that does not keep up misses some, which its log says.
    func hear(_ method: String, _ parameters: [String: JSONValue]) {
        let isTaken = process.connection.notify(method, parameters)
        let dropped = state.withLock { state in
            defer { state.dropped = isTaken ? 0 : state.dropped + 1 }
            return isTaken ? state.dropped : state.dropped == 0 ? -1 : 0
        }
        if dropped < 0 { access.log.note("It does not read what it is sent; events are left out.") }
        if dropped > 0 { access.log.note("It reads again; \(dropped) events were left out.") }
    }
}
