// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import Synchronization
import TestSupport
import Testing

/// A daemon under test, in a directory of its own.
final class Gateway: Sendable {
    /// The password of every user that is made here.
    static let password = "correct horse battery 7"
    /// How long the daemon may take to stop.
    static let stopLimit = Duration.seconds(5)

    private struct State {
        var child: Child?
        var secrets: Set<String> = [Gateway.password]
        var clients: [String: APIClient] = [:]
        var freeMachines: [Machine]
    }

    let settings: GatewaySettings
    let directory: ScratchDirectory
    let port: Int
    /// The far end of every text console.
    let source: TextSource
    /// Marks the daemon's children in their environment.
    private let mark = UUID().uuidString
    private let state: Mutex<State>

    /// Writes the configuration; `start` does the rest.
    init(_ settings: GatewaySettings = GatewaySettings()) async throws {
        self.settings = settings
        directory = try ScratchDirectory()
        port = try await FreePort.find()
        source = try await TextSource()
        let machines = (1...40).map { Machine(name: "line-\($0)", id: UUID().uuidString.lowercased()) }
        state = Mutex(State(freeMachines: machines))
        let configuration = settings.configuration(
            port: port, directory: directory.path, machines: machines, source: source.port)
        try Data(JSONWriter.bytes(configuration)).write(to: URL(fileURLWithPath: configurationPath))
        try FileManager.default.createDirectory(
            atPath: pluginsPath, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        if !settings.staged.isEmpty { try await stage(settings.staged) }
    }

    /// A machine with a text console.
    struct Machine: Sendable {
        let name: String
        let id: String
    }

    var configurationPath: String { directory.file("gatehouse.yaml") }
    var pluginsPath: String { directory.file("plugins") }
    var logPath: String { directory.file("log") }
    var socketPath: String { directory.file("run/gatehouse.sock") }
    var tokenPath: String { directory.file("run/admin-token") }
    var origin: String { "\(settings.isTLS ? "https" : "http")://127.0.0.1:\(port)" }
    var child: Child? { state.withLock { $0.child } }

    /// What the daemon has logged, over all its starts.
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// A machine that no other test uses.
    func machine() throws -> Machine {
        try #require(state.withLock { $0.freeMachines.popLast() }, "give the gateway more machines")
    }

    /// Adds what must never be found in the log or the database.
    func note(secret: String) { state.withLock { _ = $0.secrets.insert(secret) } }
}

// MARK: - Running

extension Gateway {
    /// Starts the daemon and waits until it answers.
    func start(_ launch: Launch = Launch()) async throws {
        let child = try Child(
            launch.program, launch.arguments + ["--config", configurationPath],
            environment: launch.environment.merging(["GATEHOUSE_TEST": mark]) { $1 }, inherited: launch.inherited,
            output: logPath, error: logPath)
        state.withLock { $0.child = child }
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            if let end = child.end { throw GatehouseError(.internal, "gatehoused ended at once: \(end)") }
            if let connection = try? await connect() {
                let answer = try? await connection.exchange(WireRequest("GET", "/healthz", headers: [("Host", "x")]))
                await connection.close()
                if answer?.status == 200, FileManager.default.fileExists(atPath: socketPath) { break }
            }
            guard ContinuousClock.now < deadline else { throw GatehouseError(.timeout, "gatehoused does not answer.") }
            try await Task.sleep(for: .milliseconds(20))
        }
        note(secret: try String(contentsOfFile: tokenPath, encoding: .utf8))
    }

    /// Stops the daemon as a service manager does, and expects that it obeys in time and tidies up.
    func stop(at location: SourceLocation = #_sourceLocation) async {
        guard let child, child.end == nil else { return }
        child.send(SIGTERM)
        let end = await child.wait(within: Self.stopLimit)
        #expect(end == .status(0), "gatehoused did not stop within \(Self.stopLimit)", sourceLocation: location)
        if end == nil { await kill() }
        for path in [socketPath, tokenPath] {
            #expect(!FileManager.default.fileExists(atPath: path), "\(path) was left", sourceLocation: location)
        }
        let left = Self.processes(marked: mark)
        #expect(left.isEmpty, "processes were left", sourceLocation: location)
        for pid in left { _ = Glibc.kill(pid, SIGKILL) }
    }

