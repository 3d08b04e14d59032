// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import TestSupport
import Testing

// MARK: - Plugins of a daemon under test

extension Gateway {
    /// Puts plugins into the folder that the daemon searches.
    func stage(_ sources: [String]) async throws {
        let done = try await Finished.run(
            "\(Programs.root)/packaging/tools/stage-plugins",
            [Programs.directory, pluginsPath] + sources.map { "\(Programs.root)/\($0)" })
        try #require(done.end == .status(0), "\(done.error)")
    }

    /// Writes a plugin in Python into the folder that the daemon searches.
    func write(plugin name: String, manifest: String, program: String) throws {
        let folder = "\(pluginsPath)/\(name)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        for (file, text) in [("plugin.yaml", manifest), ("program.py", program)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
        }
    }

    /// A plugin as the superuser sees it.
    func plugin(_ name: String) async throws -> JSONValue {
        try #require(try await admin().call("plugin.show", ["name": .string(name)])["plugin"])
    }

    /// Waits until a plugin is in a state.
    func waitFor(_ name: String, _ state: String) async throws {
        try await eventually("\(name) is \(state)") { try await plugin(name)["state"] == .string(state) }
    }

    /// Asks for a path as a script does.
    func get(_ target: String) async throws -> WireAnswer {
        let connection = try await connect()
        do {
            let answer = try await connection.exchange(
                WireRequest("GET", target, headers: [("Host", "127.0.0.1:\(port)")]), within: .seconds(40))
            await connection.close()
            return answer
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs a program in Python with the daemon's address as its first argument; what it prints is JSON.
    func python(_ program: String, _ arguments: String...) async throws -> JSONValue {
        let done = try await Finished.run(Programs.python, ["-c", program, origin] + arguments)
        try #require(done.end == .status(0), "\(done.error)")
        return try JSONParser.parse(Array(done.output.utf8))
    }
}

// MARK: - Processes

/// What the kernel says about processes.
enum ProcessTree {
    /// The processes that one has started, and those that they have.
    static func descendants(of root: pid_t) -> [pid_t] {
        var parents: [pid_t: pid_t] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            if let pid = pid_t(name), let parent = parent(of: pid) { parents[pid] = parent }
        }
        var found: [pid_t] = []
        var generation: Set = [root]
        while !generation.isEmpty {
            generation = Set(parents.filter { generation.contains($0.value) }.keys)
            found += generation.sorted()
        }
        return found
    }

    /// Whether it is there and has not ended.
    static func isAlive(_ pid: pid_t) -> Bool { parent(of: pid) != nil }

    /// How many descriptors and threads a process has.
    static func usage(of pid: pid_t) -> (descriptors: Int, threads: Int) {
        func count(_ folder: String) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\(folder)"))?.count ?? 0
        }
        return (count("fd"), count("task"))
    }

    /// The parent of a process that runs; nil for none and for one that has ended and waits to be noticed.
    private static func parent(of pid: pid_t) -> pid_t? {
        guard let content = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        // The name before it is in brackets and may hold any byte (proc(5)).
        let fields = String(decoding: content, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 1, fields[0] != "Z" else { return nil }
        return pid_t(fields[1])
    }
}
