// SPDX-License-Identifier: Apache-2.0

import Core
import Model
import TestSupport
import Testing

@testable import Web

/// Who may call, by what its browser says.
@Suite struct OriginTests {
    /// Asks policies with these settings.
    private func allows(
        _ origin: String?, host: String? = "gate.example:8443", peer: String = "192.0.2.7",
        forwarded: String? = nil, isTLS: Bool = true, publicOrigins: [String] = [], proxies: [String] = []
    ) async throws -> Bool {
        try await TestCore.run { core in
            var settings = WebSettings.plain()
            settings.isTLS = isTLS
            settings.publicOrigins = publicOrigins
            settings.trustedProxies = proxies.compactMap { AddressRange($0) }
            let policy = CallerPolicy(settings: settings, sessions: core.core.sessions)
            return policy.allowsOrigin(
                RequestFacts(peer: peer, origin: origin, host: host, forwardedProtocol: forwarded))
        }
    }

    @Test func `a page of the very host that was asked may call`() async throws {
        #expect(try await allows("https://gate.example:8443"))
        #expect(try await allows("http://gate.example:8443", isTLS: false))
    }

    @Test func `the scheme has to be the one that is served`() async throws {
        #expect(try await !allows("http://gate.example:8443"))
        #expect(try await !allows("https://gate.example:8443", isTLS: false))
    }

    @Test(arguments: [
        "https://evil.example", "https://gate.example", "https://gate.example:8444", "https://gate.example:8443/",
        "https://gate.example:8443.evil.example", "https://evil.example#gate.example:8443", "null", "",
        "https://gate.example:8443 https://evil.example",
    ])
    func `another origin is refused`(origin: String) async throws {
        #expect(try await !allows(origin))
    }

    @Test func `a missing origin is refused`() async throws {
        #expect(try await !allows(nil))
        #expect(try await !allows(nil, publicOrigins: ["https://gate.example"]))
    }

    @Test func `an origin without a host to compare with is refused`() async throws {
        #expect(try await !allows("https://", host: nil))
        #expect(try await !allows("https://gate.example", host: nil))
    }

    @Test func `with public origins the host of the request counts for nothing`() async throws {
        let known = ["https://gate.example", "https://gate.example:8443"]
        #expect(try await allows("https://gate.example", host: "10.0.0.1", publicOrigins: known))
        #expect(try await allows("https://gate.example:8443", publicOrigins: known))
        #expect(try await !allows("https://evil.example", host: "evil.example", publicOrigins: known))
    }

    @Test func `behind a trusted proxy that speaks TLS a page may come over https`() async throws {
        let proxies = ["10.0.0.0/8"]
        #expect(
            try await allows(
                "https://gate.example", host: "gate.example", peer: "10.1.2.3", forwarded: "https", isTLS: false,
                proxies: proxies))
        #expect(
            try await !allows(
                "https://gate.example", host: "gate.example", peer: "10.1.2.3", forwarded: "http", isTLS: false,
                proxies: proxies))
    }

    @Test func `nobody else's word on the scheme counts`() async throws {
        #expect(
            try await !allows(
                "https://gate.example", host: "gate.example", peer: "192.0.2.7", forwarded: "https", isTLS: false,
                proxies: ["10.0.0.0/8"]))
    }

    @Test func `one request changes nothing for the next`() async throws {
        try await TestCore.run { core in
            let policy = CallerPolicy(settings: .plain(), sessions: core.core.sessions)
            let good = RequestFacts(peer: "192.0.2.7", origin: "http://gate.example", host: "gate.example")
            let spoofed = RequestFacts(peer: "192.0.2.7", origin: "http://evil.example", host: "evil.example")
            let crossed = RequestFacts(peer: "192.0.2.7", origin: "http://evil.example", host: "gate.example")
            for _ in 0..<3 {
                #expect(policy.allowsOrigin(good))
                // A browser sets Host itself; only a script can do this, and it harms nobody else.
                #expect(policy.allowsOrigin(spoofed))
                #expect(!policy.allowsOrigin(crossed))
            }
        }
    }

    @Test func `the refusal tells what to set`() async throws {
        try await TestCore.run { core in
            let policy = CallerPolicy(settings: .plain(), sessions: core.core.sessions)
            let foreign = policy.originError(RequestFacts(peer: "192.0.2.7", origin: "https://evil.example"))
            #expect(foreign.code == .forbidden)
            #expect(foreign.message.contains("publicOrigins"))
            #expect(policy.originError(RequestFacts(peer: "192.0.2.7")).message.contains("Origin is missing"))
            let long = policy.originError(RequestFacts(peer: "192.0.2.7", origin: String(repeating: "x", count: 9000)))
            #expect(long.message.utf8.count < 500)
        }
    }
}

