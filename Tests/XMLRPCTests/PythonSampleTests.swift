// SPDX-License-Identifier: Apache-2.0

import Testing
import XMLRPC

/// Messages as `xmlrpc.client` of Python 3.11 writes them, recorded.
@Suite struct PythonSampleTests {
    @Test func `a call with every type is read`() throws {
        let call = try XMLRPCParser.call(Array(Self.everything.utf8))
        #expect(call.method == "VM.saveConfig")
        #expect(
            call.parameters == [
                1, -5, true, false, "a<b>&\"'\u{e9}\u{20ac}\u{1F600}\n\ttab", 2.5, .double(1e300), .double(1e-7),
                .dateTime(
                    try #require(
                        XMLRPCDateTime(year: 1998, month: 7, day: 17, hour: 14, minute: 8, second: 55))),
                .base64([0, 1] + Array("hello".utf8)), [1, [2, "x"], .structure([])],
                .members(["a": 1, "b": .members(["c": []])]),
            ])
    }

    @Test func `a call without parameters is read`() throws {
        let text = """
            <?xml version='1.0'?>
            <methodCall>
            <methodName>Zentific.hello</methodName>
            <params>
            </params>
            </methodCall>

            """
        #expect(try XMLRPCParser.call(Array(text.utf8)) == XMLRPCCall(method: "Zentific.hello"))
    }

    @Test func `an answer is read`() throws {
        let text = """
            <?xml version='1.0'?>
            <methodResponse>
            <params>
            <param>
            <value><struct>
            <member>
            <name>state</name>
            <value><string>r</string></value>
            </member>
            <member>
            <name>ok</name>
            <value><boolean>1</boolean></value>
            </member>
            </struct></value>
            </param>
            </params>
            </methodResponse>

            """
        let response = try XMLRPCParser.response(Array(text.utf8))
        #expect(response == .value(.members(["state": "r", "ok": true])))
    }

    @Test func `a fault is read`() throws {
        let text = """
            <?xml version='1.0'?>
            <methodResponse>
            <fault>
            <value><struct>
            <member>
            <name>faultCode</name>
            <value><int>6</int></value>
            </member>
            <member>
            <name>faultString</name>
            <value><string>&lt;MESSAGE type='INVALID_PARAMETER' param='uuid'&gt;</string></value>
            </member>
            </struct></value>
            </fault>
            </methodResponse>

            """
        let fault = XMLRPCFault(code: 6, text: "<MESSAGE type='INVALID_PARAMETER' param='uuid'>")
        #expect(try XMLRPCParser.response(Array(text.utf8)) == .fault(fault))
    }

    private static let everything = """
        <?xml version='1.0'?>
        <methodCall>
        <methodName>VM.saveConfig</methodName>
        <params>
        <param>
        <value><int>1</int></value>
        </param>
        <param>
        <value><int>-5</int></value>
        </param>
        <param>
        <value><boolean>1</boolean></value>
        </param>
        <param>
        <value><boolean>0</boolean></value>
        </param>
        <param>
        <value><string>a&lt;b&gt;&amp;"'\u{e9}\u{20ac}\u{1F600}\r
        \ttab</string></value>
        </param>
        <param>
        <value><double>2.5</double></value>
        </param>
        <param>
        <value><double>1e+300</double></value>
        </param>
        <param>
        <value><double>1e-07</double></value>
        </param>
        <param>
        <value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>
        </param>
        <param>
        <value><base64>
        AAFoZWxsbw==
        </base64></value>
        </param>
        <param>
        <value><array><data>
        <value><int>1</int></value>
        <value><array><data>
        <value><int>2</int></value>
        <value><string>x</string></value>
        </data></array></value>
        <value><struct>
        </struct></value>
        </data></array></value>
        </param>
        <param>
        <value><struct>
        <member>
        <name>a</name>
        <value><int>1</int></value>
        </member>
        <member>
        <name>b</name>
        <value><struct>
        <member>
        <name>c</name>
        <value><array><data>
        </data></array></value>
        </member>
        </struct></value>
        </member>
        </struct></value>
        </param>
        </params>
        </methodCall>

        """
}
