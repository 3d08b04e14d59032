// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestRandom
import TestSupport
import Testing

@testable import Web

/// Reads answers.
enum JSONValueReader {
    static func array(_ bytes: [UInt8]) throws -> [JSONValue] {
        try #require(try JSONParser.parse(bytes).arrayValue)
    }
}

/// Requests that nobody should send, many of them.
@Suite struct FuzzTests {
    private static let pieces = [
        "/", "//", "..", ".", "%2e%2e", "%2f", "%00", "%", "%zz", "%ff", "%c0%af", "\\", "api", "api/events", "machine",
        "machines", "console", "text", "vnc", "picture", "index.html", "app.js", "secret.html", "healthz", "metrics",
        "evil.example", "@", ":", "?", "&", "=", "#", ";", "~", "*", "**", "{x}", ":machine", "<script>", "\"", "é",
        "💥",
        "a", "0", "-", "+", " ", "\t", "http://", "[::1]", "00000000-0000-4000-8000-000000000001",
    ]

    private static let methods = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "X"]

    private static func target(_ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...7, using: &generator)
        let tail = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
        return Bool.random(using: &generator) ? "/" + tail : tail
    }

    @Test func `no path brings the server down, or a file out that is no page`() async throws {
        try await TestServer.run { server in
            var generator = SeededGenerator(seed: 1)
            var answered = 0
            for _ in 0..<3000 {
                let target = Self.target(&generator)
                let method = Self.methods.randomElement(using: &generator) ?? "GET"
                let request = WireRequest(method, target, headers: [("Host", "x"), ("Connection", "close")])
                // A request that is not HTTP at all may be answered by closing.
                guard let answer = try? await server.exchange(request) else { continue }
                answered += 1
                #expect((200..<500).contains(answer.status), "\(target) gives \(answer.status)")
                #expect(!answer.text.contains("not yours"), "\(target)")
                #expect(!answer.text.contains("hidden"), "\(target)")
            }
            #expect(answered > 1500)
            let health = try await server.get("/healthz")
            #expect(health.text == "ok\n")
        }
    }

    @Test func `no header brings the server down`() async throws {
        try await TestServer.run { server in
            var generator = SeededGenerator(seed: 2)
            let names = [
                "Host", "Origin", "Cookie", "X-Forwarded-For", "X-Forwarded-Proto", "Content-Type", "Accept-Encoding",
                "If-None-Match", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
                "Sec-WebSocket-Protocol", "User-Agent", "Expect", "Range", "Content-Length", "Transfer-Encoding",
            ]
            let values = [
                "", "x", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "binary, ticket.AAAA", "http://x",
                "gzip", "__Host-gatehouse=x", "127.0.0.1", ",,,", ";;;", "\"", "*", "chunked", "0", "-1",
                "99999999999999999999",
                "é", "application/json", "100-continue", "bytes=0-", String(repeating: "a", count: 5000),
            ]
            for _ in 0..<1500 {
                let headers = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                    (names.randomElement(using: &generator) ?? "X", values.randomElement(using: &generator) ?? "")
                }
                let target = ["/", "/api", "/console/x/text", "/api/events", "/app.js"].randomElement(using: &generator)
                let connection = try await WireConnection.open(.tcp(port: server.port))
                try? await connection.send(WireRequest("GET", target ?? "/", headers: headers + [("Host", "x")]).bytes)
                let head = try? await connection.receive("a head", within: .milliseconds(200)) { bytes, _ in
                    try WireAnswer.takeHead(&bytes)
                }
                if let head { #expect(head.status < 500, "\(target ?? "") \(headers)") }
                await connection.close()
            }
            let health = try await server.get("/healthz")
            #expect(health.text == "ok\n")
        }
    }

    @Test func `no body of a call brings the server down`() async throws {
        try await TestServer.run { server in
            var generator = SeededGenerator(seed: 3)
            let pieces = [
                "{", "}", "[", "]", ",", ":", "null", "true", "1", "-1", "1e400", "\"", "\\", "\\u0000", "\\ud800",
                "jsonrpc",
                "\"jsonrpc\":\"2.0\"", "\"id\":", "\"method\":", "\"params\":", "\"setup.status\"", "\"session.login\"",
                "\"console.open\"", "é", "\u{0}", " ",
            ]
            for _ in 0..<1500 {
                let body = (0..<Int.random(in: 1...20, using: &generator))
                    .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
                let answer = try await server.post(body)
                #expect(answer.status < 500, "\(body)")
            }
            let health = try await server.get("/healthz")
            #expect(health.text == "ok\n")
        }
    }
}
