// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization
import TestSupport

/// A process of ours: what it wrote, how it ended.
final class Child: Sendable {
    /// How a process ended.
    enum End: Sendable, Equatable {
        case status(Int32)
        case signal(Int32)
    }

    private final class Record: Sendable {
        let end = Mutex<End?>(nil)
    }

    let pid: pid_t
    private let record: Record
    private let process: Mutex<Process>

    /// Starts a program that writes both outputs to files; what is inherited takes the place of its input.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        inherited: FileHandle? = nil, output: String, error: String
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let input {
            let path = output + ".in"
            try Data(input.utf8).write(to: URL(fileURLWithPath: path))
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } else {
            process.standardInput = inherited ?? FileHandle.nullDevice
        }
        process.standardOutput = try Self.appending(output)
        process.standardError = output == error ? process.standardOutput : try Self.appending(error)
        let record = Record()
        process.terminationHandler = { process in
            let end: End =
                process.terminationReason == .exit
                ? .status(process.terminationStatus) : .signal(process.terminationStatus)
            record.end.withLock { $0 = end }
        }
        try process.run()
        pid = process.processIdentifier
        self.record = record
        self.process = Mutex(process)
    }

    private static func appending(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }

    /// How it ended; nil while it runs.
    var end: End? { record.end.withLock { $0 } }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        if end == nil { kill(pid, signal) }
    }

    /// Waits for the end; nil when it has not come in that time.
    func wait(within limit: Duration) async -> End? {
        let deadline = ContinuousClock.now + limit
        while end == nil, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
        return end
    }
}

/// A program that runs to its end.
struct Finished: Sendable {
    let end: Child.End?
    let output: String
    let error: String

    /// Runs a program; one that takes too long is killed and has no end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        within limit: Duration = .seconds(30)
    ) async throws -> Finished {
        let scratch = try ScratchDirectory()
        let (output, error) = (scratch.file("out"), scratch.file("err"))
        let child = try Child(
            program, arguments, environment: environment, input: input, output: output, error: error)
        let end = await child.wait(within: limit)
        if end == nil {
            child.send(SIGKILL)
            _ = await child.wait(within: .seconds(5))
        }
        return Finished(
            end: end, output: try String(contentsOfFile: output, encoding: .utf8),
            error: try String(contentsOfFile: error, encoding: .utf8))
    }
}

/// Where the programs under test are.
enum Programs {
    static let daemon = find("gatehoused")
    static let command = find("gatehouse")
    /// The directory of all programs that are built.
    static let directory = URL(fileURLWithPath: daemon).deletingLastPathComponent().path
    static let python = "/usr/bin/python3"

    /// The package's directory.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func find(_ name: String) -> String {
        var directory = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        while directory.path != "/" {
            let path = directory.appendingPathComponent(name).path
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            if type == .typeRegular { return path }
            directory.deleteLastPathComponent()
        }
        return "\(root)/.build/debug/\(name)"
    }
}
