// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol

extension PluginInstance {
    /// The longest body of an answer, in bytes, that is decoded where its caller runs.
    private static let longestInPlace = 1 << 16

    /// Hands a request over and returns the answer.
    ///
    /// - Throws: `pluginFailed` and `timeout`, which name the plugin; `PluginConnection.Unsent` where the plugin knows
    ///   nothing of the request.
    func handle(_ request: RouteRequest) async throws -> RouteResponse {
        let token = tokens.mint(Principal(request, plugin: access.name))
        defer { tokens.remove(token) }
        let outcome = try await process.connection.attempt(
            HandleCall.method, HandleCall(request, callToken: token).parameters(), within: access.timeouts.call)
        do {
            return try await Self.response(outcome.get())
        } catch let error as GatehouseError {
            throw refusal(request.name, error)
        }
    }

    /// Hands a request over without waiting; `answer` hears what became of it, once, where the plugin is read.
    ///
    /// It is sent with what else is handed over until `later` comes.
    ///
    /// - Returns: gives the request up; nil where the plugin knows nothing of it, and then `answer` hears nothing.
    func begin(
        _ request: ReadyRequest, body: [UInt8], later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)? {
        let token = tokens.mint(request.principal)
        let name = request.name
        let giveUp = process.connection.begin(within: access.timeouts.call, later: later) { id in
            request.frame.text(id: id, callToken: token, body: body)
        } answer: { outcome in
            self.tokens.remove(token)
            answer(self.response(to: name, outcome))
        }
        if giveUp == nil { tokens.remove(token) }
        return giveUp
    }

    private func response(
        to name: String, _ outcome: PluginConnection.Outcome
    ) -> Result<RouteResponse, GatehouseError> {
        switch outcome {
        case .success(let answered):
            do {
                return .success(try answered.get().handled().response())
            } catch {
                let reason = error as? GatehouseError ?? GatehouseError(.internal, "\(error)")
                return .failure(refusal(name, reason))
            }
        case .failure(let error as GatehouseError): return .failure(error)
        case .failure: return .failure(GatehouseError(.pluginFailed, "The request was given up: the host stops."))
        }
    }

    /// What the client hears of an answer that is an error, or wrong.
    private func refusal(_ name: String, _ error: GatehouseError) -> GatehouseError {
        access.log.note("\(name) was answered with an error: \(error.message)")
        return GatehouseError(
            .pluginFailed, "The plugin \(access.name) could not answer the request; its log says why.",
            cause: error.description)
    }

    /// The answer, checked; the consoles on the caller's event loop do not wait for a long one.
    private static func response(_ answer: PluginConnection.Answer) async throws -> RouteResponse {
        let answer = try answer.handled()
        let bytes = max(answer.body?.utf8.count ?? 0, answer.bodyBase64?.utf8.count ?? 0)
        let place: (any TaskExecutor)? = bytes > longestInPlace ? globalConcurrentExecutor : nil
        return try await withTaskExecutorPreference(place) { try answer.response() }
    }
}

extension RouteRequest {
    /// What it is called in a log.
    var name: String { "\(method) \(path)" }
}

extension Principal {
    /// Who sent a request, before he says who he is.
    init(_ request: RouteRequest, plugin: String) {
        self.init(identity: .anonymous, address: request.address, userAgent: request.userAgent, plugin: plugin)
    }
}
