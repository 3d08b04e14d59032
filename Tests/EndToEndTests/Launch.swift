// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// How a daemon under test is started.
struct Launch: Sendable {
    var program = Programs.daemon
    /// What stands before `--config FILE`.
    var arguments: [String] = []
    var environment: [String: String] = [:]
    /// What it has as its standard input.
    var inherited: FileHandle?

    /// As a service manager starts it, with a socket that listens already; `times` more than once for a mistake.
    static func inheriting(
        _ socket: TestListener, times: Int = 1, names: String? = "https", environment: [String: String] = [:]
    ) -> Launch {
        let descriptors = (0..<times).map { "\(3 + $0)<&0" }.joined(separator: " ")
        let name = names.map { "export LISTEN_FDNAMES=\($0);" } ?? ""
        let script =
            "exec \(descriptors) 0</dev/null; \(name) export LISTEN_PID=$$ LISTEN_FDS=\(times); exec \"$0\" \"$@\""
        return Launch(
            program: "/bin/sh", arguments: ["-c", script, Programs.daemon], environment: environment,
            inherited: socket.handle)
    }
}

/// A TCP socket that listens and never accepts, as a service manager holds it.
final class TestListener: Sendable {
    let handle: FileHandle

    /// Listens on a port of an address of this host.
    init(port: Int, address: String = "127.0.0.1", isListening: Bool = true) throws {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(number >= 0)
        handle = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        var yes: Int32 = 1
        unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(UInt16(port).bigEndian)
        unsafe inet_pton(AF_INET, address, &place.sin_addr)
        let bound = unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0, "port \(port) can not be had")
        if isListening { try #require(listen(number, 4096) == 0) }
    }
}

/// A socket in the abstract namespace that keeps what it is sent, one datagram after another.
final class AbstractInbox: Sendable {
    let name = "@gatehouse-test-\(UUID().uuidString)"
    private let child: Child
    private let scratch: ScratchDirectory

    init() async throws {
        scratch = try ScratchDirectory()
        let program = """
            import socket, sys
            inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            inbox.bind("\\0" + sys.argv[1][1:])
            print("bound", flush=True)
            while True:
                print(inbox.recv(65536).decode(), flush=True)
            """
        child = try Child(
            Programs.python, ["-c", program, name], output: scratch.file("out"), error: scratch.file("err"))
        try await eventually("it listens") { text.hasPrefix("bound\n") }
    }

    /// The lines of all datagrams.
    var text: String { (try? String(contentsOfFile: scratch.file("out"), encoding: .utf8)) ?? "" }

    func end() async {
        child.send(SIGKILL)
        _ = await child.wait(within: .seconds(5))
    }
}
