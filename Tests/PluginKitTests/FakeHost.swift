// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import PluginProtocol
import Synchronization

/// The host's side of a link in memory.
final class FakeHost: HostLink {
    private struct State {
        var take: (@Sendable ([UInt8]?) -> Void)?
        var assembler = MessageAssembler()
        var lines = MessageLines()
        var longestLine = 0
        var heard: [Message] = []
        var waiting: CheckedContinuation<Message, Never>?
    }

    private let state = Mutex(State())

    /// The longest line that the plugin has sent, in bytes.
    var longestLine: Int { state.withLock(\.longestLine) }

    func listen(_ take: @escaping @Sendable ([UInt8]?) -> Void) { state.withLock { $0.take = take } }

    func send(_ lines: [[UInt8]]) {
        let arrivals = state.withLock { state in
            state.longestLine = max(state.longestLine, lines.map(\.count).max() ?? 0)
            return lines.flatMap { state.assembler.feed($0) }
        }
        for case .message(let message) in arrivals {
            let waiting = state.withLock { state in
                if state.waiting == nil { state.heard.append(message) }
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: message)
        }
    }

    /// The next message that the plugin sends; for one caller at a time.
    func next() async -> Message {
        await withCheckedContinuation { continuation in
            let message = state.withLock { state -> Message? in
                if state.heard.isEmpty { state.waiting = continuation }
                return state.heard.isEmpty ? nil : state.heard.removeFirst()
            }
            if let message { continuation.resume(returning: message) }
        }
    }

    func flush() {}

    /// Says something to the plugin.
    func say(_ message: Message) throws {
        let (take, lines) = try state.withLock { state in (state.take, try state.lines.lines(of: message)) }
        for line in lines { take?(line) }
    }

    /// Sends bytes to the plugin.
    func say(bytes: [UInt8]) { state.withLock(\.take)?(bytes) }

    /// Closes its end.
    func hangUp() { state.withLock(\.take)?(nil) }

    /// Whether the plugin listens.
    var isHeard: Bool { state.withLock { $0.take != nil } }

    static func initialize(configuration: [String: JSONValue] = [:], versions: [Int] = [1]) throws -> Message {
        try InitializeCall(
            contractVersions: versions, hostVersion: "0", plugin: "hello", configuration: configuration,
            parts: [.rpc, .poller], dataDirectory: "/data"
        ).message(id: 1)
    }

    static func handle(id: Int64, path: String = "/hello", query: String = "", body: [UInt8] = []) -> Message {
        let request = RouteRequest(
            method: "GET", path: path, query: query, headers: [("cookie", "a=1; sessid=two")], body: body,
            address: "192.0.2.1")
        return .call(
            id: .int(id), method: HandleCall.method, parameters: HandleCall(request, callToken: "t\(id)").parameters())
    }
}

/// A plugin that runs against a fake host.
func withHost(
    _ plugin: Plugin, configuration: [String: JSONValue] = [:],
    _ body: (FakeHost) async throws -> Void
) async throws {
    let host = FakeHost()
    try await withThrowingTaskGroup { group in
        group.addTask { await plugin.run(over: host) }
        while !host.isHeard { await Task.yield() }
        try host.say(FakeHost.initialize(configuration: configuration))
        _ = await host.next()
        try await body(host)
        host.hangUp()
        try await group.waitForAll()
    }
}

extension Message {
    /// The result of an answer.
    var result: JSONValue? {
        guard case .response(_, .success(let result)) = self else { return nil }
        return result
    }

    /// The code of an answer that is an error.
    var code: GatehouseError.Code? {
        guard case .response(_, .failure(let error)) = self else { return nil }
        return error.code
    }

    /// The id of a call or an answer.
    var id: JSONValue? {
        switch self {
        case .call(let id, _, _), .response(let id, _): id
        case .notification: nil
        }
    }
}