    /// Kills the daemon.
    func kill() async {
        child?.send(SIGKILL)
        _ = await child?.wait(within: .seconds(10))
    }

    /// Ends everything and looks for what must not be.
    func finish() async {
        if child?.end != nil, case .status(0)? = child?.end {} else { await stop() }
        await source.close()
        // They hold this gateway, and with it the directory.
        state.withLock { $0.clients = [:] }
        let log = log
        let lines = log.split(separator: "\n")
        let bad = lines.filter { $0.hasPrefix("error ") || $0.hasPrefix("critical ") || $0.contains("Fatal error") }
        #expect(bad.isEmpty || settings.expectsErrors, "\(bad.map { $0.prefix(200) })")
        for secret in state.withLock({ $0.secrets }) {
            let told = lines.filter { $0.contains(secret) }.map { $0.prefix(60) }
            #expect(told.isEmpty, "the log contains a secret")
            #expect(!isKept(secret), "the data directory contains a secret")
        }
        Attachment.record(log, named: "gatehoused.log")
    }

    private func isKept(_ secret: String) -> Bool {
        let directory = directory.file("data")
        return (try? FileManager.default.subpathsOfDirectory(atPath: directory))?.contains { path in
            let content = FileManager.default.contents(atPath: "\(directory)/\(path)") ?? Data()
            return content.range(of: Data(secret.utf8)) != nil
        } ?? false
    }

    private static func processes(marked mark: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            return environment.range(of: Data("GATEHOUSE_TEST=\(mark)".utf8)) != nil
        }
    }
}

// MARK: - Reaching it

extension Gateway {
    /// Opens a connection to the daemon's port.
    func connect(from source: String? = nil, receiveBuffer: Int? = nil) async throws -> WireConnection {
        try await .open(
            settings.isTLS ? .tls(port: port) : .tcp(port: port), from: source, receiveBuffer: receiveBuffer)
    }

    /// Runs the command line against it.
    func command(_ arguments: String..., input: String? = nil) async throws -> Finished {
        try await Finished.run(
            Programs.command, arguments, environment: ["GATEHOUSE_SOCKET": socketPath], input: input)
    }

    /// Makes a superuser by the command line.
    func addSuperuser(_ name: String) async throws {
        let done = try await command(
            "user", "add", name, "--superuser", "--password-stdin", input: Self.password + "\n")
        try #require(done.end == .status(0), "\(done.error)")
    }

    /// The superuser, logged in once.
    func admin() async throws -> APIClient { try await client("admin") }

    /// A user without rights of its own, made and logged in once.
    func person(_ name: String) async throws -> APIClient {
        if let known = state.withLock({ $0.clients[name] }) { return known }
        _ = try await admin().call("user.create", ["name": .string(name), "password": .string(Self.password)])
        return try await client(name)
    }

    private func client(_ name: String) async throws -> APIClient {
        if let known = state.withLock({ $0.clients[name] }) { return known }
        let client = try await login(name)
        state.withLock { $0.clients[name] = client }
        return client
    }

    /// A new session of a user.
    func login(_ name: String) async throws -> APIClient {
        let client = APIClient(self)
        try await client.call("session.login", ["name": .string(name), "password": .string(Self.password)])
        return client
    }
}

/// Finds ports that nobody uses, below those that the kernel gives to outgoing connections.
enum FreePort {
    private static let next = Mutex(Int.random(in: 20_000..<31_000))

    static func find() async throws -> Int {
        while true {
            let port = next.withLock { next in
                next = next >= 31_999 ? 20_000 : next + 1
                return next
            }
            guard (try? await WireConnection.open(.tcp(port: port))) == nil else { continue }
            return port
        }
    }
}
