// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import gatehoused

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::", "0:0:0:0:0:0:0:0"), ("::1", "0:0:0:0:0:0:0:1"),
        ("2001:DB8::8:800:200C:417A", "2001:db8:0:0:8:800:200c:417a"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b:0:0:0:0:c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func `an address is read`(text: String, expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.+4", " 1.2.3.4", "1.2.3.4:80", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "fe80::1%eth0", "::1.2.3",
        "[::1]", "\u{661}.2.3.4", "localhost",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "::1", false), ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "::ffff:192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "nonsense", false),
    ])
    func `a range holds the addresses that share its bits`(range: String, address: String, expected: Bool) {
        #expect(AddressRange(range)?.contains(address) == expected)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "::/129", "/8", "10.0.0.0/8/8"])
    func `what is no range is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("https://Example.ORG", "https://example.org"), ("https://example.org:443", "https://example.org"),
        ("https://example.org:8443/", "https://example.org:8443"), ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("http://localhost:8080", "http://localhost:8080"), ("http://127.0.0.1:80", "http://127.0.0.1"),
    ])
    func `an origin is written as a browser sends it`(text: String, expected: String) {
        #expect(WebOrigin(text)?.description == expected)
    }

    @Test(arguments: [
        "example.org", "ftp://example.org", "http://example.org", "https://", "https://a/b", "https://user@a",
        "https://a:0", "https://a:65536", "https://a?x", "https://*.example.org", "https://a b", "https://-a",
        "https://[1.2.3.4]", "https://2001:db8::1", "null",
    ])
    func `what is no origin is refused`(text: String) {
        #expect(WebOrigin(text) == nil)
    }

    @Test func `a machine's UUID depends on the names only`() {
        let uuid = NamedUUID.machine("switch", node: "desk")
        #expect(uuid == NamedUUID.machine("switch", node: "DESK"))
        #expect(uuid != NamedUUID.machine("Switch", node: "desk"))
        #expect(uuid != NamedUUID.machine("switch", node: "desk2"))
        let text = Array(uuid.uuidString)
        #expect(text[14] == "5" && "89AB".contains(text[19]))
    }

    @Test func `a near miss is found and a far one is not`() {
        #expect(NearMiss.word(for: "lisen", among: ["listen", "limits"]) == "listen")
        #expect(NearMiss.word(for: "LOGLEVEL", among: ["logLevel"]) == "logLevel")
        #expect(NearMiss.word(for: "banana", among: ["listen", "limits"]) == nil)
    }
}
