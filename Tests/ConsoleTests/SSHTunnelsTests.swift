// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Logging
import Model
import NIOCore
import NIOPosix
import Testing

@testable import Console

/// A program that stands in for ssh, in a directory of its own.
private final class FakeSSH: Sendable {
    let directory: String
    var program: String { directory + "/ssh" }

    init(_ script: String) throws {
        directory = "/tmp/gatehouse-ssh-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/ssh"
        try Data("#!/bin/sh\necho \"$@\" > \(directory)/arguments\necho $$ > \(directory)/pid\n\(script)\n".utf8)
            .write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    func text(of file: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: directory + "/" + file)), as: UTF8.self)
            .split(separator: "\n").joined()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Whether it has written its number.
    var hasStarted: Bool { (try? text(of: "pid")).map { !$0.isEmpty } ?? false }

    /// Whether the process is gone, and reaped.
    func isGone() async throws -> Bool {
        let text = try text(of: "pid")
        let pid = try #require(pid_t(text))
        for _ in 0..<600 {
            if kill(pid, 0) == -1 { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

private func tunnel(host: String = "node1", target: String = "127.0.0.1") -> SSHTunnel {
    SSHTunnel(
        host: host, port: 2222, user: "vnc", identityFile: "/etc/gatehouse/key", knownHostsFile: "/etc/gatehouse/known",
        targetHost: target, targetPort: 5901)
}

private func withTunnels(
    _ program: String, _ body: @escaping @Sendable (ConsoleConnector) async throws -> Void
) async throws {
    let tunnels = SSHTunnels(
        executable: program, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await tunnels.run() }
        while !tunnels.isRunning { try await Task.sleep(for: .milliseconds(1)) }
        try await body(ConsoleConnector(tunnels: tunnels))
        group.cancelAll()
    }
}

@Suite(.timeLimit(.minutes(1))) struct SSHTunnelsTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func `a console flows through ssh, and the child ends with it`() async throws {
        let ssh = try FakeSSH("exec cat")
        try await withTunnels(ssh.program) { connector in
            let backend = try await connector.connect(.ssh(tunnel(), credential: nil), type: .text, on: loop).get()
            let session = ConsoleSession(type: .text, backend: backend) { _ in }
            let server = try await ServerBootstrap(group: loop)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(session.makeHandler())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let browser = try await Wire.connect(port: server.localAddress?.port ?? 0)
            let bytes = [UInt8](repeating: 9, count: 500_000)
            browser.start(sending: ByteBuffer(bytes: bytes))
            #expect(try await browser.receive(bytes.count) == bytes)
            await browser.close()
            _ = try await session.ended.get()
            let isGone = try await ssh.isGone()
            #expect(isGone)
            try await server.close().get()
        }
        let arguments = try ssh.text(of: "arguments")
        #expect(arguments.hasSuffix("-W 127.0.0.1:5901 -- node1"))
        #expect(arguments.contains("-o BatchMode=yes -o StrictHostKeyChecking=yes"))
        #expect(arguments.contains("-p 2222 -l vnc -i /etc/gatehouse/key"))
    }

    @Test func `what ssh says is the reason`() async throws {
        let ssh = try FakeSSH("echo 'vnc@node1: Permission denied (publickey).' >&2; exit 255")
        try await withTunnels(ssh.program) { connector in
            let error = await #expect(throws: GatehouseError.self) {
                _ = try await connector.connect(.ssh(tunnel(), credential: nil), type: .vnc, on: loop).get()
            }
            #expect(error?.code == .consoleUnreachable)
            #expect(error?.message.hasSuffix("Permission denied (publickey).") == true)
            let isGone = try await ssh.isGone()
            #expect(isGone)
        }
    }

    @Test func `a child that does not heed its end is killed`() async throws {
        let ssh = try FakeSSH("trap '' TERM HUP PIPE; while :; do sleep 0.1; done")
        try await withTunnels(ssh.program) { connector in
            let backend = try await connector.connect(.ssh(tunnel(), credential: nil), type: .text, on: loop).get()
            for _ in 0..<500 where !ssh.hasStarted {
                try await Task.sleep(for: .milliseconds(10))
            }
            backend.discard()
            let isGone = try await ssh.isGone()
            #expect(isGone)
        }
    }

    @Test func `when the owner stops, so do its children`() async throws {
        let ssh = try FakeSSH("exec cat")
        try await withTunnels(ssh.program) { connector in
            _ = try await connector.connect(.ssh(tunnel(), credential: nil), type: .text, on: loop).get()
            for _ in 0..<500 where !ssh.hasStarted {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        #expect(try await ssh.isGone())
    }

    @Test func `a program that is not there is an error, not a hang`() async throws {
        try await withTunnels("/nonexistent/ssh") { connector in
            await #expect(throws: GatehouseError.self) {
                _ = try await connector.connect(.ssh(tunnel(), credential: nil), type: .vnc, on: loop).get()
            }
        }
    }

    @Test(arguments: ["-oProxyCommand=id", "", "a b", "a;b", "$(id)", "host\n", ".host", "a/b", "ü", "user@host"])
    func `host names that are not host names are refused`(host: String) {
        #expect(throws: GatehouseError.self) { try SSHArguments(tunnel(host: host), connectTimeout: 5) }
        #expect(throws: GatehouseError.self) { try SSHArguments(tunnel(target: host), connectTimeout: 5) }
    }

    @Test func `users, ports and files are checked`() throws {
        var bad = tunnel()
        bad.user = "-l"
        #expect(throws: GatehouseError.self) { try SSHArguments(bad, connectTimeout: 5) }
        bad = tunnel()
        bad.port = 0
        #expect(throws: GatehouseError.self) { try SSHArguments(bad, connectTimeout: 5) }
        bad = tunnel()
        bad.targetPort = 65_536
        #expect(throws: GatehouseError.self) { try SSHArguments(bad, connectTimeout: 5) }
        for file in ["key", "-key", "/a b", "/a%h", "~/key", "/a\"b"] {
            bad = tunnel()
            bad.identityFile = file
            #expect(throws: GatehouseError.self) { try SSHArguments(bad, connectTimeout: 5) }
            bad = tunnel()
            bad.knownHostsFile = file
            #expect(throws: GatehouseError.self) { try SSHArguments(bad, connectTimeout: 5) }
        }
    }

    @Test func `an IPv6 target is put in brackets`() throws {
        let list = try SSHArguments(tunnel(host: "fe80::1", target: "::1"), connectTimeout: 5).list
        #expect(list.suffix(4) == ["-W", "[::1]:5901", "--", "fe80::1"])
    }
}
