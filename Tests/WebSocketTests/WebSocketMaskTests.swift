// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestRandom
import Testing
import WebSocket

@Suite struct WebSocketMaskTests {
    @Test(arguments: 0...300)
    func `the mask comes off whole, and in two parts at any border`(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let key = generator.bytes(4)
        let plain = generator.bytes(count)
        let masked = plain.enumerated().map { $1 ^ key[$0 % 4] }
        let word = key.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        for border in Set([0, 1, 2, 3, count / 2, count]) where border <= count {
            var mask = WebSocketMask(key: word)
            var source = ByteBuffer(bytes: [9, 9, 9] + masked)
            source.moveReaderIndex(forwardBy: 3)
            var target = ByteBuffer(bytes: [1, 2])
            target.moveReaderIndex(forwardBy: 1)
            mask.unmask(border, from: &source, to: &target)
            mask.unmask(count - border, from: &source, to: &target)
            #expect(Array(target.readableBytesView) == [2] + plain)
            #expect(source.readableBytes == 0)
        }
    }
}
