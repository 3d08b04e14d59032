// SPDX-License-Identifier: Apache-2.0

import Console
import FoundationEssentials
import Model
import NIOCore
import NIOPosix
import Subprocess
import SystemPackage
import Testing

/// QEMU, which has a VNC server of its own and needs no guest.
private let qemu: String? = ["/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-aarch64"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite(.enabled(if: qemu != nil, "needs qemu-system-x86_64 or qemu-system-aarch64"), .timeLimit(.minutes(1)))
struct RealVNCServerTests {
    /// Starts QEMU with a VNC server on a socket, and ends it.
    private func withQEMU(password: String?, _ body: @escaping @Sendable (String) async throws -> Void) async throws {
        let path = "/tmp/gatehouse-vnc-\(UUID().uuidString).sock"
        var arguments = ["-nodefaults", "-machine", "none", "-display", "none", "-S"]
        if let password {
            arguments += [
                "-object", "secret,id=password,data=\(password)", "-vnc", "unix:\(path),password-secret=password",
            ]
        } else {
            arguments += ["-vnc", "unix:\(path)"]
        }
        let program = try #require(qemu)
        _ = try await run(
            .path(FilePath(program)), arguments: .init(arguments), input: .none, output: .discarded, error: .discarded
        ) { execution in
            for _ in 0..<1_000 where !FileManager.default.fileExists(atPath: path) {
                try await Task.sleep(for: .milliseconds(10))
            }
            do {
                try await body(path)
            } catch {
                Issue.record(error)
            }
            try execution.send(signal: .terminate)
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    private func connect(_ path: String, password: String?) async throws -> ConsoleBackend {
        let source = ConsoleSource.unix(path: path, credential: password.map { ConsoleCredential(password: $0) })
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await ConsoleConnector().connect(source, type: .vnc, on: loop).get()
    }

    @Test func `QEMU without a password lets us in`() async throws {
        try await withQEMU(password: nil) { path in
            try await self.connect(path, password: nil).discard()
        }
    }

    @Test func `QEMU takes our answer to its challenge, and no other`() async throws {
        try await withQEMU(password: "hunter22") { path in
            try await self.connect(path, password: "hunter22").discard()
            let wrong = await #expect(throws: GatehouseError.self) { try await self.connect(path, password: "wrong") }
            #expect(wrong?.message.contains("refused") == true)
            let none = await #expect(throws: GatehouseError.self) { try await self.connect(path, password: nil) }
            #expect(none?.message.contains("a password that Gatehouse does not have") == true)
        }
    }
}
