// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestRandom
import Testing
import WebSocket

@Suite struct WebSocketFrameDecoderTests {
    private func text(_ text: String) -> WebSocketFrameDecoder.Output { .text(ByteBuffer(string: text)) }
    private func binary(_ bytes: [UInt8]) -> WebSocketFrameDecoder.Output { .binary(ByteBuffer(bytes: bytes)) }

    @Test func `the examples of RFC 6455 come out`() {
        let hello = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58] as [UInt8]
        #expect(Decoded([hello]).outputs == [text("Hello")])
        let ping = [0x89, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58] as [UInt8]
        #expect(Decoded([ping]).outputs == [.ping(ByteBuffer(string: "Hello"))])
    }

    @Test(arguments: [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 200_000])
    func `messages of every length form come out`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(Decoded([ClientFrame.binary(payload)]).outputs == [binary(payload)])
    }

    @Test func `a fragmented message is one, with control frames in between`() {
        let frames: [ClientFrame] = [
            .text("He", isFinal: false), .ping([1]), .continuation(Array("ll".utf8), isFinal: false), .pong(),
            .continuation([], isFinal: false), .continuation(Array("o".utf8)), .binary([7]),
        ]
        let expected = [.ping(ByteBuffer(bytes: [1])), .pong, text("Hello"), binary([7])]
        #expect(Decoded(frames).outputs == expected)
    }

    @Test func `bytes may come in any pieces`() {
        let frames: [ClientFrame] = [
            .text("Grüße", isFinal: false), .ping([1, 2, 3]), .continuation(Array(" 🖥️".utf8)),
            .binary([UInt8](repeating: 5, count: 130)), .close(1000, "bye"),
        ]
        let bytes = frames.flatMap(\.bytes)
        let whole = Decoded([bytes])
        #expect(whole.outputs.count == 4)
        #expect(whole.violation == nil)
        for border in 0...bytes.count {
            #expect(Decoded([Array(bytes[..<border]), Array(bytes[border...])]) == whole)
        }
        #expect(Decoded(bytes.map { [$0] }) == whole)
    }

    @Test func `streamed binary comes as it arrives and keeps its order with text`() {
        let limits = WebSocketLimits()
        let frames: [ClientFrame] = [
            .binary([1, 2]), .binary([3], isFinal: false), .continuation([4]), .text("x"), .binary([5]),
        ]
        let decoded = Decoded(frames, limits: limits)
        #expect(decoded.outputs == [binary([1, 2, 3, 4]), text("x"), binary([5])])
        let part = Decoded([Array(ClientFrame.binary([1, 2, 3]).bytes.dropLast())], limits: limits)
        #expect(part.outputs == [binary([1, 2])])
    }

    @Test func `reserved bits, unknown opcodes and unmasked frames are refused`() {
        for reserved in 1...7 as ClosedRange<UInt8> {
            #expect(
                Decoded([ClientFrame(opcode: 2, payload: [], reserved: reserved)]).violation?.code == .protocolError)
        }
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8] {
            #expect(Decoded([ClientFrame(opcode: opcode, payload: [])]).violation?.code == .protocolError)
        }
        #expect(Decoded([ClientFrame(opcode: 2, payload: [1], key: nil)]).violation?.code == .protocolError)
    }

    @Test func `long and fragmented control frames are refused`() {
        for opcode in [8, 9, 10] as [UInt8] {
            let long = ClientFrame(opcode: opcode, payload: [UInt8](repeating: 65, count: 126))
            #expect(Decoded([long]).violation?.code == .protocolError)
            #expect(
                Decoded([ClientFrame(opcode: opcode, payload: [], isFinal: false)]).violation?.code == .protocolError)
        }
        let longest = [UInt8](repeating: 65, count: 125)
        #expect(Decoded([ClientFrame.ping(longest)]).outputs == [.ping(ByteBuffer(bytes: longest))])
    }

    @Test func `negative and needlessly long lengths are refused`() {
        for length in [(8, UInt64(1) << 63), (8, .max), (2, 125), (8, 65_535), (8, 0)] as [(Int, UInt64)] {
            let frame = ClientFrame(opcode: 2, payload: [], length: length)
            #expect(Decoded([frame]).violation?.code == .protocolError, "\(length)")
        }
    }

    @Test func `a continuation needs a message, and a message an end`() {
        #expect(Decoded([ClientFrame.continuation([1])]).violation?.code == .protocolError)
        #expect(Decoded([ClientFrame.text("a"), .continuation([1])]).violation?.code == .protocolError)
        #expect(Decoded([ClientFrame.text("a", isFinal: false), .text("b")]).violation?.code == .protocolError)
        #expect(Decoded([ClientFrame.binary([1], isFinal: false), .binary([1])]).violation?.code == .protocolError)
    }

    @Test func `text that is not UTF-8 is refused as soon as it shows`() {
        let bad = Decoded([ClientFrame(opcode: 1, payload: [0x61, 0xFF])])
        #expect(bad.violation?.code == .invalidPayload)
        let cut = Decoded([ClientFrame(opcode: 1, payload: [0xE2, 0x82])])
        #expect(cut.violation?.code == .invalidPayload)
        // The frame is not complete, and never needs to be.
        let early = ClientFrame(opcode: 1, payload: [0x61, 0xFF, 0x61, 0x61]).bytes.dropLast(2)
        #expect(Decoded([Array(early)]).violation?.code == .invalidPayload)
        let split = [ClientFrame(opcode: 1, payload: [0xE2, 0x82], isFinal: false), .continuation([0xAC])]
        #expect(Decoded(split).outputs == [text("€")])
        #expect(Decoded([ClientFrame.binary([0xFF])]).violation == nil)
    }

    @Test func `messages above the limit are refused before they are read`() {
        let limits = WebSocketLimits(textMessage: 10, binaryMessage: 20, keepsBinaryMessages: true)
        let header = Array(ClientFrame(opcode: 1, payload: [], length: (1, 11)).bytes)
        #expect(Decoded([header], limits: limits).violation?.code == .tooLarge)
        let sum: [ClientFrame] = [
            .binary([UInt8](repeating: 0, count: 15), isFinal: false), .continuation([1, 2, 3, 4, 5, 6]),
        ]
        #expect(Decoded(sum, limits: limits).violation?.code == .tooLarge)
        let huge = ClientFrame(opcode: 2, payload: [], length: (8, UInt64(Int.max)))
        #expect(Decoded([huge], limits: limits).violation?.code == .tooLarge)
        #expect(Decoded([ClientFrame.text("1234567890")], limits: limits).violation == nil)
        #expect(Decoded([huge]).violation?.code == .tooLarge)
    }

    @Test(
        arguments: [
            (1000, true), (1001, true), (1002, true), (1003, true), (1007, true), (1008, true), (1009, true),
            (1010, true),
            (1011, true), (3000, true), (3999, true), (4000, true), (4999, true), (0, false), (999, false),
            (1004, false),
            (1005, false), (1006, false), (1015, false), (1016, false), (1100, false), (2000, false), (2999, false),
            (5000, false), (65_535, false),
        ] as [(UInt16, Bool)])
    func `close codes are checked`(code: UInt16, isAllowed: Bool) {
        let decoded = Decoded([ClientFrame.close(code, "why")])
        if isAllowed {
            #expect(decoded.outputs == [.close(WebSocketCloseCode(rawValue: code), reason: "why")])
        } else {
            #expect(decoded.violation?.code == .protocolError)
        }
    }

    @Test func `close frames are checked`() {
        #expect(Decoded([ClientFrame.close(nil)]).outputs == [.close(nil, reason: "")])
        #expect(Decoded([ClientFrame(opcode: 8, payload: [3])]).violation?.code == .protocolError)
        #expect(Decoded([ClientFrame(opcode: 8, payload: [3, 0xE8, 0xFF])]).violation?.code == .invalidPayload)
        #expect(Decoded([ClientFrame.close(1000), .text("late")]).outputs.count == 1)
    }

    @Test func `random input never does more than fail`() {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<4_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                var frame = ClientFrame(
                    opcode: UInt8.random(in: 0...15, using: &generator),
                    payload: generator.bytes(Int.random(in: 0...140, using: &generator)))
                frame.isFinal = Bool.random(using: &generator)
                if Int.random(in: 0...9, using: &generator) == 0 { frame.reserved = 1 }
                bytes += frame.bytes
            }
            if Bool.random(using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let whole = Decoded([bytes])
            let border = Int.random(in: 0...bytes.count, using: &generator)
            let halves = Decoded([Array(bytes[..<border]), Array(bytes[border...])])
            #expect(halves == whole)
            #expect(whole.binary.count <= bytes.count)
        }
    }

    @Test func `valid traffic survives every cut, streamed too`() {
        var generator = SeededGenerator(seed: 4711)
        for _ in 0..<1_500 {
            let payloads = (0..<3).map { _ in generator.bytes(Int.random(in: 0...300, using: &generator)) }
            var frame = ClientFrame.binary(payloads[0], isFinal: false)
            frame.key = generator.bytes(4)
            let bytes =
                frame.bytes + ClientFrame.continuation(payloads[1]).bytes + ClientFrame.ping([1]).bytes
                + ClientFrame.binary(payloads[2]).bytes
            let first = Int.random(in: 0...bytes.count, using: &generator)
            let second = Int.random(in: first...bytes.count, using: &generator)
            let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
            let decoded = Decoded(pieces, limits: WebSocketLimits())
            #expect(decoded.violation == nil)
            #expect(decoded.binary == payloads.flatMap { $0 })
        }
    }
}
