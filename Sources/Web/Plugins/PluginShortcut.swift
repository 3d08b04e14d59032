// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import Model
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Decides which requests go straight to their plugin, on a connection's event loop: the small and simple ones.
///
/// Everything else takes the way over the router, which gives the same answers: what has to wait, what is refused,
/// what is long, and what asks for more than a request and its answer.
struct PluginShortcutPolicy: Sendable {
    /// The longest body that is kept until it is whole, in bytes.
    static let longestBody = 1 << 16

    let endpoint: PluginEndpoint
    let throttle: RequestThrottle
    /// The first parts of the paths that are never a plugin's.
    let reserved: Set<Substring>
    /// The headers that every answer has and no plugin can set, as they go over the wire.
    private let always: String
    private let date = HTTPDate()

    /// Makes a policy for one listener; `serverName` is what the host is called in answers.
    init(endpoint: PluginEndpoint, throttle: RequestThrottle, reserved: Set<Substring>, serverName: String) {
        self.endpoint = endpoint
        self.throttle = throttle
        self.reserved = reserved
        always = (SecurityFields.foreign + [HTTPField(name: .server, value: serverName)])
            .map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
    }

    /// A request that its plugin may have at once.
    struct Candidate {
        let head: HTTPRequest
        let route: PluginRoute
        let admission: PluginEndpoint.Admission
        let facts: RequestFacts
        let address: String
    }

    /// Looks at the head of a request; nil where it takes the other way.
    func candidate(_ head: HTTPRequest, peer: String) -> Candidate? {
        guard Self.isSimple(head.headerFields) else { return nil }
        let path = URI(head.path ?? "/").path
        guard !reserved.contains(PluginRouting.firstPart(of: path)),
            let route = endpoint.gateway.route(for: path, listenerOf: endpoint.listener?.plugin),
            Self.bodyBytes(head.headerFields).map({ $0 <= min(Self.longestBody, route.requestBytes) }) == true
        else { return nil }
        let facts = RequestFacts(head, peer: peer)
        guard let admission = try? endpoint.admission(of: head, on: route, facts: facts) else { return nil }
        return Candidate(
            head: head, route: route, admission: admission, facts: facts, address: endpoint.policy.clientAddress(facts))
    }

    /// Hands a request over; nil where that takes a while, or the address asks too much.
    func begin(
        _ candidate: Candidate, body: ByteBuffer, later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (ByteBuffer) -> Void
    ) -> (@Sendable () -> Void)? {
        guard throttle.note(candidate.address) == nil else { return nil }
        let admission = candidate.admission
        let request = endpoint.routeRequest(
            candidate.head, admission, body: body, facts: candidate.facts, address: candidate.address)
        let giveUp = endpoint.gateway.begin(request, on: candidate.route, later: later) { outcome in
            do throws(GatehouseError) {
                answer(bytes(of: try PluginEndpoint.answer(try outcome.get(), admission), to: candidate))
            } catch {
                answer(bytes(of: PluginEndpoint.refusal(error, plugin: candidate.route.plugin), to: candidate))
            }
        }
        // The router counts it then.
        if giveUp == nil { throttle.takeBack(candidate.address) }
        return giveUp
    }

    /// The answer to a request that is given up because its connection is being closed.
    func ending(_ candidate: Candidate) -> ByteBuffer {
        let plugin = candidate.route.plugin
        let error = GatehouseError(
            .limitExceeded, "The plugin \(plugin) has not answered, and the host closes this connection. Try again.")
        return bytes(of: PluginEndpoint.refusal(error, plugin: plugin), to: candidate)
    }

    /// An answer as it goes over the wire, with the headers that all have: here they need not be put together anew.
    private func bytes(of answer: PlainAnswer, to candidate: Candidate) -> ByteBuffer {
        let code = answer.status.code
        var bytes = ByteBufferAllocator().buffer(capacity: 1024 + answer.body.count)
        bytes.writeString("HTTP/1.1 \(code) \(HTTPResponseStatus(statusCode: code).reasonPhrase)\r\n")
        for field in answer.headers {
            bytes.writeString(field.name.rawName)
            bytes.writeString(": ")
            bytes.writeString(field.value)
            bytes.writeString("\r\n")
        }
        bytes.writeString(always)
        if !answer.headers.contains(.cacheControl) { bytes.writeString("Cache-Control: no-store\r\n") }
        bytes.writeString("Date: ")
        bytes.writeString(date.now)
        bytes.writeString("\r\n\r\n")
        if candidate.head.method != .head { bytes.writeBytes(answer.body) }
        return bytes
    }

    /// Whether a request wants nothing of the connection but that it goes on.
    private static func isSimple(_ headers: HTTPFields) -> Bool {
        guard !headers.contains(.expect), !headers.contains(.upgrade), !headers.contains(.transferEncoding) else {
            return false
        }
        return headers.text(.connection).map { $0.lowercased() == "keep-alive" } ?? true
    }

    /// How long the body is going to be; nil where that is not known.
    private static func bodyBytes(_ headers: HTTPFields) -> Int? {
        headers.text(.contentLength).map { Int($0) } ?? 0
    }
}

/// Answers requests for plugins on the event loop of their connection, without a task for any of them.
///
/// One request is under way at a time; what a client sends meanwhile is kept, and nothing more is read. Requests that
/// the policy does not take pass through, and while one of them is not answered all others follow it.
final class PluginShortcut: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

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
        case part(HTTPRequestPart)
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
            body.writeImmutableBuffer(piece)
            state = .collecting(candidate, body)
        case (.collecting(let candidate, let body), .end(let trailers)):
            begin(candidate, body, trailers, context)
        case (.passing, .head(let head)):
            // Who does not read his answers takes the router's way, which waits for him.
            if passed == 0, context.channel.isWritable, let candidate = policy.candidate(head, peer: peer) {
                state = .collecting(candidate, ByteBuffer())
            } else {
                passed += 1
                context.fireChannelRead(data)
            }
        default: context.fireChannelRead(data)
        }
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
        _ candidate: PluginShortcutPolicy.Candidate, _ body: ByteBuffer, _ trailers: HTTPFields?,
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
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        }
    }

    /// Lets the other way have what has come of a request so far.
    private func passOnCollected(_ context: ChannelHandlerContext) {
        guard case .collecting(let candidate, let body) = state else { return }
        state = .passing
        passed += 1
        context.fireChannelRead(wrapInboundOut(.head(candidate.head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    private func finish(_ number: Int, _ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .waiting = state, number == handedOver else { return }
        state = .passing
        context.write(wrapOutboundOut(.body(answer)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        goOn(context)
    }

    /// Takes up what came in meanwhile, as far as the next request for a plugin.
    private func goOn(_ context: ChannelHandlerContext) {
        guard !held.isEmpty else { return }
        let items = held
        held = []
        for item in items {
            switch item {
            case .part(let part): channelRead(context: context, data: wrapInboundOut(part))
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .error(let error): errorCaught(context: context, error: error)
            }
        }
        context.fireChannelReadComplete()
        guard held.isEmpty, isReadHeld else { return }
        isReadHeld = false
        context.read()
    }
}
