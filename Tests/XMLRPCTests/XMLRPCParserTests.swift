// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import XMLRPC

@Suite struct XMLRPCParserTests {
    /// Reads a value written as XML, as the only parameter of a call.
    private func value(_ xml: String, limits: XMLRPCLimits = XMLRPCLimits()) throws -> XMLRPCValue {
        let text = "<methodCall><methodName>a</methodName><params><param>\(xml)</param></params></methodCall>"
        let call = try XMLRPCParser.call(Array(text.utf8), limits: limits)
        return try #require(call.parameters.first)
    }

    private func code(_ body: () throws -> Void) -> GatehouseError.Code? {
        do { try body() } catch let error as GatehouseError { return error.code } catch {}
        return nil
    }

    @Test(arguments: [
        ("<value>untyped</value>", "untyped"), ("<value/>", ""), ("<value></value>", ""),
        ("<value><string/></value>", ""), ("<value> <string> a </string> </value>", " a "),
        ("<value><string>a<!-- no -->b<![CDATA[<&>]]>c</string></value>", "ab<&>c"),
        ("<value>&lt;&gt;&amp;&quot;&apos;&#65;&#x20AC;</value>", "<>&\"'A\u{20ac}"),
        ("<value><string>a\r\nb\rc&#13;<![CDATA[d\r\ne]]></string></value>", "a\nb\nc\rd\ne"),
        ("<value a='1' b=\">\"><string xml:lang = 'en' >x</string ></value >", "x"),
    ])
    func `text is read as XML says`(xml: String, text: String) throws {
        #expect(try value(xml) == .string(text))
    }

    @Test(arguments: [
        ("<int> 12 </int>", 12), ("<i4>+7</i4>", 7), ("<i4>-2147483648</i4>", -2_147_483_648),
        ("<i8>9223372036854775807</i8>", Int64.max),
    ])
    func `whole numbers are read`(xml: String, number: Int64) throws {
        #expect(try value("<value>\(xml)</value>") == .int(number))
    }

    @Test(arguments: [("1", true), ("0", false), ("true", true), ("false", false)])
    func `booleans are read as numbers and as words`(text: String, flag: Bool) throws {
        #expect(try value("<value><boolean>\(text)</boolean></value>") == .boolean(flag))
    }

    @Test(arguments: ["2026-11-21T10:05:09Z", "20261121T10:05:09", "20261121T10:05:09Z", "2026-11-21T10:05:09"])
    func `dates are read in both forms`(text: String) throws {
        let read = try value("<value><dateTime.iso8601>\(text)</dateTime.iso8601></value>")
        guard case .dateTime(let moment) = read else {
            Issue.record("no date")
            return
        }
        #expect(moment.description == "20261121T10:05:09")
    }

    @Test(arguments: [
        "<int></int>", "<int>1.5</int>", "<int>0x1</int>", "<int>9223372036854775808</int>", "<int>1 2</int>",
        "<boolean>2</boolean>", "<boolean/>", "<double>nan</double>", "<double>inf</double>", "<double>0x1p3</double>",
        "<double></double>", "<double>1e999</double>", "<base64>a</base64>", "<base64>!!!!</base64>",
        "<dateTime.iso8601>20261321T10:05:09</dateTime.iso8601>", "<dateTime.iso8601>2026</dateTime.iso8601>",
        "<nil/>", "<text>a</text>", "<int>1</i4>", "<int>1</int><int>2</int>", "a<int>1</int>", "<int>1</int>a",
        "<string>&nope;</string>", "<string>&</string>", "<string>&#0;</string>", "<string>&#xD800;</string>",
        "<string>&#1;</string>", "<string>\u{1}</string>", "<string>&#x110000;</string>", "<string>&#+65;</string>",
        "<array></array>", "<array><value/></array>", "<array><data><int>1</int></data></array>",
        "<struct><member><value/></member></struct>", "<struct><member><name>a</name></member></struct>",
        "<struct><member><name>a</name><value/></member><member><name>a</name><value/></member></struct>",
    ])
    func `a value that is none is refused`(xml: String) {
        #expect(code { _ = try value("<value>\(xml)</value>") } == .parseError)
    }

