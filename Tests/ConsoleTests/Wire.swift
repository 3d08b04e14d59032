// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// One end of a real connection that sends what it is told and keeps what comes.
final class Wire: Sendable {
    /// What was waited for did not come.
    struct Missing: Error, CustomStringConvertible {
        let seen: [UInt8]
        var description: String { "got only \(seen.count) bytes: \(String(decoding: seen.prefix(200), as: UTF8.self))" }
    }

    let channel: any Channel
    fileprivate let inbox: Inbox

    fileprivate init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func connect(port: Int) async throws -> Wire {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return Wire(channel: channel, inbox: inbox)
    }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Begins to send without waiting.
    func start(sending bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    /// Stops or goes on reading from the socket.
    func setReading(_ reads: Bool) async throws { try await channel.setOption(.autoRead, value: reads).get() }

    func close() async { try? await channel.close().get() }

    /// Waits for so many bytes and takes them.
    func receive(_ count: Int) async throws -> [UInt8] {
        for _ in 0..<2_000 {
            if let bytes = inbox.take(count) { return bytes }
            if inbox.isClosed { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        if let bytes = inbox.take(count) { return bytes }
        throw Missing(seen: inbox.bytes)
    }

    /// Waits until so many bytes have come since the beginning, without keeping them.
    func count(to total: Int) async throws {
        for _ in 0..<6_000 {
            if inbox.total >= total { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Missing(seen: [])
    }

    /// Counts what comes from now on instead of keeping it.
    func countOnly() { inbox.countOnly() }

    var total: Int { inbox.total }

    /// Waits until the other side has closed.
    func end() async throws {
        for _ in 0..<2_000 {
            if inbox.isClosed { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Missing(seen: inbox.bytes)
    }
}

/// A listener on a free port whose connections can be taken one by one.
final class Listener: Sendable {
    let channel: any Channel
    private let wires: AsyncStream<Wire>

    var port: Int { channel.localAddress?.port ?? 0 }

    private init(channel: any Channel, wires: AsyncStream<Wire>) {
        self.channel = channel
        self.wires = wires
    }

    /// Listens on a port of 127.0.0.1, or on a socket file.
    static func start(path: String? = nil) async throws -> Listener {
        let (wires, continuation) = AsyncStream.makeStream(of: Wire.self)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let inbox = Inbox()
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
                    continuation.yield(Wire(channel: channel, inbox: inbox))
                }
            }
        let channel =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        return Listener(channel: channel, wires: wires)
    }

    func accept() async throws -> Wire {
        for await wire in wires { return wire }
        throw Wire.Missing(seen: [])
    }
}

private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var total = 0
        var isClosed = false
        var keeps = true
    }

    private let state = Mutex(State())

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var total: Int { state.withLock { $0.total } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func append(_ bytes: ByteBufferView) {
        state.withLock { state in
            state.total += bytes.count
            if state.keeps { state.bytes += bytes }
        }
    }

    func countOnly() { state.withLock { ($0.keeps, $0.bytes) = (false, []) } }

    func close() { state.withLock { $0.isClosed = true } }

    func take(_ count: Int) -> [UInt8]? {
        state.withLock { state in
            guard state.bytes.count >= count else { return nil }
            defer { state.bytes.removeFirst(count) }
            return Array(state.bytes.prefix(count))
        }
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(unwrapInboundIn(data).readableBytesView)
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
