// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import WebSocket

/// Keeps what reached the end of the pipeline.
private final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var bytes: [UInt8] = []
    var texts: [String] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += Array(unwrapInboundIn(data).readableBytesView)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let text = event as? WebSocketText { texts.append(String(buffer: text.bytes)) }
    }
}

/// Keeps how the connection ended.
private final class Endings: Sendable {
    private let list = Mutex<[WebSocketClosing.Ending]>([])

    var all: [WebSocketClosing.Ending] { list.withLock { $0 } }

    func add(_ ending: WebSocketClosing.Ending) { list.withLock { $0.append(ending) } }
}

@Suite struct WebSocketHandlerTests {
    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let recorder = Recorder()
    private let endings = Endings()

    init() throws {
        channel = EmbeddedChannel(loop: loop)
        let handler = WebSocketHandler(settings: WebSocketSettings(onEnd: { [endings] in endings.add($0) }))
        try channel.pipeline.syncOperations.addHandlers([handler, recorder])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func receive(_ frames: ClientFrame...) throws {
        try channel.writeInbound(ByteBuffer(bytes: frames.flatMap(\.bytes)))
    }

    private func sent() throws -> [ServerFrame] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer.readableBytesView) }
        return ServerFrame.all(in: bytes)
    }

    @Test func `payload goes up as bytes, text as an event`() throws {
        try receive(.binary([1, 2]), .text("hi"), .binary([3]))
        #expect(recorder.bytes == [1, 2, 3])
        #expect(recorder.texts == ["hi"])
    }

    @Test func `what is written becomes binary frames`() throws {
        try channel.writeOutbound(ByteBuffer(bytes: [1, 2, 3]))
        try channel.writeOutbound(ByteBuffer(repeating: 7, count: 5000))
        let frames = try sent()
        #expect(frames.map(\.payload.count) == [3, 5000])
        #expect(frames.allSatisfy { $0.opcode == 2 })
    }

    @Test func `a ping is answered with its payload, a pong is not`() throws {
        try receive(.ping([1, 2]), .pong([9]))
        #expect(try sent() == [ServerFrame(opcode: 10, payload: [1, 2])])
    }

    @Test func `of pings that can not be answered only the last is kept`() throws {
        channel.isWritable = false
        for number in 0..<100 { try receive(.ping([UInt8(number)])) }
        #expect(try sent().isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try sent() == [ServerFrame(opcode: 10, payload: [99])])
    }

    @Test func `a ping goes out every 20 seconds`() throws {
        loop.advanceTime(by: .seconds(19))
        #expect(try sent().isEmpty)
        loop.advanceTime(by: .seconds(1))
        #expect(try sent() == [ServerFrame(opcode: 9, payload: [])])
        try receive(.pong())
        loop.advanceTime(by: .seconds(20))
        #expect(try sent().count == 1)
    }

    @Test func `a peer that says nothing is closed with 4006 after 60 seconds`() throws {
        loop.advanceTime(by: .seconds(59))
        #expect(try sent().map(\.opcode) == [9, 9])
        loop.advanceTime(by: .seconds(1))
        #expect(try sent().first?.closeCode == 4006)
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
        #expect(endings.all.map(\.code) == [.deadPeer])
    }

    @Test func `any byte keeps a peer alive`() throws {
        for _ in 0..<20 {
            try receive(.pong())
            loop.advanceTime(by: .seconds(20))
        }
        #expect(channel.isActive)
        #expect(try sent().allSatisfy { $0.opcode == 9 })
    }

    @Test func `the peer's close is answered and the connection closed`() throws {
        try receive(.close(1001, "leaving"))
        let frames = try sent()
        #expect(frames.map(\.opcode) == [8])
        #expect(frames.first?.closeCode == 1001)
        #expect(!channel.isActive)
        #expect(endings.all == [.init(code: .goingAway, reason: "leaving", byPeer: true)])
    }

    @Test func `our close waits for the answer, and drops what is written after it`() throws {
        channel.triggerUserOutboundEvent(
            WebSocketCloseRequest(.init(rawValue: 4000), reason: "taken over"), promise: nil)
        #expect(throws: ChannelError.self) { try channel.writeOutbound(ByteBuffer(bytes: [1])) }
        let frames = try sent()
        #expect(frames.map(\.closeCode) == [4000])
        #expect(frames.first?.closeReason == "taken over")
        try receive(.binary([1]), .ping([1]))
        #expect(recorder.bytes.isEmpty)
        #expect(try sent().isEmpty)
        #expect(channel.isActive)
        try receive(.close(4000))
        #expect(!channel.isActive)
        #expect(endings.all.count == 1)
    }

    @Test func `an answer that does not come is waited for two seconds`() throws {
        channel.triggerUserOutboundEvent(WebSocketCloseRequest(.normal, reason: ""), promise: nil)
        loop.advanceTime(by: .milliseconds(1999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func `a violation is closed with its code and nothing more is taken`() throws {
        try receive(ClientFrame(opcode: 3, payload: []), .binary([1]))
        try receive(.binary([2]))
        #expect(try sent().map(\.closeCode) == [1002])
        #expect(recorder.bytes.isEmpty)
    }

    @Test func `when the server stops it says goodbye with 1001`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try sent().map(\.closeCode) == [1001])
        loop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func `a peer that shuts its sending side is gone`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!channel.isActive)
        #expect(endings.all == [.init(code: nil, reason: "", byPeer: true)])
    }

    @Test func `no timer outlives the connection`() throws {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        _ = try sent()
        loop.advanceTime(by: .seconds(300))
        #expect(try sent().isEmpty)
    }
}
