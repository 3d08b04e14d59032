// SPDX-License-Identifier: Apache-2.0

import HostSystem
package import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTPTypes
package import NIOSSL

/// What a client may send and how long it may take, while it speaks HTTP.
package struct HTTPRequestLimits: Sendable, Equatable {
    /// The most bytes of one header line.
    package var headerField: Int
    /// The most bytes of all headers.
    package var headerList: Int
    /// The most headers.
    package var headerCount: Int
    /// From the connection's start to the end of the first request's headers, TLS handshake included.
    package var headTimeout: TimeAmount
    /// How long a connection may idle between requests or inside one.
    package var idleTimeout: Duration

    /// Sets limits.
    package init(
        headerField: Int = 8 * 1024, headerList: Int = 16 * 1024, headerCount: Int = 100,
        headTimeout: TimeAmount = .seconds(10), idleTimeout: Duration = .seconds(60)
    ) {
        self.headerField = headerField
        self.headerList = headerList
        self.headerCount = headerCount
        self.headTimeout = headTimeout
        self.idleTimeout = idleTimeout
    }
}

/// Makes a handler of `HTTPServerRequestPart` and `HTTPServerResponsePart` for a new connection, on its event loop.
///
/// It may write an answer as a head, a body and an end, or as a body that holds the bytes of the whole answer and an end.
package typealias HTTPShortcut = @Sendable (any Channel) -> any ChannelHandler & RemovableChannelHandler

/// One connection of the server: HTTP/1.1, with or without TLS, that can become a WebSocket at any request.
package struct UpgradableHTTPChannel: HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Answers HTTP requests.
    package let responder: HTTPChannelHandler.Responder
    private let limits: HTTPRequestLimits
    private let tls: (@Sendable () -> NIOSSLContext?)?
    private let decide: UpgradeDecider
    private let shortcut: HTTPShortcut?

    /// Makes the setup for all connections of a listener.
    ///
    /// `tls` is asked at each new connection, so a renewed certificate is used from then on; a connection is
    /// closed when it answers nil. `shortcut` makes a handler for a new connection that may answer requests before
    /// the responder sees them. Give the context a short `shutdownTimeout`: it delays the exit of the host.
    package init(
        responder: @escaping HTTPChannelHandler.Responder,
        limits: HTTPRequestLimits = HTTPRequestLimits(),
        tls: (@Sendable () -> NIOSSLContext?)? = nil,
        shortcut: HTTPShortcut? = nil, decide: @escaping UpgradeDecider
    ) {
        self.responder = responder
        self.shortcut = shortcut
        self.limits = limits
        self.tls = tls
        self.decide = decide
    }

    /// Builds the pipeline.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                guard let context = tls() else { throw ChannelError.operationUnsupported }
                var configuration = NIOSSLHandler.Configuration()
                // Without it the largest buffer there ever was is kept for as long as the connection lasts; NIOSSL
                // 2.37.6 takes the setting and does not use it.
                configuration.maximumPreservedOutboundBufferCapacity = 16 * 1024
                try pipeline.addHandler(
                    NIOSSLServerHandler(
                        context: context, customVerificationCallback: nil, configuration: configuration))
            }
            let stages = HTTPStages(limits: limits, secure: tls != nil, shortcut: shortcut?(channel))
            let gate = UpgradeGate(decide: decide, stages: stages, logger: logger)
            try stages.install(gate: gate, in: pipeline)
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    /// Serves HTTP until the connection closes; also holds the place of a connection that became a WebSocket.
    ///
    /// The tasks of a connection run on its event loop, so what computes long has to leave it.
    package func handle(value: Value, logger: Logger) async {
        let eventLoop = value.channel.eventLoop
        let lane = TaskLane { work in eventLoop.execute(work) }
        await withTaskExecutorPreference(lane) { await handleHTTP(asyncChannel: value, logger: logger) }
    }
}
