// SPDX-License-Identifier: Apache-2.0

import Model
import NIOCore
import NIOPosix
import Synchronization

/// A unix socket that keeps every datagram it gets.
package final class DatagramInbox: Sendable {
    private final class Kept: Sendable {
        let messages = Mutex<[String]>([])
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        let kept: Kept

        init(_ kept: Kept) { self.kept = kept }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data).data)
            kept.messages.withLock { $0.append(text) }
        }
    }

    private let channel: any Channel
    private let kept: Kept

    /// Listens at a path.
    package init(path: String) async throws {
        let kept = Kept()
        self.kept = kept
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 17))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(kept))
                }
            }
            .bind(unixDomainSocketPath: path).get()
    }

    /// What has come, in its order.
    package var messages: [String] { kept.messages.withLock { $0 } }

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
    package func clear() { kept.messages.withLock { $0 = [] } }

    /// Ends it.
    package func close() async { try? await channel.close() }
}
