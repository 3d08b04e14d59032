// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Testing
import WebSocket

@Suite struct WebSocketHandshakeTests {
    private let good: [(String, String)] = [
        ("Host", "h"), ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "binary, ticket.abc"),
    ]

    private func head(_ headers: [(String, String)]) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: HTTPHeaders(headers))
    }

    private func replacing(_ name: String, _ value: String?) -> HTTPRequestHead {
        head(good.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? []))
    }

    private func status(_ head: HTTPRequestHead) -> HTTPResponseStatus? {
        do throws(WebSocketHandshake.Refusal) {
            _ = try WebSocketHandshake(head)
            return nil
        } catch {
            return error.status
        }
    }

    @Test func `a good request is taken, with its subprotocols`() throws {
        #expect(WebSocketHandshake.isAskedFor(in: head(good)))
        #expect(try WebSocketHandshake(head(good)).subprotocols == ["binary", "ticket.abc"])
        #expect(WebSocketHandshake.isAskedFor(in: replacing("Upgrade", "h2c, WebSocket")))
    }

    @Test func `other methods, versions and protocols do not ask for it`() {
        var post = head(good)
        post.method = .POST
        #expect(!WebSocketHandshake.isAskedFor(in: post))
        var old = head(good)
        old.version = .http1_0
        #expect(!WebSocketHandshake.isAskedFor(in: old))
        #expect(!WebSocketHandshake.isAskedFor(in: replacing("Upgrade", "h2c")))
        #expect(!WebSocketHandshake.isAskedFor(in: replacing("Upgrade", nil)))
    }

    @Test func `a wrong version is told the right one`() {
        #expect(status(replacing("Sec-WebSocket-Version", "8")) == .upgradeRequired)
        #expect(status(replacing("Sec-WebSocket-Version", nil)) == .upgradeRequired)
    }

    @Test(arguments: [
        "", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBsZSBub25j!Q==",
        "dGhlIHNhbXBsZSBub25jZSBtb3Jl",
    ])
    func `a key that is not 16 bytes is refused`(key: String) {
        #expect(status(replacing("Sec-WebSocket-Key", key)) == .badRequest)
    }

    @Test func `missing and doubled headers are refused`() {
        for name in ["Sec-WebSocket-Key", "Connection", "Host"] {
            #expect(status(replacing(name, nil)) == .badRequest)
        }
        #expect(status(head(good + [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])) == .badRequest)
        #expect(status(head(good + [("Host", "other")])) == .badRequest)
    }
}
