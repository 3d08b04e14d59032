// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestRandom
import Testing

@testable import Console

private struct Outcome: Equatable {
    var sent: [UInt8] = []
    var isDone = false
    var rest: [UInt8] = []
    var violation: RFBServerHandshake.Violation?
    private var hasResponded = false

    /// Answers the challenge in what was sent by `respond`.
    init(
        _ pieces: [[UInt8]], asking question: RFBServerHandshake.Question? = nil,
        respond: ([UInt8]) -> [UInt8] = { _ in [] }
    ) {
        var handshake = RFBServerHandshake(asking: question)
        var input = ByteBuffer()
        do throws(RFBServerHandshake.Violation) {
            for piece in pieces {
                input.writeBytes(piece)
                while !isDone, let step = try handshake.next(&input) {
                    switch step {
                    case .send(let bytes): sent += Array(bytes.readableBytesView)
                    case .done: isDone = true
                    }
                    if sent.count >= 16, !hasResponded, !isDone {
                        hasResponded = true
                        input.writeBytes(respond(sent.suffix(16)))
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

    @Test func `a client without a ticket is asked for the password, in each version`() throws {
        let question = try #require(RFBServerHandshake.Question(password: "secret"))
        let right = { (challenge: [UInt8]) in
            VNCAuthentication.response(to: challenge, password: "secret") ?? []
        }
        let new = Outcome([line("003.008") + [2]], asking: question, respond: right)
        #expect(new.sent.prefix(2) == [1, 2] && new.sent.suffix(4) == [0, 0, 0, 0] && new.isDone)
        let middle = Outcome([line("003.007") + [2]], asking: question, respond: right)
        #expect(middle.sent.count == 2 + 16 + 4 && middle.isDone)
        let old = Outcome([line("003.003")], asking: question, respond: right)
        #expect(old.sent.prefix(4) == [0, 0, 0, 2] && old.sent.count == 4 + 16 + 4 && old.isDone)
        #expect(try #require(RFBServerHandshake.Question(password: "secret")) != question, "no challenge comes twice")
    }

    @Test func `a wrong password is refused, and RFB says so`() throws {
        let question = try #require(RFBServerHandshake.Question(password: "secret"))
        let wrong = { (challenge: [UInt8]) in VNCAuthentication.response(to: challenge, password: "Secret") ?? [] }
        let new = Outcome([line("003.008") + [2]], asking: question, respond: wrong)
        #expect(!new.isDone && new.violation?.reason == "the password is wrong")
        #expect(new.violation?.answer?.readableBytes ?? 0 > 8)
        let old = Outcome([line("003.003")], asking: question, respond: wrong)
        #expect(old.violation?.answer.map { Array($0.readableBytesView) } == [0, 0, 0, 1])
        let none = Outcome([line("003.008") + [1]], asking: question)
        #expect(none.violation != nil && !none.isDone, "None is no way around it")
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
