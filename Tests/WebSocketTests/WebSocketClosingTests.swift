// SPDX-License-Identifier: Apache-2.0

import TestRandom
import Testing
import WebSocket

@Suite struct WebSocketClosingTests {
    @Test func `our close waits for the answer`() {
        var closing = WebSocketClosing()
        #expect(closing.closeLocally(.normal, reason: "bye") == .sendAndWait(.normal, reason: "bye"))
        #expect(closing.isWaiting)
        #expect(closing.receiveClose(.normal, reason: "") == .close)
        #expect(closing.ending == .init(code: .normal, reason: "bye", byPeer: false))
    }

    @Test func `the peer's close is answered with its code`() {
        var closing = WebSocketClosing()
        #expect(closing.receiveClose(.goingAway, reason: "leaving") == .sendAndClose(.goingAway))
        #expect(!closing.isOpen)
        #expect(closing.ending == .init(code: .goingAway, reason: "leaving", byPeer: true))
        #expect(closing.closeLocally(.normal, reason: "") == .none)
    }

    @Test func `whatever comes after the end is nothing`() {
        var closing = WebSocketClosing()
        #expect(closing.giveUp() == .close)
        #expect(closing.giveUp() == .none)
        #expect(closing.receiveClose(nil, reason: "") == .none)
        #expect(closing.closeLocally(.normal, reason: "") == .none)
        #expect(closing.ending == .init(code: nil, reason: "", byPeer: true))
    }

    @Test func `the first of two closes counts`() {
        var closing = WebSocketClosing()
        #expect(closing.closeLocally(.goingAway, reason: "a") != .none)
        #expect(closing.closeLocally(.normal, reason: "b") == .none)
        #expect(closing.giveUp() == .close)
        #expect(closing.ending?.reason == "a")
    }

    @Test func `a code that must not be sent becomes 1011`() {
        var closing = WebSocketClosing()
        #expect(closing.closeLocally(.init(rawValue: 1006), reason: "") == .sendAndWait(.hostFailed, reason: ""))
    }

    @Test func `no order of events closes twice or sends two closes`() {
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<5_000 {
            var closing = WebSocketClosing()
            var sent = 0
            var closed = 0
            for _ in 0..<6 {
                let action =
                    switch Int.random(in: 0...2, using: &generator) {
                    case 0: closing.closeLocally(.normal, reason: "")
                    case 1: closing.receiveClose(.normal, reason: "")
                    default: closing.giveUp()
                    }
                switch action {
                case .none: break
                case .sendAndWait: sent += 1
                case .sendAndClose:
                    sent += 1
                    closed += 1
                case .close: closed += 1
                }
            }
            #expect(sent <= 1)
            #expect(closed <= 1)
        }
    }
}
