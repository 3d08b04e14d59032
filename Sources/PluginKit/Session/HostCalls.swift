// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import Synchronization

/// The calls to the host that wait for their answers, and what is known of the host.
final class HostCalls: Sendable {
    private struct State {
        var lines = MessageLines()
        var lastID: Int64 = 0
        var waiting: [Int64: CheckedContinuation<JSONValue, any Error>] = [:]
        var facts = HostFacts()
        var isOver = false
    }

    private static let gone = GatehouseError(.pluginFailed, "The host has closed the connection to the plugin.")

    private let link: any HostLink
    private let state = Mutex(State())

    init(link: any HostLink) { self.link = link }

    var facts: HostFacts { state.withLock(\.facts) }

    func change(_ change: (inout HostFacts) -> Void) { state.withLock { change(&$0.facts) } }

    /// Sends a message; an answer that is too long is replaced by an error that says so.
    func send(_ message: Message) {
        do {
            try post(message)
        } catch {
            guard case .response(let id, .success) = message else { return }
            let error = error as? GatehouseError ?? GatehouseError(.internal, "The answer can not be written.")
            send(.response(id: id, outcome: .failure(error)))
        }
    }

    /// Sends the answer to a request; one that is too long is replaced by an error that says so.
    func send(_ answer: RouteResponse, to id: JSONValue) {
        do {
            let text = answer.text(id: id)
            link.send(try state.withLock { try $0.lines.lines(ofText: text) })
        } catch {
            let error = error as? GatehouseError ?? GatehouseError(.internal, "The answer can not be written.")
            send(.response(id: id, outcome: .failure(error)))
        }
    }

    private func post(_ message: Message) throws {
        let lines = try state.withLock { try $0.lines.lines(of: message) }
        link.send(lines)
    }

    func call(_ method: String, _ parameters: [String: JSONValue]) async throws -> JSONValue {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        if Task.isCancelled { return try await answer(id, method, parameters) }
        return try await withTaskCancellationHandler {
            try await answer(id, method, parameters)
        } onCancel: {
            finish(id, .failure(CancellationError()))
        }
    }

    private func answer(_ id: Int64, _ method: String, _ parameters: [String: JSONValue]) async throws -> JSONValue {
        try await withCheckedThrowingContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiting[id] = continuation }
                return state.isOver
            }
            guard !isOver else { return continuation.resume(throwing: Self.gone) }
            do {
                try post(.call(id: .int(id), method: method, parameters: parameters))
            } catch {
                finish(id, .failure(error))
            }
        }
    }

    private func finish(_ id: Int64, _ outcome: Result<JSONValue, any Error>) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(with: outcome)
    }

    /// Hands an answer to the call that waits for it; one that nobody waits for is dropped.
    func take(answer id: JSONValue, _ outcome: Result<JSONValue, GatehouseError>) {
        guard case .int(let id) = id else { return }
        finish(id, outcome.mapError { $0 })
    }

    /// Fails everything that waits, and all calls to come.
    func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: Self.gone) }
    }

    func flush() async { await link.flush() }
}
