// SPDX-License-Identifier: Apache-2.0

import Console
import NIOCore
import TestRandom
import Testing

private struct Outcome: Equatable {
    var sent: [UInt8] = []
    var isDone = false
    var rest: [UInt8] = []
    var violation: RFBServerHandshake.Violation?

    init(_ pieces: [[UInt8]]) {
        var handshake = RFBServerHandshake()
        var input = ByteBuffer()
        do throws(RFBServerHandshake.Violation) {
            for piece in pieces {
                input.writeBytes(piece)
                while !isDone, let step = try handshake.next(&input) {
                    switch step {
                    case .send(let bytes): sent += Array(bytes.readableBytesView)
                    case .done: isDone = true
                    }
                }
            }
            rest = Array(input.readableBytesView)
        } catch {
            violation = error
        }
    }
}

private func line(_ version: String) -> [UInt8] { Array("RFB \(version)\n".utf8) }

@Suite struct RFBServerHandshakeTests {
    @Test func `3_8 is offered`() {
        #expect(Array(RFBServerHandshake.opening.readableBytesView) == line("003.008"))
    }

    @Test func `a browser gets None and nothing else, in each version`() {
        let new = Outcome([line("003.008") + [1, 1]])
        #expect(new.sent == [1, 1, 0, 0, 0, 0])
        #expect(new.isDone && new.rest == [1])
        let middle = Outcome([line("003.007") + [1, 1]])
        #expect(middle.sent == [1, 1])
        #expect(middle.isDone && middle.rest == [1])
        let old = Outcome([line("003.003") + [1]])
        #expect(old.sent == [0, 0, 0, 1])
        #expect(old.isDone && old.rest == [1])
    }

    @Test(arguments: ["RFB 003.889\n", "RFB 004.000\n", "RFB 003.005\n", "GET / HTTP/1.1", "X"])
    func `other versions are refused`(text: String) {
        #expect(Outcome([Array(text.utf8)]).violation != nil)
    }

    @Test func `another security type is refused`() {
        #expect(Outcome([line("003.008") + [2]]).violation != nil)
    }

    @Test func `bytes may come in any pieces`() {
        let bytes = line("003.008") + [1, 0, 0xAA]
        let whole = Outcome([bytes])
        for border in 0...bytes.count {
            #expect(Outcome([Array(bytes[..<border]), Array(bytes[border...])]) == whole)
        }
    }

    @Test func `random input never does more than fail`() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<4_000 {
            var bytes = line("003.008") + generator.bytes(4)
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let border = Int.random(in: 0...bytes.count, using: &generator)
            #expect(Outcome([Array(bytes[..<border]), Array(bytes[border...])]) == Outcome([bytes]))
        }
    }
}
