// SPDX-License-Identifier: Apache-2.0

public import Model
import PluginProtocol

/// A plugin: what it does when the host asks it to.
///
/// Say what it does with the `on…` functions, then `run()`. Every request, poll and start runs in a task of its
/// own, so several run at a time; each is cancelled when the host shuts the plugin down.
public struct Plugin: Sendable {
    /// Answers a request.
    public typealias RequestBody = @Sendable (RouteCall, Host) async throws -> RouteReply

    let version: String
    var request: RequestBody?
    var polls: [String: @Sendable (Host) async throws -> Void] = [:]
    var events: [String: @Sendable (JSONValue, Host) async -> Void] = [:]
    var jobCancel: (@Sendable (Int64) async -> Void)?
    var start: (@Sendable (Host) async throws -> Void)?
    var configure: (@Sendable (JSONValue) async throws -> Void)?
    var parts: (@Sendable ([String]) async -> Void)?

    /// Makes a plugin that does nothing yet.
    ///
    /// - Parameter version: what it says its version is.
    public init(version: String = "1.0.0") { self.version = version }

    /// Answers the requests on its routes; an error that is no `GatehouseError` is logged and becomes status 502.
    public mutating func onRequest(_ body: @escaping RequestBody) { request = body }

    /// Does the round of a poll that the manifest names.
    public mutating func onPoll(_ name: String, _ body: @escaping @Sendable (Host) async throws -> Void) {
        polls[name] = body
    }

    /// Hears a topic that the manifest names; events are handed over in order, one at a time.
    public mutating func onEvent(_ topic: String, _ body: @escaping @Sendable (JSONValue, Host) async -> Void) {
        events[topic] = body
    }

    /// Hears that somebody wants a job of its scheduler part to stop.
    public mutating func onJobCancel(_ body: @escaping @Sendable (Int64) async -> Void) { jobCancel = body }

    /// Begins once the host is there; it may go on as long as the plugin runs, and is cancelled at shutdown.
    public mutating func onStart(_ body: @escaping @Sendable (Host) async throws -> Void) { start = body }

    /// Takes over a new configuration; an error is told to the host.
    public mutating func onConfigure(_ body: @escaping @Sendable (JSONValue) async throws -> Void) {
        configure = body
    }

    /// Hears which of its parts are on from now.
    public mutating func onParts(_ body: @escaping @Sendable ([String]) async -> Void) { parts = body }

    /// Speaks with the host on standard input and output until it says so, or the input ends.
    ///
    /// Whatever else is printed goes to the standard error, which is the plugin's log.
    @concurrent public func run() async throws {
        let link = try StandardLink()
        await run(over: link)
    }

    /// Speaks with a host over any link.
    @concurrent package func run(over link: some HostLink) async {
        await PluginSession(plugin: self, link: link).run()
    }
}

extension Plugin {
    /// What it answers to a request; for tests.
    ///
    /// - Throws: what its code throws; `unsupported` where it answers no requests.
    package func reply(to call: RouteCall, host: Host) async throws -> RouteReply {
        guard let request else { throw GatehouseError(.unsupported, "This plugin answers no requests.") }
        return try await request(call, host)
    }

    /// Does the round of a poll; for tests.
    ///
    /// - Throws: what its code throws; `notFound` where it has no such poll.
    package func poll(_ name: String, host: Host) async throws {
        guard let poll = polls[name] else { throw GatehouseError(.notFound, "This plugin has no poll \(name).") }
        try await poll(host)
    }

    /// Hears an event; for tests.
    package func hear(_ topic: String, _ data: JSONValue, host: Host) async { await events[topic]?(data, host) }

    /// Begins; for tests.
    package func begin(host: Host) async throws { try await start?(host) }

    /// Hears that a job is to stop; for tests.
    package func cancelJob(_ job: Int64) async { await jobCancel?(job) }
}