    @Test(arguments: [
        "", " ", "<", "<methodCall>", "<methodCall/>", "<a/>", "hello", "<methodCall></methodCall>",
        "<methodCall><methodName/></methodCall>", "<methodCall><methodName>a b</methodName></methodCall>",
        "<methodCall><methodName>a</methodName><params></methodCall>",
        "<methodCall><methodName>a</methodName></methodCall><x/>",
        "<methodCall><methodName>a</methodName></methodCall> x",
        "<methodCall><methodName>a</methodName><!-- </methodCall>",
        "<methodCall a><methodName>a</methodName></methodCall>",
        "<!DOCTYPE a><methodCall><methodName>a</methodName></methodCall>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><methodCall><methodName>a</methodName></methodCall>",
    ])
    func `a message that is none is refused`(text: String) {
        #expect(code { _ = try XMLRPCParser.call(Array(text.utf8)) } == .parseError)
    }

    @Test func `entities can not be made, and so can not grow`() {
        let bomb = """
            <?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>
            <methodCall><methodName>&c;</methodName></methodCall>
            """
        #expect(code { _ = try XMLRPCParser.call(Array(bomb.utf8)) } == .parseError)
    }

    @Test func `other encodings are refused by name, a byte order mark is not`() throws {
        let call = "<methodCall><methodName>a</methodName></methodCall>"
        let declared = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>" + call
        let message = #expect(throws: GatehouseError.self) { try XMLRPCParser.call(Array(declared.utf8)) }?.message
        #expect(message?.contains("iso-8859-1; send UTF-8") == true)
        #expect(throws: GatehouseError.self) { try XMLRPCParser.call([0xFE, 0xFF] + Array(call.utf8)) }
        #expect(throws: GatehouseError.self) { try XMLRPCParser.call(Array(call.utf8).flatMap { [$0, 0] }) }
        let marked =
            [0xEF, 0xBB, 0xBF] + Array("<?xml version=\"1.0\" encoding='Utf-8' ?>\n<?x y?>\(call)<!-- z -->".utf8)
        #expect(try XMLRPCParser.call(marked) == XMLRPCCall(method: "a"))
    }

    @Test func `invalid UTF-8 is refused`() {
        let bytes =
            Array("<methodCall><methodName>a</methodName><params><param><value>".utf8) + [0xC3, 0x28]
            + Array("</value></param></params></methodCall>".utf8)
        #expect(throws: GatehouseError.self) { try XMLRPCParser.call(bytes) }
    }

    @Test func `depth, values and bytes are limited`() throws {
        let nested = { (depth: Int) in
            String(repeating: "<value><array><data>", count: depth) + "<value>x</value>"
                + String(repeating: "</data></array></value>", count: depth)
        }
        #expect(throws: Never.self) { try value(nested(31)) }
        #expect(code { _ = try value(nested(32)) } == .limitExceeded)
        #expect(code { _ = try value(nested(20_000)) } == .limitExceeded)
        let limits = XMLRPCLimits(values: 11)
        let wide = { (count: Int) in
            "<value><array><data>" + String(repeating: "<value/>", count: count) + "</data></array></value>"
        }
        #expect(throws: Never.self) { try value(wide(10), limits: limits) }
        #expect(code { _ = try value(wide(11), limits: limits) } == .limitExceeded)
        #expect(code { _ = try value("<value/>", limits: XMLRPCLimits(bytes: 40)) } == .limitExceeded)
    }

    @Test func `an answer has one value or a fault`() throws {
        let response = { (inside: String) in
            try XMLRPCParser.response(Array("<methodResponse>\(inside)</methodResponse>".utf8))
        }
        #expect(try response("<params><param><value>a</value></param></params>") == .value("a"))
        for inside in [
            "", "<params></params>", "<params><param><value/></param><param><value/></param></params>",
            "<fault><value>a</value></fault>",
            "<fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member></struct></value></fault>",
        ] {
            #expect(throws: GatehouseError.self) { try response(inside) }
        }
    }
}
