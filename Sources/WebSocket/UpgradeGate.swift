// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Stands between the HTTP codec and the server, and turns a connection into a WebSocket when told to.
///
/// A request for an upgrade is only looked at when no other is in flight. Until the decision has come nothing
/// more is read, so a client can not fill memory. The HTTP decoder stops for good after a request with an
/// `Upgrade` header, so one that stays HTTP gets a new decoder.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Everything passes.
        case http
        /// The rest of a refused or accepted request is swallowed; what is known so far is kept.
        case deciding(HTTPRequestHead, ended: Bool, UpgradeDecision?)
        /// Upgraded, or closed while a decision was under way.
        case finished
    }

    private let decide: UpgradeDecider
    private let stages: HTTPStages
    private let logger: Logger
    private var state = State.http
    private var inFlight = 0
    /// The request passing through stops the decoder when it ends.
    private var stopsDecoder = false
    private var readHeld = false
    private var isQuiescing = false

    init(decide: @escaping UpgradeDecider, stages: HTTPStages, logger: Logger) {
        self.decide = decide
        self.stages = stages
        self.logger = logger
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .deciding(_, _, let decision) = state {
            state = .finished
            if let decision { abandon(decision) }
        }
        context.fireChannelInactive()
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .deciding(let head, _, let decision) = state {
            if case .end = part {
                state = .deciding(head, ended: true, decision)
                settle(context)
            }
            return
        }
        switch part {
        case .head(let head):
            if inFlight == 0, WebSocketHandshake.isAskedFor(in: head), consider(head, context) { return }
            inFlight += 1
            stopsDecoder = Self.stopsDecoder(head)
        case .body:
            break
        case .end:
            if stopsDecoder { renewDecoder(context) }
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            // A request that a shortcut has kept may come after it.
            isQuiescing = true
            if case .deciding = state { return }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { inFlight -= 1 }
        context.write(data, promise: promise)
    }

    func read(context: ChannelHandlerContext) {
        if case .deciding(_, ended: true, _) = state {
            readHeld = true
        } else {
            context.read()
        }
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard readHeld else { return }
        readHeld = false
        context.read()
    }

    /// A decoder that has seen an `Upgrade` header reads no further; bytes it holds go to its successor.
    private func renewDecoder(_ context: ChannelHandlerContext) {
        stopsDecoder = false
        let bound = context.loopBound
        context.eventLoop.assumeIsolated().execute {
            do {
                try self.stages.renewDecoder(in: bound.value.pipeline.syncOperations)
            } catch {
                bound.value.close(promise: nil)
            }
        }
    }

    /// The rule of NIO's parser.
    private static func stopsDecoder(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT
            || head.headers.contains(name: "Upgrade")
                && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
    }

    // MARK: Deciding

    /// Looks at a request for an upgrade; false when it is not ours.
    private func consider(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Bool {
        let handshake: WebSocketHandshake
        do throws(WebSocketHandshake.Refusal) {
            handshake = try WebSocketHandshake(head)
        } catch {
            let headers: HTTPHeaders = error.status == .upgradeRequired ? ["Sec-WebSocket-Version": "13"] : [:]
            state = .deciding(head, ended: false, .refuse(error.status, message: error.message, headers: headers))
            return true
        }
        let request = UpgradeRequest(head: head, subprotocols: handshake.subprotocols, channel: context.channel)
        guard let future = decide(request) else { return false }
        state = .deciding(head, ended: false, nil)
        let bound = context.loopBound
        future.hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            self.take(result, bound.value)
        }
        return true
    }

    private func take(_ result: Result<UpgradeDecision, any Error>, _ context: ChannelHandlerContext) {
        let decision: UpgradeDecision
        switch result {
        case .success(let made):
            decision = made
        case .failure(let error):
            logger.error("the upgrade could not be decided", metadata: ["error": "\(error)"])
            decision = .refuse(.internalServerError, message: "The console could not be opened; try again.")
        }
        guard case .deciding(let head, let ended, nil) = state else {
            abandon(decision)
            return
        }
        state = .deciding(head, ended: ended, decision)
        settle(context)
    }

    private func abandon(_ decision: UpgradeDecision) {
        if case .accept(let acceptance) = decision { acceptance.onAbandon() }
    }

    /// Goes on once the request has ended and the decision is there.
    private func settle(_ context: ChannelHandlerContext) {
        guard case .deciding(let head, ended: true, let decision?) = state else { return }
        switch decision {
        case .refuse(let status, let message, let headers):
            refuse(head, status, message, headers, context)
        case .acceptAndClose(let subprotocol, let code, let reason):
            let acceptance = UpgradeAcceptance(subprotocol: subprotocol) { connection in
                connection.close(code, reason: reason)
                return []
            }
            accept(head, acceptance, context)
        case .accept(let acceptance):
            accept(head, acceptance, context)
        }
    }

    private func refuse(
        _ head: HTTPRequestHead, _ status: HTTPResponseStatus, _ message: String, _ extra: HTTPHeaders,
        _ context: ChannelHandlerContext
    ) {
        state = .http
        let staysOpen = head.isKeepAlive && !isQuiescing
        let body = ByteBuffer(string: message + "\n")
        var headers = extra
        headers.replaceOrAdd(name: "Content-Type", value: "text/plain; charset=utf-8")
        headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)")
        headers.replaceOrAdd(name: "Cache-Control", value: "no-store")
        headers.replaceOrAdd(name: "X-Content-Type-Options", value: "nosniff")
        if !staysOpen { headers.replaceOrAdd(name: "Connection", value: "close") }
        let answer = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if staysOpen {
            renewDecoder(context)
            resumeReading(context)
        } else {
            written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    private func accept(
        _ head: HTTPRequestHead, _ acceptance: UpgradeAcceptance, _ context: ChannelHandlerContext
    ) {
        state = .finished
        let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"].map(String.init)
        let chosen = acceptance.subprotocol.flatMap { offered.contains($0) ? $0 : nil }
        let headers = HTTPHeaders(chosen.map { [("Sec-WebSocket-Protocol", $0)] } ?? [])
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(headers) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let answer = upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
        answer.assumeIsolated().whenComplete { result in
            do {
                try self.switchOver(acceptance, headers: try result.get(), context)
            } catch {
                self.logger.error("the upgrade failed", metadata: ["error": "\(error)"])
                acceptance.onAbandon()
                context.close(promise: nil)
            }
        }
    }

    private func switchOver(
        _ acceptance: UpgradeAcceptance, headers: HTTPHeaders, _ context: ChannelHandlerContext
    ) throws {
        let pipeline = context.pipeline.syncOperations
        let answer = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        guard context.channel.isActive else { throw ChannelError.ioOnClosedChannel }
        // Before anything new comes in: what it writes must meet no handler of HTTP.
        stages.removeAllButDecoder(gate: self, in: pipeline)
        let handler = WebSocketHandler(settings: acceptance.settings)
        try stages.add(handler, in: pipeline)
        let channel = context.channel
        let behind = acceptance.handlers(WebSocketConnection(channel: channel))
        try pipeline.addHandlers(behind, position: .after(handler))
        let isQuiescing = isQuiescing
        stages.removeDecoder(in: pipeline).assumeIsolated().whenComplete { _ in
            // Bytes that came with the request have just passed without a read cycle of their own.
            pipeline.fireChannelReadComplete()
            if isQuiescing { pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            if (try? channel.syncOptions?.getOption(.autoRead)) == true { pipeline.read() }
        }
    }
}
