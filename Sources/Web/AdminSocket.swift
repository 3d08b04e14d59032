// SPDX-License-Identifier: Apache-2.0

import Core
package import CoreAPI
import FoundationEssentials
import HostSystem
import JSONRPC
package import Logging
import Model
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The daemon's own socket for the command line: JSON-RPC 2.0, one message a line.
///
/// Root is let in by the kernel's word on who is at the other end. The daemon's own user must show the
/// token of the file beside the socket as well, because plugins run as that user too.
package struct AdminSocket: Service, CustomStringConvertible {
    private static let maximumLine = 4 << 20
    private static let maximumConnections = 64

    private let api: CoreAPI
    private let path: String
    private let token: String
    private let origin: @Sendable () -> String
    private let logger: Logger
    private let listening = Latch()

    /// Its name; the log describes services, and must not learn the token.
    package var description: String { "AdminSocket" }

    /// Makes a socket.
    ///
    /// - Parameters:
    ///   - path: where it stands; an old socket there is replaced.
    ///   - token: what the daemon's own user has to show.
    ///   - origin: the address that set-up links begin with.
    package init(
        api: CoreAPI, path: String, token: String, origin: @escaping @Sendable () -> String, logger: Logger
    ) {
        self.api = api
        self.path = path
        self.token = token
        self.origin = origin
        self.logger = logger
    }

    /// Returns once connections are taken; false where it did not come to that.
    package func waitUntilListening() async -> Bool { await listening.wait() }

    /// Checks that no other host serves at a path; its socket and token would be replaced.
    ///
    /// - Throws: `conflict`.
    package static func requireFree(_ path: String) async throws {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        guard let other = try? await bootstrap.connect(unixDomainSocketPath: path).get() else { return }
        try? await other.close()
        throw GatehouseError(
            .conflict, "Another Gatehouse listens on \(path); stop it, or set another runDirectory.")
    }

    /// Serves until shutdown, then takes the socket away.
    package func run() async throws {
        defer { listening.settle(false) }
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 16)
            .childChannelOption(.autoRead, value: false)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                // Wrapped only once it is taken: one that comes as the socket closes is dropped, and a
                // wrapped channel that is dropped ends the process.
                Self.peer(of: channel).map { (channel, $0) }
            }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        listening.settle(true)
        try await withGracefulShutdownHandler {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    let places = Places(Self.maximumConnections)
                    for try await (channel, peer) in connections {
                        guard places.take() else {
                            channel.close(promise: nil)
                            continue
                        }
                        group.addTask {
                            await serve(channel, peer: peer)
                            places.giveBack()
                        }
                    }
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    private func serve(_ channel: any Channel, peer: UInt32) async {
        do {
            let connection = try await channel.eventLoop.submit {
                guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
                try channel.pipeline.syncOperations.addHandler(
                    ByteToMessageHandler(LineDecoder(maximum: Self.maximumLine)))
                return try NIOAsyncChannel<String, ByteBuffer>(wrappingChannelSynchronously: channel)
            }.get()
            try await connection.executeThenClose { lines, answers in
                try await channel.setOption(.autoRead, value: true).get()
                var isTrusted = peer == 0
                for try await line in lines.cancelOnGracefulShutdown() {
                    let answer = await answer(line, peer: peer, isTrusted: &isTrusted)
                    guard let answer else { continue }
                    var buffer = ByteBuffer(bytes: JSONWriter.bytes(answer))
                    buffer.writeInteger(UInt8(ascii: "\n"))
                    try await answers.write(buffer)
                }
            }
        } catch {
            logger.debug("administrator's connection ended", metadata: ["error": "\(error)"])
        }
    }

    private func answer(_ line: String, peer: UInt32, isTrusted: inout Bool) async -> JSONValue? {
        do {
            let message = try RPCMessage.parse(Array(line.utf8), maximumDepth: 32, maximumBatch: 1)
            guard case .single(let call) = message else {
                throw GatehouseError(.invalidRequest, "Send one call a line.")
            }
            let request = try call.mapError(\.error).get()
            let outcome = await outcome(of: request, peer: peer, isTrusted: &isTrusted)
            return request.id.map { RPCResponse(id: $0, outcome: outcome).json }
        } catch {
            let known = error as? GatehouseError ?? GatehouseError(.parseError, "This line is no call.")
            return RPCResponse(id: .null, outcome: .failure(known)).json
        }
    }

    private func outcome(
        of request: RPCRequest, peer: UInt32, isTrusted: inout Bool
    ) async -> Result<JSONValue, GatehouseError> {
        if request.method == "socket.authenticate" {
            let shown = Array((request.parameters["token"]?.stringValue ?? "").utf8)
            guard peer == effectiveUser(), Secret.areEqual(shown, Array(token.utf8)) else {
                return .failure(GatehouseError(.unauthenticated, "The token is wrong, or this user may not use it."))
            }
            isTrusted = true
            return .success([:])
        }
        guard isTrusted else {
            return .failure(
                GatehouseError(
                    .unauthenticated, "Run this as root, or as Gatehouse's own user with the token of admin-token."))
        }
        let name = peer == 0 ? "root" : "uid \(peer)"
        let principal = Principal(identity: .local(name: name), address: "local", userAgent: "command line")
        let outcome = await api.outcome(of: request, principal: principal, effects: SessionEffects())
        guard request.method == "setup.makeToken", case .success(.object(var members)) = outcome else { return outcome }
        members["origin"] = .string(origin())
        return .success(.object(members))
    }

    /// The user at the other end, by the kernel (unix(7), SO_PEERCRED).
    private static func peer(of channel: any Channel) -> EventLoopFuture<UInt32> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(GatehouseError(.internal, "The socket has no options."))
        }
        let credentials: EventLoopFuture<SocketPeer> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SocketPeer.option))
        return credentials.map(\.user)
    }
}

/// Counts connections against a limit.
private final class Places: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}

/// Splits bytes into lines, with a limit on their length.
private struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = String

    let maximum: Int

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes <= maximum else {
                throw GatehouseError(.limitExceeded, "A line may have at most \(maximum) bytes.")
            }
            return .needMoreData
        }
        let length = end - buffer.readerIndex
        guard let line = buffer.readString(length: length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(Self.wrapInboundOut(line))
        return .continue
    }
}
