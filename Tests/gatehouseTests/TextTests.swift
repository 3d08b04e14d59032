// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import Testing

@testable import gatehouse

@Suite struct HarmlessTextTests {
    @Test(arguments: [
        ("web 1", "web 1"), ("Größe – 漢字 🙂", "Größe – 漢字 🙂"), ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
        ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"), ("\u{9b}31m", "\\u{9b}31m"), ("\u{7f}", "\\u{7f}"),
        ("a\u{202e}b", "a\\u{202e}b"), ("a\u{2028}b", "a\\u{2028}b"), ("a\u{200b}b", "a\\u{200b}b"),
    ])
    func `what steers a terminal is spelled out`(text: String, safe: String) {
        #expect(HarmlessText.line(text) == safe)
    }

    @Test func `JSON stays the same value and steers no terminal`() throws {
        let value: JSONValue = ["text": "\u{1b}[2J\u{9b}31m\u{7f}ü\n"]
        let text = HarmlessText.json(JSONWriter.text(value))
        #expect(text == #"{"text":"\u001b[2J\u009b31m\u007fü\n"}"#)
        #expect(try JSONParser.parse(text) == value)
    }
}

@Suite struct TableTests {
    private let columns: [Table.Column] = [.init("NAME"), .init("CPUS", .right), .init("ID")]

    @Test func `each column is as wide as its widest cell`() {
        let table = Table(columns, [["web", "2", "a"], ["a-long-name", "16", ""], ["x"]])
        #expect(
            table.text(empty: "") == """
                NAME         CPUS  ID
                web             2  a
                a-long-name    16
                x

                """)
    }

    @Test func `a table without rows says so in words`() {
        #expect(Table(columns, []).text(empty: "No machines.") == "No machines.\n")
    }

    @Test func `a cell can not break out of its row`() {
        let text = Table(columns, [["a\nb", "\u{1b}[1A", "c"]]).text(empty: "")
        #expect(text.split(separator: "\n").count == 2)
        #expect(!text.contains("\u{1b}"))
    }

    @Test func `wide characters take two places`() {
        #expect(Table.width("漢字") == 4)
        let text = Table([.init("N"), .init("M")], [["漢字", "x"], ["abcd", "x"]]).text(empty: "")
        #expect(text == "N     M\n漢字  x\nabcd  x\n")
    }

    @Test func `fields stand beneath each other`() {
        #expect(Table.fields([("a", "1"), ("long", "2\n3")]) == "a:     1\nlong:  2\\u{a}3\n")
    }
}

@Suite struct CellTests {
    @Test(
        arguments: [
            (nil, "-"), ("", "-"), ("x", "x"), (7, "7"), (true, "yes"), (false, "no"),
            (["vnc", "text"], "vnc, text"),
            ([], "-"), (["a": 1], "-"),
        ] as [(JSONValue, String)])
    func `a value becomes words`(value: JSONValue, text: String) {
        #expect(Cell.text(value) == text)
    }

    @Test(
        arguments: [
            ("2026-11-21T07:20:00.123Z", "2026-11-21 07:20:00 UTC"),
            ("2026-11-21T07:20:00Z", "2026-11-21 07:20:00 UTC"),
            ("2026-11-21T07:20:00+01:00", "2026-11-21T07:20:00+01:00"),
            ("soon", "soon"), (nil, "-"), (5, "-"),
        ] as [(JSONValue, String)])
    func `a moment loses its fraction`(value: JSONValue, text: String) {
        #expect(Cell.time(value) == text)
    }

    @Test(
        arguments: [
            (2_097_152, "2 GiB"), (524_288, "512 MiB"), (1_572_864, "1536 MiB"), (1000, "1000 KiB"),
            (0, "0 KiB"), (nil, "-"),
        ] as [(JSONValue, String)])
    func `memory has the largest unit that leaves it whole`(value: JSONValue, text: String) {
        #expect(Cell.memory(value) == text)
    }

    @Test(
        arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1 KiB"), (5_242_880, "5 MiB"), (nil, "-")]
            as [(JSONValue, String)])
    func `bytes are rounded down`(value: JSONValue, text: String) {
        #expect(Cell.bytes(value) == text)
    }

    @Test(
        arguments: [
            (5, "5 s"), (65, "1 min"), (3700, "1 h 1 min"), (90_000, "1 d 1 h"), (nil, "-"),
        ] as [(JSONValue, String)])
    func `a length of time has two units at most`(value: JSONValue, text: String) {
        #expect(Cell.duration(value) == text)
    }
}
