// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import PluginHost

@Suite struct LogRingTests {
    @Test func `lines are put together from pieces, and long ones are cut`() {
        let log = LogRing()
        for piece in ["ab", "c\r\nde", "f\n", "\n", String(repeating: "x", count: 10_000), "y\nz"] {
            log.feed(Array(piece.utf8))
        }
        #expect(log.lines(limit: 10).map(\.text) == ["abc", "def", "", String(repeating: "x", count: 4096)])
        log.endLine()
        log.endLine()
        #expect(log.lines(limit: 1).map(\.text) == ["z"] && log.lines(limit: 10).map(\.number) == [1, 2, 3, 4, 5])
    }

    @Test func `only the last thousand are kept, and those after a number are found`() {
        let log = LogRing()
        for number in 1...2500 { log.note("line \(number)") }
        #expect(log.lines(limit: 5000).map(\.number) == Array(1501...2500))
        #expect(log.lines(limit: 2, after: 2000).map(\.text) == ["line 2001", "line 2002"])
        #expect(log.lines(limit: 2, after: 7).map(\.number) == [1501, 1502])
        #expect(log.lines(limit: 2, after: 2500).isEmpty)
        #expect(log.lines(limit: 1).first?.isFromHost == true)
    }

    @Test(
        arguments: [
            ("a\u{1B}[31mb", "a\u{FFFD}[31mb"), ("a\tb", "a\tb"), ("a\u{202E}b", "a\u{FFFD}b"), ("\u{0}", "\u{FFFD}"),
            ("a\u{2028}b", "a\u{FFFD}b"), ("ä€😀", "ä€😀"),
        ])
    func `nothing in it can do anything to a terminal`(text: String, harmless: String) {
        let log = LogRing()
        log.feed(Array(text.utf8) + [0x0A])
        #expect(log.lines(limit: 1).first?.text == harmless)
    }

    @Test func `bytes that are no text become text of at most 4,096 bytes`() {
        let log = LogRing()
        log.feed([UInt8](repeating: 0xFF, count: 4000) + [0x0A])
        #expect(log.lines(limit: 1).first.map { $0.text.utf8.count <= 4096 } == true)
    }
}
