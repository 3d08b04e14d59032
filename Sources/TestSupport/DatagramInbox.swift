// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Model
import Synchronization
import Testing

/// A unix socket that keeps every datagram it gets, whoever sent it; a process in Python holds it.
package final class DatagramInbox: Sendable {
    private static let program = """
        import base64, socket, sys
        name = sys.argv[1]
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        inbox.bind("\\0" + name[1:] if name.startswith("@") else name)
        print("bound", flush=True)
        while True:
            print(base64.b64encode(inbox.recv(1 << 18)).decode(), flush=True)
        """

    private let scratch: ScratchDirectory
    private let process: Mutex<Process>
    private let forgotten = Mutex(0)

    /// Listens at a path, or at an abstract name with a leading `@`.
    package init(_ name: String) async throws {
        let scratch = try ScratchDirectory()
        self.scratch = scratch
        _ = FileManager.default.createFile(atPath: scratch.file("out"), contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, name]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.file("out")))
        try process.run()
        self.process = Mutex(process)
        try await eventually("the inbox listens") { !lines.isEmpty }
    }

    deinit { end() }

    /// Whoever starts a process from a thread of the pool gives it a mask that holds back the polite signals.
    private func end() { process.withLock { _ = kill($0.processIdentifier, SIGKILL) } }

    private var lines: [Substring] {
        let text = (try? String(contentsOfFile: scratch.file("out"), encoding: .utf8)) ?? ""
        // The last one may not be whole yet.
        return Array(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast())
    }

    /// What has come, in its order.
    package var messages: [String] {
        lines.dropFirst(1 + forgotten.withLock { $0 }).map { line in
            String(decoding: Data(base64Encoded: String(line)) ?? Data(), as: UTF8.self)
        }
    }

    /// Waits for a message that is as wanted.
    ///
    /// - Throws: `timeout`.
    package func message(
        _ what: String, within limit: Duration = .seconds(10), where isWanted: (String) -> Bool = { _ in true }
    ) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            if let found = messages.first(where: isWanted) { return found }
            guard ContinuousClock.now < deadline else { throw GatehouseError(.timeout, "No \(what) within \(limit).") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Forgets what has come.
    package func clear() {
        let count = max(0, lines.count - 1)
        forgotten.withLock { $0 = count }
    }

    /// Ends it.
    package func close() async {
        end()
        while process.withLock({ $0.isRunning }) { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
