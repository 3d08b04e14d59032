// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Answers requests for plugins on the event loop of their connection, without a task for any of them.
///
/// One request is under way at a time; what a client sends meanwhile is kept, and nothing more is read. Requests that
/// the policy does not take pass through, and while one of them is not answered all others follow it. A client that
/// repeats itself, but for the bodies, is looked at once.
final class PluginShortcut: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Parts pass through.
        case passing
        /// A request for a plugin comes in.
        case collecting(PluginShortcutPolicy.Candidate, ByteBuffer)
        /// A plugin has a request; the closure gives it up.
        case waiting(PluginShortcutPolicy.Candidate, @Sendable () -> Void)
        case ended
    }

    /// What came in while a plugin had a request.
    private enum Held {
        case part(HTTPServerRequestPart)
        case event(Any)
        case error(any Error)
    }

    private let policy: PluginShortcutPolicy
    private let peer: String
    private var state = State.passing
    /// How many requests have been handed over; tells whose answer comes.
    private var handedOver = 0
    /// How many requests have passed through that are not answered yet.
    private var passed = 0
    private var held: [Held] = []
    private var isReadHeld = false
    /// Whether anything has passed through in this round of reading.
    private var hasPassed = false
    /// The last request that the policy took.
    private var last: PluginShortcutPolicy.Candidate?

    init(policy: PluginShortcutPolicy, peer: String) {
        self.policy = policy
        self.peer = peer
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch (state, part) {
        case (.waiting, _): held.append(.part(part))
        case (.collecting(let candidate, var body), .body(let piece)):
            // Not more than the length that was announced, which the parser holds the client to.
            state = .passing
            if body.readableBytes == 0 { body = piece } else { body.writeImmutableBuffer(piece) }
            state = .collecting(candidate, body)
        case (.collecting(let candidate, let body), .end(let trailers)):
            begin(candidate, body, trailers, context)
        case (.passing, .head(let head)):
            // Who does not read his answers takes the router's way, which waits for him.
            if passed == 0, context.channel.isWritable, let candidate = candidate(head) {
                state = .collecting(candidate, ByteBuffer())
            } else {
                passed += 1
                passOn(data, context)
            }
        default: passOn(data, context)
        }
    }

    private func passOn(_ data: NIOAny, _ context: ChannelHandlerContext) {
        hasPassed = true
        context.fireChannelRead(data)
    }

    /// Those behind look at what came in this round, which is mostly nothing.
    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasPassed else { return }
        hasPassed = false
        context.fireChannelReadComplete()
    }

    private func candidate(_ head: HTTPRequestHead) -> PluginShortcutPolicy.Candidate? {
        if let last, policy.isAsBefore(head, last) { return last }
        last = policy.candidate(head, peer: peer)
        return last
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch state {
        case .waiting: held.append(.event(event))
        default:
            passOnCollected(context)
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .waiting: held.append(.error(error))
        default:
            passOnCollected(context)
            context.fireErrorCaught(error)
        }
    }

    /// The connection has ended, or become something else; nothing that was kept is begun any more.
    func handlerRemoved(context: ChannelHandlerContext) {
        state = .ended
        held = []
        last = nil
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passed -= 1 }
        context.write(data, promise: promise)
    }

    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { isReadHeld = true }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // The server ends the connection: it does not wait for the plugin any longer, and begins nothing more.
        if case .waiting(let candidate, let giveUp) = state {
            held.removeAll { if case .part = $0 { true } else { false } }
            finish(handedOver, policy.ending(candidate), context)
            giveUp()
        }
        context.close(mode: mode, promise: promise)
    }

    // MARK: A request

    private func begin(
        _ candidate: PluginShortcutPolicy.Candidate, _ body: ByteBuffer, _ trailers: HTTPHeaders?,
        _ context: ChannelHandlerContext
    ) {
        let (bound, eventLoop) = (NIOLoopBound((self, context), eventLoop: context.eventLoop), context.eventLoop)
        handedOver += 1
        let number = handedOver
        let later: (@escaping @Sendable () -> Void) -> Void = { eventLoop.execute($0) }
        let giveUp = policy.begin(candidate, body: body, later: later) { answer in
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.finish(number, answer, context)
            }
        }
        if let giveUp {
            state = .waiting(candidate, giveUp)
        } else {
            passOnCollected(context)
            passOn(wrapInboundOut(.end(trailers)), context)
        }
    }

    /// Lets the other way have what has come of a request so far.
    private func passOnCollected(_ context: ChannelHandlerContext) {
        guard case .collecting(let candidate, let body) = state else { return }
        state = .passing
        passed += 1
        passOn(wrapInboundOut(.head(candidate.head)), context)
        if body.readableBytes > 0 { passOn(wrapInboundOut(.body(body)), context) }
    }

    private func finish(_ number: Int, _ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .waiting = state, number == handedOver else { return }
        state = .passing
        context.write(wrapOutboundOut(.body(.byteBuffer(answer))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        goOn(context)
    }

    /// Takes up what came in meanwhile, as far as the next request for a plugin.
    private func goOn(_ context: ChannelHandlerContext) {
        guard !held.isEmpty else { return }
        let items = held
        held = []
        let pipeline = context.pipeline.syncOperations
        for item in items {
            if case .ended = state {
                // The connection has just become something else, which wants to know what happened to it too.
                if case .event(let event) = item { pipeline.fireUserInboundEventTriggered(event) }
                continue
            }
            switch item {
            case .part(let part): channelRead(context: context, data: wrapInboundOut(part))
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .error(let error): errorCaught(context: context, error: error)
            }
        }
        if case .ended = state { return }
        channelReadComplete(context: context)
        guard held.isEmpty, isReadHeld else { return }
        isReadHeld = false
        context.read()
    }
}
