// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Ends a connection that sends no request in time, that idles, or whose server stops.
///
/// Everything that is read and written in HTTP passes here. A body that is written without a head is a whole answer in
/// bytes, made by a shortcut, and passes the encoder by.
final class HTTPConnectionLife: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: HTTPRequestLimits
    private let encoder: HTTPResponseEncoder
    /// Where bytes that are an answer already go.
    private var bytesContext: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// When something last came, or went when nothing was left to do; the deadline counts from there.
    private var lastActivity = NIODeadline.uptimeNanoseconds(0)
    private var hasHadRequest = false
    /// Whether a request is coming in.
    private var isReading = false
    /// How many requests are not answered yet.
    private var unanswered = 0
    /// Whether an answer is being written whose head has gone to the encoder.
    private var hasHead = false
    private var isQuiescing = false
    private var isUpgraded = false

    init(limits: HTTPRequestLimits, encoder: HTTPResponseEncoder) {
        self.limits = limits
        self.encoder = encoder
    }

    func handlerAdded(context: ChannelHandlerContext) {
        bytesContext = try? context.pipeline.syncOperations.context(handler: encoder)
        lastActivity = context.eventLoop.now
        look(after: limits.headTimeout, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        bytesContext = nil
        timer?.cancel()
        timer = nil
    }

    // MARK: Time

    private var idleTimeout: TimeAmount { TimeAmount(limits.idleTimeout) }

    private func look(after time: TimeAmount, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.look(context)
        }
    }

    /// Closes the connection where its time is over, else looks again when it can be.
    private func look(_ context: ChannelHandlerContext) {
        guard hasHadRequest else { return context.close(promise: nil) }
        let now = context.eventLoop.now
        // An answer may take as long as it wants.
        let isAnswering = unanswered > 0 && !isReading
        let deadline = isAnswering ? now + idleTimeout : lastActivity + idleTimeout
        guard now < deadline else { return context.close(promise: nil) }
        look(after: deadline - now, context)
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = context.eventLoop.now
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            unanswered += 1
            hasHadRequest = true
        case .body: break
        case .end: isReading = false
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            if unanswered == 0 { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            hasHead = true
            isUpgraded = head.status == .switchingProtocols
            context.write(data, promise: promise)
        case .body(let bytes):
            guard !hasHead, let bytesContext else { return context.write(data, promise: promise) }
            bytesContext.write(NIOAny(bytes), promise: promise)
        case .end:
            if hasHead { context.write(data, promise: promise) } else { promise?.succeed() }
            finish(context)
        }
    }

    /// An answer is written.
    private func finish(_ context: ChannelHandlerContext) {
        hasHead = false
        // What was no request is answered too, with its refusal.
        unanswered = max(0, unanswered - 1)
        guard unanswered == 0, !isUpgraded else { return }
        lastActivity = context.eventLoop.now
        guard isQuiescing else { return }
        context.flush()
        context.close(promise: nil)
    }
}
