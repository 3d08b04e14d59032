// SPDX-License-Identifier: Apache-2.0

package import Model
package import NIOCore
import NIOPosix

/// Connects to console sources and gets them ready for a session.
package struct ConsoleConnector: Sendable {
    private let tunnels: SSHTunnels?
    private let connectTimeout: TimeAmount
    private let handshakeTimeout: TimeAmount

    /// Makes a connector; without tunnels, sources behind ssh are refused.
    package init(
        tunnels: SSHTunnels? = nil, connectTimeout: TimeAmount = .seconds(5),
        handshakeTimeout: TimeAmount = .seconds(10)
    ) {
        self.tunnels = tunnels
        self.connectTimeout = connectTimeout
        self.handshakeTimeout = handshakeTimeout
    }

    /// Connects and, for VNC, does the handshake with the server.
    ///
    /// The event loop must be the browser's. Fails with `consoleUnreachable` and a reason for people.
    package func connect(
        _ source: ConsoleSource, type: ConsoleType, on eventLoop: any EventLoop
    ) -> EventLoopFuture<ConsoleBackend> {
        let handshake = eventLoop.makePromise(of: ByteBuffer.self)
        let credential = source.credential
        let timeout = handshakeTimeout
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard type == .vnc else {
                handshake.succeed(ByteBuffer())
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            return channel.eventLoop.makeCompletedFuture {
                let handler = RFBClientHandshakeHandler(
                    credential: credential, timeout: timeout, promise: handshake)
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        let said = eventLoop.makePromise(of: String?.self)
        return open(source, on: eventLoop, said: said, prepare: prepare)
            .flatMapErrorThrowing { error in
                handshake.fail(error)
                throw error
            }
            .flatMap { channel in
                handshake.futureResult.map { ConsoleBackend(channel: channel, leftover: $0) }
            }
            .flatMapError { error in
                // What ssh said is closer to the cause than that the connection ended.
                said.futureResult.flatMapThrowing { text in
                    if let text, !text.isEmpty { throw Self.tunnelFailure(source, text) }
                    throw ConsoleFailure.unreachable(source.place, error, timeout: connectTimeout)
                }
            }
    }

    private static func tunnelFailure(_ source: ConsoleSource, _ text: String) -> GatehouseError {
        GatehouseError(.consoleUnreachable, "\(source.place) can not be reached: \(ConsoleText.printable(text.utf8))")
    }

    private func open(
        _ source: ConsoleSource, on eventLoop: any EventLoop, said: EventLoopPromise<String?>,
        prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelOption(.autoRead, value: false)
            .channelInitializer(prepare)
        if case .ssh(let tunnel, _) = source {
            return open(tunnel, on: eventLoop, said: said, prepare: prepare)
        }
        said.succeed(nil)
        switch source {
        case .tcp(let host, let port, _):
            return bootstrap.connect(host: host, port: port)
        case .unix(let path, _):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .descriptor(let descriptor, _):
            guard let handle = descriptor.take() else {
                let error = GatehouseError(.consoleUnreachable, "The console's connection was used before; try again.")
                return eventLoop.makeFailedFuture(error)
            }
            return bootstrap.withConnectedSocket(handle)
        case .ssh:
            return eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }

    private func open(
        _ tunnel: SSHTunnel, on eventLoop: any EventLoop, said: EventLoopPromise<String?>,
        prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        guard let tunnels else {
            let error = GatehouseError(.consoleUnreachable, "This host opens no consoles through ssh.")
            said.succeed(nil)
            return eventLoop.makeFailedFuture(error)
        }
        return tunnels.open(tunnel, connectTimeout: connectTimeout, on: eventLoop, exit: said)
            .flatMap { channel in prepare(channel).map { channel } }
    }
}

extension ConsoleSource {
    /// What the source asks for, if Gatehouse knows it.
    var credential: ConsoleCredential? {
        switch self {
        case .descriptor(_, let credential), .tcp(_, _, let credential), .unix(_, let credential),
            .ssh(_, let credential):
            credential
        }
    }

    /// The source's name in messages.
    var place: String {
        switch self {
        case .descriptor: "The console's connection"
        case .tcp(let host, let port, _): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path, _): path
        case .ssh(let tunnel, _): "\(tunnel.targetHost):\(tunnel.targetPort) through ssh to \(tunnel.host)"
        }
    }
}
