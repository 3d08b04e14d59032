// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WebSocket

/// Sends everything back, text as text.
private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let text = event as? WebSocketText else { return }
        context.triggerUserOutboundEvent(WebSocketTextToSend(String(buffer: text.bytes)), promise: nil)
    }
}

/// `/echo` is a WebSocket, `/refused` and `/broken` never, `/closed` at once says why; all else is not ours.
private let decide: UpgradeDecider = { request in
    let loop = request.channel.eventLoop
    let settings = WebSocketSettings(limits: WebSocketLimits(keepsBinaryMessages: true))
    let echo = UpgradeDecision.accept(
        UpgradeAcceptance(subprotocol: "binary", settings: settings) { _ in [Echo()] })
    switch request.head.uri {
    case "/echo": return loop.makeSucceededFuture(echo)
    case "/late": return loop.scheduleTask(in: .milliseconds(50)) { echo }.futureResult
    case "/refused": return loop.makeSucceededFuture(.refuse(.forbidden, message: "no ticket"))
    case "/refused-late":
        return loop.scheduleTask(in: .milliseconds(50)) { .refuse(.conflict, message: "taken") }.futureResult
    case "/broken": return loop.makeFailedFuture(ChannelError.operationUnsupported)
    case "/closed":
        return loop.makeSucceededFuture(
            .acceptAndClose(subprotocol: "binary", .init(rawValue: 4005), reason: "connection refused"))
    default: return nil
    }
}

private func request(_ path: String, _ extra: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(extra)\r\n"
}

private let plain = "GET /page HTTP/1.1\r\nHost: h\r\n\r\n"

