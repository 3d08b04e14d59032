// SPDX-License-Identifier: Apache-2.0

import Console
import FoundationEssentials
import Glibc
import Model
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConsoleConnectorTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func failure(
        _ source: ConsoleSource, _ type: ConsoleType = .text, connector: ConsoleConnector = ConsoleConnector()
    ) async -> GatehouseError? {
        do {
            let backend = try await connector.connect(source, type: type, on: loop).get()
            backend.discard()
            return nil
        } catch {
            return error as? GatehouseError
        }
    }

    @Test func `a refused connection is explained`() async throws {
        let listener = try await Listener.start()
        let port = listener.port
        try await listener.channel.close().get()
        let error = await failure(.tcp(host: "127.0.0.1", port: port, credential: nil))
        #expect(error?.code == .consoleUnreachable)
        #expect(error?.message == "Connection refused by 127.0.0.1:\(port): is the machine's console server running?")
    }

    @Test func `a socket that is not there is explained`() async {
        let error = await failure(.unix(path: "/nonexistent/console.sock", credential: nil))
        #expect(error?.message == "There is no socket at /nonexistent/console.sock: is the machine running?")
        let long = await failure(.unix(path: "/" + String(repeating: "x", count: 300), credential: nil))
        #expect(long?.code == .consoleUnreachable)
    }

    @Test func `a host name that means nothing is explained`() async {
        let error = await failure(.tcp(host: "no-such-host.invalid", port: 1, credential: nil))
        #expect(error?.code == .consoleUnreachable)
        #expect(error?.message.contains("no-such-host.invalid:1") == true)
    }

    @Test func `a unix socket is connected`() async throws {
        let path = "/tmp/gatehouse-\(UUID().uuidString).sock"
        let listener = try await Listener.start(path: path)
        let backend = try await ConsoleConnector().connect(.unix(path: path, credential: nil), type: .text, on: loop)
            .get()
        let source = try await listener.accept()
        backend.discard()
        try await source.end()
        try await listener.channel.close().get()
    }

    @Test func `a descriptor is taken over once, and closed`() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let descriptor = ConsoleDescriptor(ends[0]) { _ in Issue.record("it was taken, so it is not ours to close") }
        let source = ConsoleSource.descriptor(descriptor, credential: nil)
        let backend = try await ConsoleConnector().connect(source, type: .text, on: loop).get()
        let again = await failure(source)
        #expect(again?.message.contains("used before") == true)
        backend.discard()
        try await backend.channel.closeFuture.get()
        var byte: UInt8 = 0
        #expect(unsafe recv(ends[1], &byte, 1, 0) == 0)
        close(ends[1])
    }

    @Test func `a server that says nothing is given up`() async throws {
        let listener = try await Listener.start()
        let connector = ConsoleConnector(handshakeTimeout: .milliseconds(100))
        let error = await failure(
            .tcp(host: "127.0.0.1", port: listener.port, credential: nil), .vnc, connector: connector)
        #expect(error?.message.contains("did not finish the handshake") == true)
        try await listener.accept().end()
    }

    @Test func `a server that hangs up is explained`() async throws {
        let listener = try await Listener.start()
        async let refused = failure(.tcp(host: "127.0.0.1", port: listener.port, credential: nil), .vnc)
        try await listener.accept().close()
        #expect(await refused?.message.contains("closed the connection at once") == true)
    }

    @Test func `the server's own reason reaches the caller`() async throws {
        let listener = try await Listener.start()
        async let refused = failure(.tcp(host: "127.0.0.1", port: listener.port, credential: nil), .vnc)
        let server = try await listener.accept()
        try await server.send("RFB 003.008\n")
        _ = try await server.receive(12)
        try await server.send([0, 0, 0, 0, 4] + Array("full".utf8))
        #expect(await refused?.message == "The VNC server refused: full")
        try await server.end()
    }

    @Test func `without an owner for children there is no ssh`() async {
        let tunnel = SSHTunnel(
            host: "h", port: nil, user: nil, identityFile: nil, knownHostsFile: nil, targetHost: "t", targetPort: 1)
        let error = await failure(.ssh(tunnel, credential: nil))
        #expect(error?.code == .consoleUnreachable)
    }
}
