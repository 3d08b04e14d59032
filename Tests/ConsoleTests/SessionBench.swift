// SPDX-License-Identifier: Apache-2.0

import Console
import Model
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A session between two real connections, without a WebSocket in between.
final class SessionBench: Sendable {
    /// The browser's end of its connection.
    let browser: Wire
    /// The machine's end of its connection.
    let source: Wire
    /// The host's end of the browser's connection.
    let front: any Channel
    let session: ConsoleSession
    let notes: Notes

    /// What the session reported.
    final class Notes: Sendable {
        private let state = Mutex<(activity: Int, ends: [ConsoleEnd])>((0, []))

        var activity: Int { state.withLock { $0.activity } }
        var ends: [ConsoleEnd] { state.withLock { $0.ends } }

        fileprivate func addActivity() { state.withLock { $0.activity += 1 } }
        fileprivate func add(_ end: ConsoleEnd) { state.withLock { $0.ends.append(end) } }
    }

    /// Connects everything; a VNC source asks for no password and has done its handshake.
    init(
        _ type: ConsoleType, handshakeTimeout: TimeAmount = .seconds(10), activityInterval: TimeAmount = .seconds(5),
        loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) async throws {
        let listener = try await Listener.start()
        let connected = ConsoleConnector().connect(
            .tcp(host: "127.0.0.1", port: listener.port, credential: nil), type: type, on: loop)
        source = try await listener.accept()
        if type == .vnc {
            try await source.send("RFB 003.008\n")
            _ = try await source.receive(12)
            try await source.send([1, 1])
            _ = try await source.receive(1)
            try await source.send([0, 0, 0, 0])
        }
        let notes = Notes()
        let settings = ConsoleSessionSettings(
            handshakeTimeout: handshakeTimeout, activityInterval: activityInterval, onActivity: { notes.addActivity() })
        let session = ConsoleSession(type: type, backend: try await connected.get(), settings: settings) { end in
            notes.add(end)
        }
        let (accepted, continuation) = AsyncStream.makeStream(of: (any Channel).self)
        let server = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(session.makeHandler())
                    continuation.yield(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        browser = try await Wire.connect(port: server.localAddress?.port ?? 0)
        var iterator = accepted.makeAsyncIterator()
        let channel = await iterator.next()
        front = try #require(channel)
        self.session = session
        self.notes = notes
        try await server.close().get()
        try await listener.channel.close().get()
    }

    /// Does the browser's part of the RFB handshake.
    func greet() async throws {
        _ = try await browser.receive(12)
        try await browser.send("RFB 003.008\n")
        _ = try await browser.receive(2)
        try await browser.send([1])
        _ = try await browser.receive(4)
    }

    /// Closes both ends and waits for the session to end.
    func finish() async throws {
        await browser.close()
        await source.close()
        front.close(promise: nil)
        _ = try await session.ended.get()
    }

    /// Bytes that wait in the host for the browser.
    func bufferedForBrowser() async throws -> Int {
        try await front.getOption(.bufferedWritableBytes).get()
    }
}