@Suite(.timeLimit(.minutes(1))) struct UpgradeServerTests {
    @Test(arguments: [false, true])
    func `a WebSocket opens and echoes`(tls: Bool) async throws {
        try await withServer(tls: tls, decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port, tls: tls)
            try await client.send(request("/echo", "Sec-WebSocket-Protocol: other, binary\r\n"))
            let (head, _) = try await client.answer()
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(head.lowercased().contains("sec-websocket-protocol: binary"))
            let large = [UInt8](repeating: 3, count: 200_000)
            try await client.send(.binary([1, 2, 3]), .text("ü"), .binary(large))
            #expect(try await client.frame() == ServerFrame(opcode: 2, payload: [1, 2, 3]))
            #expect(try await client.frame() == ServerFrame(opcode: 1, payload: Array("ü".utf8)))
            #expect(try await client.frame().payload == large)
            try await client.send(.close(1000))
            #expect(try await client.frame().closeCode == 1000)
            try await client.end()
        }
    }

    @Test func `a subprotocol that was not offered is not answered`() async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/echo", "Sec-WebSocket-Protocol: other\r\n"))
            #expect(try await !client.answer().head.lowercased().contains("sec-websocket-protocol"))
        }
    }

    @Test(arguments: [false, true])
    func `an upgrade may follow a page on the same connection`(tls: Bool) async throws {
        try await withServer(tls: tls, decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port, tls: tls)
            for _ in 0..<2 {
                try await client.send(plain)
                #expect(try await client.answer().body == "router: /page")
            }
            try await client.send(request("/echo"))
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
            try await client.send(.binary([7]))
            #expect(try await client.frame().payload == [7])
        }
    }

    @Test(arguments: ["/refused", "/refused-late", "/broken", "/unknown"])
    func `after a refusal the connection stays usable`(path: String) async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            for _ in 0..<2 {
                try await client.send(request(path))
                let (head, body) = try await client.answer()
                switch path {
                case "/refused":
                    #expect(head.hasPrefix("HTTP/1.1 403 "))
                    #expect(body == "no ticket\n")
                case "/refused-late": #expect(head.hasPrefix("HTTP/1.1 409 "))
                case "/broken": #expect(head.hasPrefix("HTTP/1.1 500 "))
                default: #expect(body == "router: /unknown")
                }
            }
            try await client.send(plain)
            #expect(try await client.answer().body == "router: /page")
            try await client.send(request("/echo"))
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test(arguments: ["/refused", "/refused-late", "/unknown"])
    func `a request in the same packet as a refused one is answered too`(path: String) async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request(path) + plain)
            _ = try await client.answer()
            #expect(try await client.answer().body == "router: /page")
        }
    }

    @Test(arguments: ["/echo", "/late"], [false, true])
    func `frames in the same packet as the request are not lost`(path: String, tls: Bool) async throws {
        try await withServer(tls: tls, decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port, tls: tls)
            let bytes = Array(request(path).utf8) + ClientFrame.binary([1]).bytes + ClientFrame.text("x").bytes
            try await client.send(bytes)
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
            #expect(try await client.frame().payload == [1])
            #expect(try await client.frame() == ServerFrame(opcode: 1, payload: Array("x".utf8)))
        }
    }

    @Test func `an upgrade behind a page in the same packet is left to the router`() async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(plain + request("/echo") + plain)
            #expect(try await client.answer().body == "router: /page")
            #expect(try await client.answer().body == "router: /echo")
            #expect(try await client.answer().body == "router: /page")
        }
    }

    @Test func `a malformed request is refused with its own status`() async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/echo").replacing("Version: 13", with: "Version: 8"))
            let (head, _) = try await client.answer()
            #expect(head.hasPrefix("HTTP/1.1 426 "))
            #expect(head.contains("Sec-WebSocket-Version: 13"))
            try await client.send(request("/echo").replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "short"))
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 400 "))
            try await client.send(request("/echo"))
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func `a reason that only a Close frame can carry arrives`() async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/closed"))
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
            let frame = try await client.frame()
            #expect(frame.closeCode == 4005)
            #expect(frame.closeReason == "connection refused")
            try await client.send(.close(4005))
            try await client.end()
        }
    }

    @Test(arguments: [false, true])
    func `a stopping server says goodbye and does not wait for long`(tls: Bool) async throws {
        try await withServer(tls: tls, decide: decide) { port, stop in
            let clients = [
                try await RawClient.connect(port: port, tls: tls), try await RawClient.connect(port: port, tls: tls),
            ]
            for client in clients {
                try await client.send(request("/echo"))
                _ = try await client.answer()
            }
            let idle = try await RawClient.connect(port: port, tls: tls)
            try await idle.send(plain)
            _ = try await idle.answer()
            let start = ContinuousClock.now
            async let stopped: Void = stop()
            for client in clients { #expect(try await client.frame().closeCode == 1001) }
            // One answers, the other does not.
            try await clients[0].send(.close(1001))
            try await stopped
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }

    @Test func `a stop during a decision ends after the answer`() async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let slow: UpgradeDecider = { request in
            continuation.yield()
            return decide(request)
        }
        try await withServer(decide: slow) { port, stop in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/late"))
            for await _ in asked { break }
            async let stopped: Void = stop()
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 101 "))
            #expect(try await client.frame().closeCode == 1001)
            try await client.send(.close(1001))
            try await stopped
        }
    }

    @Test(arguments: [false, true])
    func `a client that shuts its sending side is closed`(tls: Bool) async throws {
        try await withServer(tls: tls, decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port, tls: tls)
            try await client.send(request("/echo"))
            _ = try await client.answer()
            try await client.finish()
            try await client.end()
        }
    }

    @Test func `a client that left during the decision is given up or handed over, not both`() async throws {
        let calls = Atomic<Int>(0)
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let decide: UpgradeDecider = { request in
            continuation.yield()
            return request.channel.eventLoop.scheduleTask(in: .milliseconds(100)) {
                .accept(
                    UpgradeAcceptance(
                        subprotocol: nil, onAbandon: { calls.add(1, ordering: .relaxed) },
                        handlers: { _ in
                            calls.add(100, ordering: .relaxed)
                            return []
                        }))
            }.futureResult
        }
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/"))
            for await _ in asked { break }
            await client.close()
        }
        for _ in 0..<1_000 where calls.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(200))
        #expect([1, 100].contains(calls.load(ordering: .relaxed)))
    }

    @Test(arguments: [false, true])
    func `a slow request head is not waited for`(tls: Bool) async throws {
        let limits = HTTPRequestLimits(headTimeout: .milliseconds(200))
        try await withServer(tls: tls, limits: limits, decide: decide) { port, _ in
            // Without TLS it sends half a head; with TLS it never starts the handshake.
            let client = try await RawClient.connect(port: port)
            if !tls { try await client.send("GET / HTTP/1.1\r\nHost:") }
            try await client.end()
        }
    }

    @Test func `too many headers are refused`() async throws {
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            let many = (0..<200).map { "X-\($0): 1\r\n" }.joined()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\(many)\r\n")
            #expect(try await client.answer().head.hasPrefix("HTTP/1.1 400 "))
            try await client.end()
        }
    }

    @Test func `no data is taken in while the decision is pending`() async throws {
        let pending = Mutex<EventLoopPromise<UpgradeDecision>?>(nil)
        let decide: UpgradeDecider = { request in
            let promise = request.channel.eventLoop.makePromise(of: UpgradeDecision.self)
            pending.withLock { $0 = promise }
            return promise.futureResult
        }
        try await withServer(decide: decide) { port, _ in
            let client = try await RawClient.connect(port: port)
            try await client.send(request("/echo"))
            client.start(sending: [UInt8](repeating: 0x82, count: 64 * 1024 * 1024))
            try await Task.sleep(for: .milliseconds(300))
            // The sockets' own buffers are far smaller than what was sent.
            #expect(client.isStuck)
            await client.close()
            pending.withLock { $0?.succeed(.refuse(.forbidden, message: "late")) }
        }
    }
}
