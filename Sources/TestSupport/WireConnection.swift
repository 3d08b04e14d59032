// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One end of a TCP, TLS or unix connection, for tests that mind every byte.
package final class WireConnection: Sendable {
    /// Where to connect to.
    package enum Place: Sendable {
        /// A port of this host.
        case tcp(port: Int)
        /// A port of this host, with TLS and any certificate.
        case tls(port: Int)
        /// A unix socket.
        case unix(String)
    }

    private let channel: any Channel
    private let inbox: WireInbox

    private init(channel: any Channel, inbox: WireInbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - source: the loopback address to come from.
    ///   - receiveBuffer: bytes that the kernel keeps for us, for a peer that is to run full.
    package static func open(
        _ place: Place, from source: String? = nil, receiveBuffer: Int? = nil
    ) async throws -> WireConnection {
        let inbox = WireInbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .tls = place {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: NIOSSLContext(configuration: configuration), serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(WireCollector(inbox))
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: numericCast(receiveBuffer))
        }
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        let channel =
            switch place {
            case .tcp(let port), .tls(let port):
                try await bootstrap.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: port)).get()
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        return WireConnection(channel: channel, inbox: inbox)
    }

    /// Whether the other end has closed.
    package var isClosed: Bool { inbox.state.withLock { $0.isClosed } }

    /// Sends bytes.
    package func send(_ bytes: some Sequence<UInt8>) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends text.
    package func send(_ text: String) async throws { try await send(text.utf8) }

    /// Waits until `take` finds, and takes off, what it looks for at the front of what has come.
    ///
    /// - Throws: `timeout` when it has not come in that time, `notFound` when the other end closed before.
    package func receive<Found: Sendable>(
        _ what: String, within limit: Duration = .seconds(10),
        _ take: (_ bytes: inout [UInt8], _ isClosed: Bool) throws -> Found?
    ) async throws -> Found {
        let deadline = ContinuousClock.now + limit
        while true {
            let (found, isClosed) = try inbox.state.withLock { state in
                (try take(&state.bytes, state.isClosed), state.isClosed)
            }
            if let found { return found }
            guard !isClosed else { throw GatehouseError(.notFound, "The connection was closed before \(what) came.") }
            guard ContinuousClock.now < deadline else { throw GatehouseError(.timeout, "No \(what) within \(limit).") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits until the other end closes.
    ///
    /// - Throws: `timeout`.
    package func waitUntilClosed(within limit: Duration = .seconds(10)) async throws {
        try await receive("the end", within: limit) { $1 ? () : nil }
    }

    /// Stops taking bytes off the socket, or goes on with it.
    package func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
        if isReading { channel.read() }
    }

    /// Says that nothing more will be sent, and goes on receiving.
    package func finishSending() async throws { try await channel.close(mode: .output) }

    /// Closes in an orderly way.
    package func close() async { try? await channel.close() }

    /// Vanishes without a word: a TCP reset.
    package func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }
}

/// What has come over a connection.
private final class WireInbox: Sendable {
    let state = Mutex<(bytes: [UInt8], isClosed: Bool)>(([], false))
}

/// Puts what comes into an inbox.
private final class WireCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: WireInbox

    init(_ inbox: WireInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        inbox.state.withLock { $0.bytes.append(contentsOf: buffer.readableBytesView) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.state.withLock { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
