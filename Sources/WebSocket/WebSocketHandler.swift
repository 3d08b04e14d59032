// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Bytes of a WebSocket on one side, payload on the other.
///
/// Inbound it fires binary payload as `ByteBuffer` and a text message as the user event of its settings;
/// outbound every `ByteBuffer` becomes one binary frame. It answers Pings, sends its own, finds dead peers and
/// does the closing handshake. It keeps no queue: of Pings that can not be answered now only the last counts.
package final class WebSocketHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let settings: WebSocketSettings
    private var decoder: WebSocketFrameDecoder
    private var encoder = WebSocketFrameEncoder()
    private var closing = WebSocketClosing()
    private var heartbeat: Scheduled<Void>?
    private var closeDeadline: Scheduled<Void>?
    private var silent = 0
    /// Whether anything came since the last heartbeat.
    private var heard = false
    /// Whether a read is under way; a peer that nobody listens to is not dead.
    private var isReading = true
    private var pongDue: ByteBuffer?
    private var needsFlush = false
    private var reported = false

    /// Makes a handler for a connection whose upgrade has been answered.
    package init(settings: WebSocketSettings) {
        self.settings = settings
        self.decoder = WebSocketFrameDecoder(limits: settings.limits)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        scheduleHeartbeat(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    /// The connection is over: no timer stays, and whoever waits for the end hears of it once.
    private func finish() {
        heartbeat?.cancel()
        heartbeat = nil
        closeDeadline?.cancel()
        closeDeadline = nil
        _ = closing.giveUp()
        report()
    }

    private func report() {
        guard !reported, let ending = closing.ending else { return }
        reported = true
        settings.onEnd?(ending)
    }
}

// MARK: Inbound

extension WebSocketHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = true
        guard closing.isOpen || closing.isWaiting else { return }
        var input = unwrapInboundIn(data)
        do throws(WebSocketViolation) {
            while let output = try decoder.next(&input) {
                take(output, context)
            }
        } catch {
            perform(closing.closeLocally(error.code, reason: error.reason), context)
        }
    }

    private func take(_ output: WebSocketFrameDecoder.Output, _ context: ChannelHandlerContext) {
        switch output {
        case .binary(let bytes):
            if closing.isOpen { context.fireChannelRead(wrapInboundOut(bytes)) }
        case .text(let bytes):
            if closing.isOpen { context.fireUserInboundEventTriggered(settings.textEvent(bytes)) }
        case .ping(let payload):
            if closing.isOpen { answerPing(payload, context) }
        case .pong:
            break
        case .close(let code, let reason):
            perform(closing.receiveClose(code, reason: reason), context)
        }
    }

    private func answerPing(_ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            pongDue = payload
            return
        }
        context.write(wrapOutboundOut(WebSocketFrameEncoder.pong(payload)), promise: nil)
        needsFlush = true
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
        // Nobody behind asks for more once we are closing, and the answer to our Close must be read.
        if closing.isWaiting, !isReading { read(context: context) }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let payload = pongDue {
            pongDue = nil
            context.writeAndFlush(wrapOutboundOut(WebSocketFrameEncoder.pong(payload)), promise: nil)
        }
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            perform(closing.closeLocally(.goingAway, reason: "the host is stopping"), context)
        case ChannelEvent.inputClosed:
            perform(closing.giveUp(), context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection or TLS stream: there is nobody left to tell.
        perform(closing.giveUp(), context)
    }
}

// MARK: Outbound

extension WebSocketHandler {
    package func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard closing.isOpen else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let (first, second) = encoder.binary(unwrapOutboundIn(data))
        guard let second else {
            context.write(wrapOutboundOut(first), promise: promise)
            return
        }
        context.write(wrapOutboundOut(first), promise: nil)
        context.write(wrapOutboundOut(second), promise: promise)
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        switch event {
        case let request as WebSocketCloseRequest:
            perform(closing.closeLocally(request.code, reason: request.reason), context)
            promise?.succeed()
        case let message as WebSocketTextToSend:
            guard closing.isOpen else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            let frame = WebSocketFrameEncoder.text(ByteBuffer(string: message.text))
            context.writeAndFlush(wrapOutboundOut(frame), promise: promise)
        default:
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func perform(_ action: WebSocketClosing.Action, _ context: ChannelHandlerContext) {
        guard action != .none else { return }
        heartbeat?.cancel()
        heartbeat = nil
        pongDue = nil
        switch action {
        case .none:
            break
        case .sendAndWait(let code, let reason):
            let frame = WebSocketFrameEncoder.close(code, reason: reason)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            scheduleCloseDeadline(context)
            if !isReading { read(context: context) }
        case .sendAndClose(let code):
            let frame = WebSocketFrameEncoder.close(code, reason: "")
            scheduleCloseDeadline(context)
            context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        case .close:
            closeDeadline?.cancel()
            closeDeadline = nil
            context.close(promise: nil)
        }
        report()
    }
}

// MARK: Timers

extension WebSocketHandler {
    private func scheduleHeartbeat(_ context: ChannelHandlerContext) {
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(in: settings.pingInterval) {
            self.beat(context)
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        silent = heard || !isReading ? 0 : silent + 1
        heard = false
        guard silent < settings.silentIntervals else {
            perform(closing.closeLocally(.deadPeer, reason: "nothing was heard from the browser"), context)
            return
        }
        if context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(WebSocketFrameEncoder.ping()), promise: nil)
        }
        scheduleHeartbeat(context)
    }

    private func scheduleCloseDeadline(_ context: ChannelHandlerContext) {
        guard closeDeadline == nil else { return }
        closeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: settings.closeTimeout) {
            self.closeDeadline = nil
            _ = self.closing.giveUp()
            context.close(mode: .all, promise: nil)
        }
    }
}
