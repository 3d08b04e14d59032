// SPDX-License-Identifier: Apache-2.0

import HostSystem
public import Model
import PluginProtocol

/// The host, as a plugin's code reaches it.
public struct Host: Sendable {
    /// Answers calls in a test: method, parameters, token.
    package typealias Answering = @Sendable (String, [String: JSONValue], String?) async throws -> JSONValue

    private enum Way: Sendable {
        case session(HostCalls)
        case testing(Answering, HostFacts)
    }

    private let way: Way

    init(_ calls: HostCalls) { way = .session(calls) }

    /// A host for tests, which answers as the closure says.
    package init(
        testing answer: @escaping Answering, configuration: JSONValue = [:],
        parts: Set<String> = Set(PluginPart.allCases.map(\.rawValue)), dataDirectory: String = ""
    ) {
        way = .testing(answer, HostFacts(configuration: configuration, parts: parts, dataDirectory: dataDirectory))
    }

    /// Calls a core method.
    ///
    /// Without a token it is the plugin that calls, with the permissions that it was granted. A call that is waited
    /// for ends with `CancellationError` when its task is cancelled; one that is made after that is still carried
    /// out, so that the last things can be said.
    /// - Parameter token: for whom: the token of a request or of a job.
    /// - Throws: a `GatehouseError` as the core says it; `pluginFailed` where the host is gone.
    public func call(
        _ method: String, _ parameters: [String: JSONValue] = [:], token: String? = nil
    ) async throws -> JSONValue {
        switch way {
        case .session(let calls):
            var parameters = parameters
            if let token { parameters["callToken"] = .string(token) }
            return try await calls.call(method, parameters)
        case .testing(let answer, _): return try await answer(method, parameters, token)
        }
    }

    /// Says something that the host need not answer; what it does not know it ignores.
    public func notify(_ method: String, _ parameters: [String: JSONValue] = [:]) {
        guard case .session(let calls) = way else { return }
        calls.send(.notification(method: method, parameters: parameters))
    }

    private var facts: HostFacts {
        switch way {
        case .session(let calls): calls.facts
        case .testing(_, let facts): facts
        }
    }

    /// The plugin's configuration, an object; the latest that the host has sent.
    public var configuration: JSONValue { facts.configuration }

    /// The parts that are on now: `rpc`, `frontend`, `scheduler`, `poller`.
    public var parts: Set<String> { facts.parts }

    /// The folder that the plugin may write in.
    public var dataDirectory: String { facts.dataDirectory }

    /// Writes to the plugin's log.
    public func log(_ text: String) { StandardStream.error.write(text + "\n") }
}

/// What the host has told of itself and of the plugin.
struct HostFacts: Sendable {
    var configuration: JSONValue = [:]
    var parts: Set<String> = []
    var dataDirectory = ""
}
