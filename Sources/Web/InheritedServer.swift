// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HostSystem
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Serves on a socket that listened before the host began, and on which connections may wait already.
///
/// Does what Hummingbird's `Application` and `Server` do on a socket of their own; they take no other.
struct InheritedServer<ChildChannel: ServerChildChannel>: Service {
    /// Connections that may wait while the host is busy, or while its successor starts.
    private static var backlog: Int { 4096 }

    let socket: ListeningSocket
    let connections: Int
    let setup: ChildChannel
    let onServerRunning: @Sendable (any Channel) -> Void
    let logger: Logger

    /// Serves until shutdown, and then until the last connection has ended.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let server = try await ServerBootstrap(group: group)
            .serverChannelInitializer { [connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AvailableConnectionsChannelHandler(maxConnections: connections))
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // It is NIO's from here on, so it gets a descriptor of its own.
            .bind(try socket.duplicate()) { [setup, logger] channel in setup.setup(channel: channel, logger: logger) }
        // NIO has set a shorter one, for everybody who holds the socket.
        try socket.setBacklog(Self.backlog)
        onServerRunning(server.channel)
        await withGracefulShutdownHandler {
            await serve(server)
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }

    private func serve(_ server: NIOAsyncChannel<ChildChannel.Value, Never>) async {
        await withDiscardingTaskGroup { group in
            do {
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { await setup.handle(value: connection, logger: logger) }
                    }
                }
            } catch {
                logger.error("connections are not taken any more", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension HTTPResponder where Context: InitializableFromSource<ApplicationRequestContextSource> {
    /// Answers requests as Hummingbird's `Application` does: with the date and the server's name.
    func answering(as serverName: String, logger: Logger) -> HTTPChannelHandler.Responder {
        let date = HTTPDate()
        return { request, writer, channel in
            var response: Response
            do {
                let context = Context(source: .init(channel: channel, logger: logger))
                response = try await respond(to: request, context: context)
            } catch let error as HTTPParserError {
                throw error
            } catch {
                logger.debug("a request failed", metadata: ["error": "\(error)"])
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = date.now
            response.headers[.server] = serverName
            do {
                try await writer.write(response: response.head, body: response.body)
            } catch is HTTPParserError {
                // Thrown on as it is, it would be answered a second time.
                throw ChannelError.inputClosed
            }
        }
    }
}
