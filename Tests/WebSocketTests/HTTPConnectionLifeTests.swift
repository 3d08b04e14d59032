// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import WebSocket

/// A connection with a clock that is turned by hand.
@Suite struct HTTPConnectionLifeTests {
    private static let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")

    private static func connection() throws -> EmbeddedChannel {
        let encoder = HTTPResponseEncoder()
        let limits = HTTPRequestLimits(headTimeout: .seconds(10), idleTimeout: .seconds(60))
        let channel = EmbeddedChannel(handlers: [encoder, HTTPConnectionLife(limits: limits, encoder: encoder)])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func wait(_ seconds: Int64, _ channel: EmbeddedChannel) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    private static func ask(_ channel: EmbeddedChannel) throws {
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    private static func answer(_ channel: EmbeddedChannel, _ status: HTTPResponseStatus = .ok) throws {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: ["Content-Length": "0"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }

    private static func sent(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test func `who sends no request in time is not waited for`() throws {
        let channel = try Self.connection()
        Self.wait(9, channel)
        #expect(channel.isActive)
        Self.wait(1, channel)
        #expect(!channel.isActive)
    }

    @Test func `a connection may idle for a while after each answer`() throws {
        let channel = try Self.connection()
        for pause in [5, 59, 59] {
            Self.wait(Int64(pause), channel)
            try Self.ask(channel)
            try Self.answer(channel)
        }
        Self.wait(59, channel)
        #expect(channel.isActive)
        Self.wait(1, channel)
        #expect(!channel.isActive)
    }

    @Test func `an answer may take as long as it wants`() throws {
        let channel = try Self.connection()
        try Self.ask(channel)
        Self.wait(601, channel)
        #expect(channel.isActive)
        try Self.answer(channel)
        Self.wait(59, channel)
        #expect(channel.isActive)
        Self.wait(1, channel)
        #expect(!channel.isActive)
    }

    @Test func `a request that does not go on is not waited for, even while another one is answered`() throws {
        for others in [0, 1] {
            let channel = try Self.connection()
            for _ in 0..<others { try Self.ask(channel) }
            try channel.writeInbound(HTTPServerRequestPart.head(Self.head))
            Self.wait(50, channel)
            try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: "a")))
            Self.wait(59, channel)
            #expect(channel.isActive)
            Self.wait(1, channel)
            #expect(!channel.isActive)
        }
    }

    @Test func `when the server stops, an idle connection ends at once and another after its answers`() throws {
        let idle = try Self.connection()
        try Self.ask(idle)
        try Self.answer(idle)
        idle.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(!idle.isActive)

        let busy = try Self.connection()
        try Self.ask(busy)
        try Self.ask(busy)
        busy.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try Self.answer(busy)
        #expect(busy.isActive)
        try Self.answer(busy)
        #expect(!busy.isActive)
        #expect(try Self.sent(busy).split(separator: "200 OK").count == 3)
    }

    @Test func `an answer in bytes counts as one, and goes out as it is`() throws {
        let channel = try Self.connection()
        try Self.ask(channel)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "all of it"))), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        #expect(try Self.sent(channel) == "all of it")
        #expect(!channel.isActive)
    }

    @Test func `one that becomes something else is left alone`() throws {
        let channel = try Self.connection()
        try Self.ask(channel)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try Self.answer(channel, .switchingProtocols)
        #expect(channel.isActive)
    }

    @Test func `a refusal of what was no request leaves nothing that is waited for`() throws {
        let channel = try Self.connection()
        try Self.ask(channel)
        try Self.answer(channel)
        try Self.answer(channel, .badRequest)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(!channel.isActive)
    }

    @Test func `a WebSocket that opens while the server stops is told so`() throws {
        let stages = HTTPStages(limits: HTTPRequestLimits(), secure: false, shortcut: nil)
        let decide: UpgradeDecider = { request in
            request.channel.eventLoop.makeSucceededFuture(
                .accept(UpgradeAcceptance(subprotocol: nil, handlers: { _ in [] })))
        }
        let gate = UpgradeGate(
            decide: decide, stages: stages, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let channel = EmbeddedChannel()
        try stages.install(gate: gate, in: channel.pipeline.syncOperations)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        // As a shortcut lets it go that has kept both behind a request of its own.
        let before = try channel.pipeline.syncOperations.context(handlerType: HTTPConnectionLife.self)
        before.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        let request =
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try channel.writeInbound(ByteBuffer(string: request))
        channel.embeddedEventLoop.run()
        var sent: [UInt8] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { sent += Array(bytes.readableBytesView) }
        #expect(String(decoding: sent, as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
        // A close frame with 1001 (RFC 6455, 7.4.1: going away).
        #expect(sent.firstRange(of: [0x03, 0xE9]) != nil)
    }
}
