// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import WebSocket

@Suite struct WebSocketFrameEncoderTests {
    private func frames(_ parts: (ByteBuffer, ByteBuffer?)) -> [ServerFrame] {
        ServerFrame.all(in: Array(parts.0.readableBytesView) + Array((parts.1 ?? ByteBuffer()).readableBytesView))
    }

    @Test(arguments: [0, 1, 125, 126, 4096, 4097, 65_535, 65_536, 100_000])
    func `one write is one binary frame`(count: Int) {
        var encoder = WebSocketFrameEncoder()
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for _ in 0..<2 {
            let parts = encoder.binary(ByteBuffer(bytes: payload))
            #expect(frames(parts) == [ServerFrame(opcode: 2, payload: payload)])
            #expect((parts.1 == nil) == (count <= 4096))
        }
    }

    @Test func `the shared header follows the length`() {
        var encoder = WebSocketFrameEncoder()
        for count in [5000, 70_000, 5000, 5001] {
            #expect(frames(encoder.binary(ByteBuffer(repeating: 1, count: count))).first?.payload.count == count)
        }
    }

    @Test func `a close reason is cut between two characters`() {
        let reason = String(repeating: "ü", count: 100)
        let frame = ServerFrame.all(in: Array(WebSocketFrameEncoder.close(.normal, reason: reason).readableBytesView))
        #expect(frame.first?.payload.count == 2 + 122)
        #expect(frame.first?.closeReason == String(repeating: "ü", count: 61))
        let flags = WebSocketFrameEncoder.cut(String(repeating: "🇩🇪", count: 30), at: 123)
        #expect(flags == String(repeating: "🇩🇪", count: 15))
        #expect(WebSocketFrameEncoder.cut("short", at: 123) == "short")
        #expect(WebSocketFrameEncoder.cut("ü", at: 1) == "")
    }

    @Test func `a close without a code is empty`() {
        let frame = WebSocketFrameEncoder.close(nil, reason: "ignored")
        #expect(Array(frame.readableBytesView) == [0x88, 0])
    }
}
