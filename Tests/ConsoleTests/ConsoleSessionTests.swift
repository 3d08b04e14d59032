// SPDX-License-Identifier: Apache-2.0

import Console
import Model
import NIOCore
import NIOPosix
import TestRandom
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConsoleSessionTests {
    @Test func `bytes flow both ways and are counted`() async throws {
        let bench = try await SessionBench(.text)
        try await bench.source.send("login: ")
        #expect(try await bench.browser.receive(7) == Array("login: ".utf8))
        try await bench.browser.send("root\r")
        #expect(try await bench.source.receive(5) == Array("root\r".utf8))
        #expect(bench.session.statistics == ConsoleStatistics(bytesIn: 5, bytesOut: 7))
        try await bench.finish()
    }

    @Test func `bulk arrives unchanged`() async throws {
        let bench = try await SessionBench(.text)
        var generator = SeededGenerator(seed: 5)
        let down = generator.bytes(3_000_000)
        let up = generator.bytes(2_000_000)
        bench.source.start(sending: ByteBuffer(bytes: down))
        bench.browser.start(sending: ByteBuffer(bytes: up))
        #expect(try await bench.browser.receive(down.count) == down)
        #expect(try await bench.source.receive(up.count) == up)
        try await bench.finish()
    }

    @Test func `a browser is greeted without a password, then nothing is touched`() async throws {
        let bench = try await SessionBench(.vnc)
        try await bench.greet()
        #expect(bench.session.statistics.bytesOut == 0)
        try await bench.browser.send([1])
        #expect(try await bench.source.receive(1) == [1])
        try await bench.source.send([1, 2, 3])
        #expect(try await bench.browser.receive(3) == [1, 2, 3])
        try await bench.finish()
    }

    @Test func `what comes in one piece with the handshake is not lost`() async throws {
        let bench = try await SessionBench(.vnc)
        try await bench.browser.send(Array("RFB 003.008\n".utf8) + [1, 1, 9, 9])
        #expect(try await bench.source.receive(3) == [1, 9, 9])
        try await bench.finish()
    }

    @Test func `a browser that breaks the handshake is sent away`() async throws {
        let bench = try await SessionBench(.vnc)
        try await bench.browser.send("HELLO")
        let end = try await bench.session.ended.get()
        #expect(end.closeCode == 1002)
        try await bench.source.end()
        try await bench.finish()
    }

    @Test func `a browser that says nothing is sent away`() async throws {
        let bench = try await SessionBench(.vnc, handshakeTimeout: .milliseconds(50))
        #expect(try await bench.session.ended.get() == .handshakeTimedOut)
        try await bench.finish()
    }

    @Test func `text messages are input, but for those that are meant for the host`() async throws {
        let bench = try await SessionBench(.text)
        let pipeline = bench.front.pipeline
        pipeline.fireUserInboundEventTriggered(ConsoleText(bytes: ByteBuffer(string: "ls\r")))
        let size = ByteBuffer(string: "\0{\"resize\":{\"columns\":80,\"rows\":24}}")
        pipeline.fireUserInboundEventTriggered(ConsoleText(bytes: size))
        pipeline.fireUserInboundEventTriggered(ConsoleText(bytes: ByteBuffer(string: "x")))
        pipeline.fireChannelReadComplete()
        #expect(try await bench.source.receive(4) == Array("ls\rx".utf8))
        try await bench.finish()
    }

    @Test func `text has no place on a screen`() async throws {
        let bench = try await SessionBench(.vnc)
        bench.front.pipeline.fireUserInboundEventTriggered(ConsoleText(bytes: ByteBuffer(string: "x")))
        #expect(try await bench.session.ended.get().closeCode == 1003)
        try await bench.finish()
    }

    @Test func `when the source ends the rest still arrives, and the reason says so`() async throws {
        let bench = try await SessionBench(.text)
        let last = [UInt8](repeating: 7, count: 300_000)
        try await bench.source.send(last)
        await bench.source.close()
        #expect(try await bench.session.ended.get() == .sourceEnded)
        #expect(try await bench.browser.receive(last.count) == last)
        #expect(ConsoleEnd.sourceEnded.closeCode == 4004)
        #expect(bench.notes.ends == [.sourceEnded])
        try await bench.finish()
    }

    @Test func `when the browser goes the source is let go`() async throws {
        let bench = try await SessionBench(.text)
        await bench.browser.close()
        #expect(try await bench.session.ended.get() == .peerClosed)
        try await bench.source.end()
    }

    @Test func `a session can be ended from outside, once`() async throws {
        let bench = try await SessionBench(.text)
        bench.session.end(.requested(code: 4000, reason: "taken over by ada"))
        bench.session.end(.requested(code: 4001, reason: "late"))
        let end = try await bench.session.ended.get()
        #expect(end.closeCode == 4000)
        #expect(end.closeReason == "taken over by ada")
        try await bench.source.end()
        #expect(bench.notes.ends.count == 1)
        try await bench.finish()
    }

    @Test func `a session that never got a browser ends too`() async throws {
        let listener = try await Listener.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let backend = try await ConsoleConnector().connect(
            .tcp(host: "127.0.0.1", port: listener.port, credential: nil), type: .text, on: loop
        ).get()
        let source = try await listener.accept()
        let session = ConsoleSession(type: .text, backend: backend) { _ in }
        session.end(.peerClosed)
        #expect(try await session.ended.get() == .peerClosed)
        try await source.end()
    }

    @Test(arguments: [(TimeAmount.hours(1), 1), (.nanoseconds(1), 4)])
    func `input is reported at most once per interval, updates never`(interval: TimeAmount, reports: Int) async throws {
        let bench = try await SessionBench(.vnc, activityInterval: interval)
        try await bench.greet()
        let update = [3] + [UInt8](repeating: 0, count: 9)
        let key: [UInt8] = [4, 1, 0, 0, 0, 0, 0, 0x61]
        try await bench.browser.send([1] + update + update)
        _ = try await bench.source.receive(21)
        #expect(bench.notes.activity == 0)
        for _ in 0..<4 {
            try await bench.browser.send(key)
            _ = try await bench.source.receive(8)
            try await bench.browser.send(update)
            _ = try await bench.source.receive(10)
        }
        #expect(bench.notes.activity == reports)
        try await bench.finish()
    }

    @Test func `a stalled reader costs bounded memory and slows no one else`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let stalled = try await SessionBench(.text, loop: loop)
        let other = try await SessionBench(.text, loop: loop)
        try await stalled.browser.setReading(false)
        let size = 96 * 1024 * 1024
        stalled.source.start(sending: ByteBuffer(repeating: 1, count: size))
        try await Task.sleep(for: .milliseconds(400))
        // What left the pump sits in the sockets; what waits in the host is a round of reads.
        #expect(stalled.session.statistics.bytesOut < 32 * 1024 * 1024)
        #expect(try await stalled.bufferedForBrowser() <= 512 * 1024)
        let sofar = stalled.session.statistics.bytesOut
        let start = ContinuousClock.now
        for _ in 0..<50 {
            try await other.browser.send("x")
            _ = try await other.source.receive(1)
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(stalled.session.statistics.bytesOut == sofar)
        stalled.browser.countOnly()
        try await stalled.browser.setReading(true)
        try await stalled.browser.count(to: size)
        #expect(stalled.session.statistics.bytesOut == UInt64(size))
        try await stalled.finish()
        try await other.finish()
    }

    @Test func `a stalled source stops the browser, not the host`() async throws {
        let bench = try await SessionBench(.text)
        try await bench.source.setReading(false)
        let size = 64 * 1024 * 1024
        bench.browser.start(sending: ByteBuffer(repeating: 1, count: size))
        try await Task.sleep(for: .milliseconds(400))
        #expect(bench.session.statistics.bytesIn < 32 * 1024 * 1024)
        bench.source.countOnly()
        try await bench.source.setReading(true)
        try await bench.source.count(to: size)
        try await bench.finish()
    }
}
