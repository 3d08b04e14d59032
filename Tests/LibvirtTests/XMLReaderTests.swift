// SPDX-License-Identifier: Apache-2.0

import TestRandom
import Testing

@testable import Libvirt

@Suite struct XMLReaderTests {
    @Test func `elements, attributes, text and references are read`() throws {
        let root = try XMLElement.parse(
            Array(
                """
                <?xml version='1.0'?><!-- note --><a x='1' y="&lt;&amp;&#65;&#x42;"> t&gt;<b/><![CDATA[<raw>]]>
                <ns:c k='é'>x</ns:c ></a>
                <!-- end -->
                """.utf8))
        #expect(root["x"] == "1")
        #expect(root["y"] == "<&AB")
        #expect(root.trimmedText == "t><raw>")
        #expect(root.children.map(\.name) == ["b", "ns:c"])
        #expect(root.first("ns:c")?["k"] == "é")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a/>x", "<a x=1/>", "<a x/>", "<a x='1' x='2'/>",
        "<a x='<'/>", "<a x='1'y='2'/>", "<a>&unknown;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>& b</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><!-- </a>", "<a><![CDATA[ </a>", "<a", "<a x='", "<1a/>",
        "< a/>",
        "<![CDATA[x]]><a/>", "<a><b></a></b>",
    ])
    func `what is not well formed is refused`(_ text: String) {
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
    }

    @Test func `depth, size and number are limited`() {
        let deep = String(repeating: "<a>", count: 513) + String(repeating: "</a>", count: 513)
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(Array(deep.utf8)) }
        let big = [UInt8](repeating: 32, count: XMLReader.sizeLimit + 1)
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(big) }
        let many = "<a>" + String(repeating: "<b/>", count: 100_001) + "</a>"
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(Array(many.utf8)) }
        let attributes = (0..<65).map { " a\($0)='1'" }.joined()
        #expect(throws: XMLError.self) { _ = try XMLElement.parse(Array("<a\(attributes)/>".utf8)) }
    }

    @Test func `mangled documents end in a value or an error`() {
        var random = SeededGenerator(seed: 20_261_121)
        let alphabet = Array("<>/='\"&;![]-? ax1\u{e9}".utf8)
        for _ in 0..<4_000 {
            var bytes = Array(DomainDescriptionTests.live.utf8)
            for _ in 0..<(1 + Int(random.next() % 6)) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.insert(alphabet[Int(random.next() % UInt64(alphabet.count))], at: place)
                case 2: bytes.removeSubrange(place..<min(place + Int(random.next() % 40), bytes.count))
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { bytes = [60] }
            }
            _ = try? DomainDescription(xml: bytes)
        }
    }
}
