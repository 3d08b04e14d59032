// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSONRPC
import Logging
import Model
import PluginHost
import ServiceLifecycle
import Synchronization

/// A host with plugins in a directory of its own.
final class TestHost: Sendable {
    /// A plugin to be put into the search folder.
    struct Plugin: Sendable {
        var name: String
        /// How `plugin.py` misbehaves; `plain` for not at all.
        var mode = "plain"
        var script = "plugin.py"
        /// More lines of the manifest.
        var more = ""
        var parts = ["rpc"]
        var version: String?
    }

    let directory: String
    let core = TestCore()
    let kept = KeptSettings()
    let settings: PluginHostSettings
    let host: PluginHost

    init(_ plugins: [Plugin], rows: [PluginRow]? = nil, hidden: [String] = []) throws {
        directory = "/tmp/gatehouse-\(UUID().uuidString.prefix(13).lowercased())"
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        for folder in ["plugins", "data"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(folder)", withIntermediateDirectories: true, attributes: attributes)
        }
        settings = PluginHostSettings(
            search: ["\(directory)/plugins"], rows: rows ?? plugins.map { Self.row($0.name) },
            dataDirectory: "\(directory)/data", launcher: Self.launcher, hidden: ["\(directory)"] + hidden,
            hostVersion: "0.0.1")
        host = PluginHost(settings: settings, repository: kept, logger: Logger(label: "test"))
        host.attach(core)
        for plugin in plugins { try put(plugin) }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// A row that runs without a sandbox and waits for nothing long.
    static func row(_ name: String, _ change: (inout PluginRow) -> Void = { _ in }) -> PluginRow {
        var row = PluginRow(name: name)
        row.permissions = .asked
        row.isSandboxed = false
        row.timeouts.shutdown = .seconds(2)
        change(&row)
        return row
    }

    /// Where `gatehouse-launch` was built: beside the tests.
    static let launcher = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return bundle.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/gatehouse-launch"
    }()

    /// The folder with the plugins' scripts.
    static let scripts = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Plugins"

    /// Puts a plugin into the search folder, in place of an earlier one.
    func put(_ plugin: Plugin) throws {
        let folder = "\(directory)/plugins/\(plugin.name)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try FileManager.default.copyItem(atPath: "\(Self.scripts)/\(plugin.script)", toPath: "\(folder)/plugin.py")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(folder)/plugin.py")
        var lines = [
            "name: \(plugin.name)", "version: 1.0.0", "description: A plugin for tests.",
            "contract: { from: 1, to: 1 }", "parts: [\(plugin.parts.joined(separator: ", "))]",
            "command: [python3, plugin.py, \(plugin.mode)]",
        ]
        if plugin.parts.contains("rpc") {
            lines.append("routes: [{ path: /\(plugin.name), prefix: true, methods: [GET, POST] }]")
        }
        try write(lines.joined(separator: "\n") + "\n" + plugin.more + "\n", to: "\(folder)/plugin.yaml")
        if let version = plugin.version { try write(version, to: "\(folder)/version.txt") }
    }

    /// Writes a file that others may read.
    func write(_ text: String, to path: String) throws {
        let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    /// Runs the host while the body runs, then stops it as the daemon does.
    func run(_ body: (TestHost) async throws -> Void) async throws {
        let services = ServiceGroup(services: [host], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            do {
                while await host.plugins().count < settings.rows.count { try await Task.sleep(for: .milliseconds(1)) }
                try await body(self)
            } catch {
                await services.triggerGracefulShutdown()
                try? await group.waitForAll()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    /// Asks a plugin, as a client would.
    func get(_ path: String, query: String = "", body: String = "") async throws -> String {
        guard let route = host.route(for: path, listenerOf: nil) else {
            throw GatehouseError(.notFound, "Nobody answers \(path).")
        }
        let request = RouteRequest(
            method: body.isEmpty ? "GET" : "POST", path: path, query: query, body: Array(body.utf8),
            address: "192.0.2.7", userAgent: "test")
        let response = try await host.handle(request, on: route)
        return String(decoding: response.body, as: UTF8.self)
    }

    /// Asks a plugin, and reads the answer as JSON.
    func json(_ path: String, query: String = "", body: String = "") async throws -> JSONValue {
        try JSONParser.parse(try await get(path, query: query, body: body))
    }

    /// Waits until a plugin stands somewhere; the last it was seen at where it never comes.
    @discardableResult
    func wait(_ name: String, for states: PluginState..., within seconds: Int = 20) async throws -> PluginStatus {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let status = try await host.plugin(named: name)
            if states.contains(status.state) || ContinuousClock.now > end { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until something is so; whether it came to be.
    func eventually(within seconds: Int = 20, _ isSo: () async throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// The lines of a plugin's log.
    func log(_ name: String) async throws -> [String] {
        try await host.log(name, limit: 1000, after: nil).map(\.text)
    }
}

/// Settings in memory.
final class KeptSettings: SettingRepository {
    private let values = Mutex<[String: JSONValue]>([:])

    func settings() -> [String: JSONValue] { values.withLock { $0 } }

    func setSetting(_ name: String, to value: JSONValue?) { values.withLock { $0[name] = value } }

    func schemaVersion() -> Int { 1 }
}

/// A core that answers a few methods and remembers who called.
final class TestCore: CoreDispatcher {
    private struct State {
        var calls: [(method: String, principal: Principal)] = []
        var changed: [String] = []
        var listeners: [AsyncStream<PluginEvent>.Continuation] = []
    }

    private let state = Mutex(State())

    /// The calls so far.
    var calls: [(method: String, principal: Principal)] { state.withLock { $0.calls } }
    /// The plugins of which something changed, in order.
    var changed: [String] { state.withLock { $0.changed } }

    func call(
        _ method: String, _ parameters: [String: JSONValue], as principal: Principal
    ) async throws -> DispatchResult {
        state.withLock { $0.calls.append((method, principal)) }
        switch method {
        case "echo": return DispatchResult(value: ["value": parameters["value"] ?? .null])
        case "whoami": return DispatchResult(value: ["name": .optional(principal.name)])
        case "session.login":
            let local = Principal(
                identity: .local(name: "alice"), address: principal.address, plugin: principal.plugin)
            return DispatchResult(value: ["secret": "s"], principal: local)
        case "job.claim":
            let work = Principal(identity: .work(WorkIdentity(job: 12, user: nil, name: "bob")), address: "local")
            return DispatchResult(value: ["job": ["id": 12, "kind": "x"]], work: work)
        case "job.finish": return DispatchResult(value: [:])
        default: throw GatehouseError(.methodNotFound, "There is no method \(method).")
        }
    }

    func events() -> AsyncStream<PluginEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: PluginEvent.self)
        state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    func pluginChanged(_ name: String) { state.withLock { $0.changed.append(name) } }

    /// Says that something has happened.
    func happen(_ topic: String, _ data: JSONValue) {
        for listener in state.withLock({ $0.listeners }) { listener.yield(PluginEvent(topic: topic, data: data)) }
    }
}
