// SPDX-License-Identifier: Apache-2.0

import Model
import TestRandom
import Testing
import XMLRPC

@Suite struct XMLRPCWriterTests {
    private func text(_ value: XMLRPCValue) -> String {
        let whole = String(decoding: XMLRPCWriter.bytes(.value(value)), as: UTF8.self)
        let begin = "<?xml version=\"1.0\"?>\n<methodResponse><params><param><value>"
        let end = "</value></param></params></methodResponse>\n"
        #expect(whole.hasPrefix(begin) && whole.hasSuffix(end))
        return String(whole.dropFirst(begin.count).dropLast(end.count))
    }

    @Test func `each type is written as the specification says`() throws {
        #expect(text(-5) == "<int>-5</int>")
        #expect(text(.int(1 << 31)) == "<i8>2147483648</i8>")
        #expect(text(true) == "<boolean>1</boolean>")
        #expect(text("a<b>&\"\r\n") == "<string>a&lt;b&gt;&amp;\"&#13;\n</string>")
        #expect(text(.base64([0, 1, 2])) == "<base64>AAEC</base64>")
        let moment = try #require(XMLRPCDateTime(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5))
        #expect(text(.dateTime(moment)) == "<dateTime.iso8601>20260102T03:04:05</dateTime.iso8601>")
        #expect(text([]) == "<array><data></data></array>")
        #expect(
            text(.members(["b": 1, "a": ""]))
                == "<struct><member><name>b</name><value><int>1</int></value></member>"
                + "<member><name>a</name><value><string></string></value></member></struct>")
    }

    @Test(arguments: [
        (0.0, "0.0"), (2.5, "2.5"), (-0.001, "-0.001"), (1e-7, "0.0000001"), (-1.25e-9, "-0.00000000125"),
        (1e20, "100000000000000000000.0"), (-1.5e18, "-1500000000000000000.0"), (Double.nan, "0.0"),
        (-Double.infinity, "0.0"),
    ])
    func `numbers are written without an exponent`(number: Double, digits: String) {
        #expect(text(.double(number)) == "<double>\(digits)</double>")
    }

    @Test func `what XML can not carry is replaced`() {
        #expect(
            text("a\u{0}\u{1}\u{FFFE}\u{FFFF}b\u{FFFD}\u{7FF}")
                == "<string>a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}b\u{FFFD}\u{7FF}</string>")
    }

    @Test func `a fault is a struct of its number and its text`() throws {
        let fault = XMLRPCFault(code: 6, text: "<MESSAGE type='INVALID_PARAMETER' param='uuid'>")
        #expect(
            String(decoding: XMLRPCWriter.bytes(.fault(fault)), as: UTF8.self) == """
                <?xml version="1.0"?>
                <methodResponse><fault><value><struct><member><name>faultCode</name><value><int>6</int></value></member>\
                <member><name>faultString</name><value><string>\
                &lt;MESSAGE type='INVALID_PARAMETER' param='uuid'&gt;</string></value></member></struct></value></fault>\
                </methodResponse>

                """)
        #expect(try XMLRPCParser.response(XMLRPCWriter.bytes(.fault(fault))) == .fault(fault))
    }

    @Test func `what is written is read back the same`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let call = XMLRPCCall(
                method: "a.b",
                parameters: (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    XMLRPCValue.random(using: &generator, depth: 4)
                })
            #expect(try XMLRPCParser.call(XMLRPCWriter.bytes(call)) == call)
        }
    }

    @Test func `mangled text never crashes the parser`() {
        var generator = SeededGenerator(seed: 11)
        let pieces = [
            "<value>", "</value>", "<!--", "-->", "<![CDATA[", "]]>", "&#", ";", "<?", "?>", "<struct>", "</struct>",
            "<data/>", "<array>", "\u{0}", "\"", "/>", "<member>", "<name>", "]", "&amp;", "<int>", "-",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var bytes = XMLRPCWriter.bytes(
                XMLRPCCall(method: "a", parameters: [XMLRPCValue.random(using: &generator, depth: 3)]))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...40, using: &generator)))
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do {
                let call = try XMLRPCParser.call(bytes)
                #expect((try? XMLRPCParser.call(XMLRPCWriter.bytes(call))) == call)
            } catch {
                #expect(error is GatehouseError)
            }
        }
    }
}

extension XMLRPCValue {
    static func random(using generator: inout SeededGenerator, depth: Int) -> XMLRPCValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
        case 0:
            return .int(
                Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator))
        case 1: return .boolean(Bool.random(using: &generator))
        case 2:
            let number = Double(bitPattern: generator.next())
            return .double(number.isFinite ? number : 0.5)
        case 3: return .string(text(using: &generator))
        case 4:
            return .base64(
                (0..<Int.random(in: 0...9, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            )
        case 5:
            let moment = XMLRPCDateTime(
                year: Int.random(in: 0...9999, using: &generator), month: Int.random(in: 1...12, using: &generator),
                day: Int.random(in: 1...31, using: &generator), hour: Int.random(in: 0...23, using: &generator),
                minute: Int.random(in: 0...59, using: &generator), second: Int.random(in: 0...60, using: &generator))
            return moment.map(XMLRPCValue.dateTime) ?? ""
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(using: &generator, depth: depth - 1) })
        default:
            return .structure(
                (0..<Int.random(in: 0...4, using: &generator)).map {
                    XMLRPCMember("\($0)\(text(using: &generator))", random(using: &generator, depth: depth - 1))
                })
        }
    }

    private static func text(using generator: inout SeededGenerator) -> String {
        let characters = [
            "a", "Z", " ", "<", ">", "&", "\"", "'", "\r", "\n", "\t", "]]>", "\u{e9}", "\u{1F600}", "\u{7F}",
        ]
        return (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            characters.randomElement(using: &generator) ?? ""
        }
        .joined()
    }
}
