// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

/// What a test wants to be different about its daemon.
struct GatewaySettings: Sendable {
    var isTLS = false
    var limits: [String: JSONValue] = [:]
    /// Keys of the configuration's top level.
    var other: [String: JSONValue] = [:]
    /// Nodes beside the one with text consoles.
    var nodes: [JSONValue] = [["name": "test", "uri": "test:///default"]]
    /// Folders of plugins that are staged before the start, from the package's directory on.
    var staged: [String] = []
    /// Rows of the plugin table.
    var plugins: [JSONValue] = []
    /// Whether the test breaks things that the daemon has to report as errors.
    var expectsErrors = false

    /// The whole configuration; JSON is YAML too.
    func configuration(
        port: Int, directory: String, machines: [Gateway.Machine], source: Int
    ) -> JSONValue {
        var lines: [JSONValue] = machines.map { machine in
            [
                "name": .string(machine.name), "uuid": .string(machine.id), "text": .string("127.0.0.1:\(source)"),
            ]
        }
        lines.append(["name": "dead", "uuid": .string(Self.deadMachine), "text": "127.0.0.1:1"])
        var members: [String: JSONValue] = [
            "listen": ["address": "127.0.0.1", "port": .int(Int64(port)), "tls": isTLS ? "selfSigned" : "off"],
            "dataDirectory": .string("\(directory)/data"), "runDirectory": .string("\(directory)/run"),
            "webDirectory": .string("\(Programs.root)/www"),
            "nodes": .array([["name": "lines", "static": .array(lines)]] + nodes),
            // What is written at the finest level must hold no secret either.
            "logLevel": "trace",
            "plugins": ["search": [.string("\(directory)/plugins")], "table": .array(plugins)],
        ]
        var limits = limits
        if limits["requestsPerMinutePerAddress"] == nil { limits["requestsPerMinutePerAddress"] = 100_000 }
        members["limits"] = .object(limits)
        return .object(members.merging(other) { $1 })
    }

    /// A machine whose console leads nowhere.
    static let deadMachine = "00000000-0000-4000-8000-000000000001"
}

/// Lets at most two daemons run at a time.
private actor Permits {
    static let shared = Permits()

    private var free = 2
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Runs a test against a daemon of its own, which ends with the test.
///
/// - Parameters:
///   - superuser: whether the account `admin` is made first.
///   - prepare: done before the start; says how the daemon is started.
func withGateway(
    _ settings: GatewaySettings = GatewaySettings(), superuser: Bool = true,
    prepare: @Sendable (Gateway) async throws -> Launch = { _ in Launch() },
    _ body: @Sendable (Gateway) async throws -> Void
) async throws {
    await Permits.shared.take()
    do {
        let gateway = try await Gateway(settings)
        try await gateway.showingLog {
            do {
                try await gateway.start(try await prepare(gateway))
                if superuser { try await gateway.addSuperuser("admin") }
                try await body(gateway)
            } catch {
                Issue.record(error)
            }
            await gateway.finish()
        }
    } catch {
        await Permits.shared.give()
        throw error
    }
    await Permits.shared.give()
}

extension Gateway {
    /// The daemon that the tests of a suite share.
    @TaskLocal static var shared: Gateway?

    /// The daemon that the tests of a suite share.
    static var current: Gateway {
        get throws { try #require(shared, "the suite needs the trait .sharedGateway") }
    }

    /// Shows the end of the daemon's log with everything that fails meanwhile.
    func showingLog(_ body: @Sendable () async throws -> Void) async throws {
        guard let test = Test.current else { return try await body() }
        let trait = IssueHandlingTrait.compactMapIssues { issue in
            var issue = issue
            let lines = self.log.split(separator: "\n").suffix(12).map { $0.prefix(200) }.joined(separator: "\n")
            issue.comments.append("gatehoused.log ends with:\n\(lines)")
            return issue
        }
        try await trait.provideScope(for: test, testCase: Test.Case.current, performing: body)
    }
}

/// Starts one daemon for all tests of a suite.
struct SharedGatewayTrait: SuiteTrait, TestScoping {
    let settings: GatewaySettings

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withGateway(settings) { gateway in
            try await Gateway.$shared.withValue(gateway) { try await function() }
        }
    }
}

/// Shows the shared daemon's log with each failure.
struct SharedLogTrait: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard let gateway = Gateway.shared else { return try await function() }
        try await gateway.showingLog { try await function() }
    }
}

extension Trait where Self == SharedGatewayTrait {
    static func sharedGateway(_ settings: GatewaySettings = GatewaySettings()) -> Self { Self(settings: settings) }
}

extension Trait where Self == SharedLogTrait {
    static var sharedLog: Self { Self() }
}
