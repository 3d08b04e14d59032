// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A client that sends what it is told and keeps what comes, for talking to a server byte by byte.
final class RawClient: Sendable {
    /// What was waited for did not come.
    struct Missing: Error, CustomStringConvertible {
        let seen: [UInt8]
        var description: String { "got only: \(String(decoding: seen, as: UTF8.self).debugDescription)" }
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func connect(port: Int, tls: Bool = false) async throws -> RawClient {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if tls {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        let context = try NIOSSLContext(configuration: configuration)
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, inbox: inbox)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// Begins to send without waiting.
    func start(sending bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Whether the server does not take what we send.
    var isStuck: Bool { !channel.isWritable }

    func send(_ frames: ClientFrame...) async throws { try await send(frames.flatMap(\.bytes)) }

    /// Shuts the sending side only.
    func finish() async throws { try await channel.close(mode: .output).get() }

    func close() async { try? await channel.close().get() }

    /// Stops or goes on reading from the socket.
    func setReading(_ reads: Bool) async throws { try await channel.setOption(.autoRead, value: reads).get() }

    /// Waits for an HTTP answer and takes it: head, and as much body as its length says.
    func answer() async throws -> (head: String, body: String) {
        try await take { bytes in
            let border = Array("\r\n\r\n".utf8)
            let ends = bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == border }
            guard let end = ends else { return nil }
            let head = String(decoding: bytes[..<end], as: UTF8.self)
            let length =
                head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
            let start = end + 4
            guard bytes.count >= start + length else { return nil }
            let body = String(decoding: bytes[start..<start + length], as: UTF8.self)
            bytes.removeFirst(start + length)
            return (head, body)
        }
    }

    /// Waits for a WebSocket frame and takes it.
    func frame() async throws -> ServerFrame { try await take { ServerFrame.take(from: &$0) } }

    /// Waits until the server has closed.
    func end() async throws {
        for _ in 0..<1_000 {
            if inbox.isClosed { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Missing(seen: inbox.bytes)
    }

    /// All bytes that came and were not taken.
    var pending: Int { inbox.bytes.count }

    private func take<Value>(_ parse: (inout [UInt8]) -> Value?) async throws -> Value {
        for _ in 0..<1_000 {
            if let value = inbox.take(parse) { return value }
            if inbox.isClosed { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        if let value = inbox.take(parse) { return value }
        throw Missing(seen: inbox.bytes)
    }
}

private final class Inbox: Sendable {
    private let state = Mutex<(bytes: [UInt8], isClosed: Bool)>(([], false))

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func append(_ bytes: ByteBufferView) { state.withLock { $0.bytes += bytes } }
    func close() { state.withLock { $0.isClosed = true } }
    func take<Value>(_ parse: (inout [UInt8]) -> Value?) -> Value? { state.withLock { parse(&$0.bytes) } }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(unwrapInboundIn(data).readableBytesView)
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.close() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { inbox.close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
