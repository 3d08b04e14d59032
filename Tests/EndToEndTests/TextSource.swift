// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A serial line's far end: sends back what it gets, and obeys a few control characters.
final class TextSource: Sendable {
    /// Ends the connection in order.
    static let end = "\u{4}"
    /// Begins to write a dot every 50 ms.
    static let chatter = "\u{5}"
    /// Writes a megabyte.
    static let flood = "\u{6}"

    private let channel: any Channel
    private let count: Counter

    /// The port it listens at.
    let port: Int

    /// How many connections are open.
    var connections: Int { count.value.withLock { $0 } }

    /// Listens at a free port, until `close`; a silent one takes connections and never says a word.
    init(isSilent: Bool = false) async throws {
        let count = Counter()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard !isSilent else { return }
                    try channel.pipeline.syncOperations.addHandler(TextSourceHandler(count))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.count = count
        port = channel.localAddress?.port ?? 0
    }

    /// Takes no more connections.
    func close() async { try? await channel.close() }

    fileprivate final class Counter: Sendable {
        let value = Mutex(0)
    }
}

private final class TextSourceHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let count: TextSource.Counter
    private var isOver = false

    init(_ count: TextSource.Counter) { self.count = count }

    func channelActive(context: ChannelHandlerContext) {
        count.value.withLock { $0 += 1 }
    }

    func channelInactive(context: ChannelHandlerContext) {
        count.value.withLock { $0 -= 1 }
        isOver = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        switch buffer.getString(at: buffer.readerIndex, length: buffer.readableBytes) {
        case TextSource.end: context.close(promise: nil)
        case TextSource.flood:
            let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case TextSource.chatter:
            chatter(context)
        default: context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
    }

    private func chatter(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: ".")), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) { self.chatter(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