/// Which address a request comes from.
@Suite struct ClientAddressTests {
    private func address(_ peer: String, _ forwarded: String?, proxies: [String]) async throws -> String {
        try await TestCore.run { core in
            var settings = WebSettings.plain()
            settings.trustedProxies = proxies.compactMap { AddressRange($0) }
            return CallerPolicy(settings: settings, sessions: core.core.sessions)
                .clientAddress(RequestFacts(peer: peer, forwardedFor: forwarded))
        }
    }

    @Test func `without trusted proxies the peer is the client`() async throws {
        #expect(try await address("192.0.2.7", nil, proxies: []) == "192.0.2.7")
        #expect(try await address("192.0.2.7", "198.51.100.1", proxies: []) == "192.0.2.7")
        #expect(try await address("192.0.2.7", "198.51.100.1", proxies: ["10.0.0.0/8"]) == "192.0.2.7")
    }

    @Test func `behind a trusted proxy the client is whom the proxy saw`() async throws {
        #expect(try await address("10.0.0.1", "198.51.100.1", proxies: ["10.0.0.0/8"]) == "198.51.100.1")
        #expect(try await address("10.0.0.1", nil, proxies: ["10.0.0.0/8"]) == "10.0.0.1")
        #expect(try await address("::ffff:10.0.0.1", "2001:db8::9", proxies: ["10.0.0.0/8"]) == "2001:db8::9")
    }

    @Test func `what the client wrote before the proxy's word counts for nothing`() async throws {
        let header = "127.0.0.1, 203.0.113.5,198.51.100.1"
        #expect(try await address("10.0.0.1", header, proxies: ["10.0.0.0/8"]) == "198.51.100.1")
    }

    @Test func `a chain of trusted proxies is followed to the first stranger`() async throws {
        let header = "203.0.113.5, 198.51.100.1, 10.0.0.3 ,\t10.0.0.2"
        #expect(try await address("10.0.0.1", header, proxies: ["10.0.0.0/8"]) == "198.51.100.1")
        #expect(try await address("10.0.0.1", "10.0.0.3, 10.0.0.2", proxies: ["10.0.0.0/8"]) == "10.0.0.3")
    }

    @Test(arguments: [
        "", ",", "unknown", "198.51.100.1:1234", "[2001:db8::9]:80", "198.51.100.999", "10.0.0.0/8", "198.51.100.0/24",
        "<script>", "198.51.100.1 198.51.100.2", "_hidden", "fe80::1%eth0",
    ])
    func `garbage ends the chain at the last good address`(entry: String) async throws {
        #expect(try await address("10.0.0.1", entry, proxies: ["10.0.0.0/8"]) == "10.0.0.1")
        #expect(try await address("10.0.0.1", "\(entry), 10.0.0.2", proxies: ["10.0.0.0/8"]) == "10.0.0.2")
    }

    @Test func `a very long chain is cut`() async throws {
        let header = "198.51.100.1," + [String](repeating: "10.0.0.2", count: 50_000).joined(separator: ",")
        #expect(try await address("10.0.0.1", header, proxies: ["10.0.0.0/8"]) == "10.0.0.2")
    }
}
