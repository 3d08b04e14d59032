// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@testable import Web

/// Routes of plugins at the main address.
@Suite struct PluginRouteTests {
    private static let hello = PluginRoute(
        plugin: "hello", path: "/hello", isPrefix: true, requestBytes: 1000, cookies: ["sessid"])

    private func run(
        _ gateway: FakeGateway = FakeGateway([hello]), requestsPerMinute: Int = 1_000_000,
        trustedProxies: [String] = [], _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            requestsPerMinute: requestsPerMinute, plugins: gateway, trustedProxies: trustedProxies, body)
    }

    private static func ask(
        _ server: TestServer, _ method: String = "POST", _ target: String = "/hello",
        _ headers: [(name: String, value: String)] = [], body: String = ""
    ) async throws -> WireAnswer {
        try await server.exchange(
            WireRequest(
                method, target, headers: [("Host", "127.0.0.1:\(server.port)")] + headers, body: Array(body.utf8)))
    }

    @Test func `a plugin gets the request as it was sent`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            let answer = try await Self.ask(
                server, "POST", "/hello/a%20b/../c?x=1&y=%20",
                [("Content-Type", "text/xml"), ("X-One", "1"), ("x-one", "2"), ("User-Agent", "curl")], body: "<a/>")
            #expect(answer.status == 200)
            #expect(answer.text == "hello")
            let asked = try #require(gateway.asked.first)
            #expect((asked.method, asked.path, asked.query) == ("POST", "/hello/a%20b/../c", "x=1&y=%20"))
            #expect(asked.body == Array("<a/>".utf8))
            #expect(asked.headers.filter { $0.name == "x-one" }.map(\.value) == ["1", "2"])
            #expect(asked.headers.contains { $0 == ("content-type", "text/xml") })
            #expect(asked.headers.contains { $0 == ("host", "127.0.0.1:\(server.port)") })
            #expect(
                (asked.address, asked.userAgent, asked.listener, asked.isSecure) == ("127.0.0.1", "curl", nil, false))
        }
    }

    @Test func `headers of the connection and of proxies stay here`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            _ = try await Self.ask(
                server, "GET", "/hello",
                [
                    ("Connection", "X-Private, keep-alive"), ("X-Private", "1"), ("TE", "trailers"),
                    ("X-Forwarded-For", "203.0.113.9"), ("Proxy-Authorization", "Basic x"), ("X-Real-IP", "1.2.3.4"),
                ])
            let asked = try #require(gateway.asked.first)
            #expect(asked.headers.map(\.name) == ["host"])
            #expect(asked.address == "127.0.0.1")
        }
    }

    @Test func `a trusted proxy's word on address and privacy counts`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway, trustedProxies: ["127.0.0.1"]) { server in
            _ = try await Self.ask(
                server, "GET", "/hello", [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")])
            #expect(gateway.asked.first?.address == "203.0.113.9")
            #expect(gateway.asked.first?.isSecure == true)
        }
    }

    @Test func `a plugin sees its own cookies and no others`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            _ = try await Self.ask(
                server, "GET", "/hello",
                [("Cookie", "__Host-gatehouse=secret; sessid=one; other=2"), ("Cookie", "sessid=two; sessidx=3")])
            _ = try await Self.ask(server, "GET", "/hello", [("Cookie", "__Host-gatehouse=secret")])
            #expect(gateway.asked.first?.headers.first { $0.name == "cookie" }?.value == "sessid=one; sessid=two")
            #expect(gateway.asked.last?.headers.contains { $0.name == "cookie" } == false)
        }
    }

    @Test func `a foreign page can not use the cookie of a plugin`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            let own = "http://127.0.0.1:\(server.port)"
            for credentials in [("Cookie", "sessid=1"), ("Authorization", "Basic eDp5")] {
                for origin in ["https://evil.example", "null"] {
                    let refused = try await Self.ask(server, "POST", "/hello", [credentials, ("Origin", origin)])
                    #expect(refused.status == 403)
                    #expect(refused.text.contains("hello") && refused.text.contains(origin))
                }
                #expect(try await Self.ask(server, "POST", "/hello", [credentials, ("Origin", own)]).status == 200)
                // Scripts send none.
                #expect(try await Self.ask(server, "POST", "/hello", [credentials]).status == 200)
            }
            let bare = try await Self.ask(server, "POST", "/hello", [("Origin", "https://evil.example")])
            #expect(bare.status == 200)
        }
    }

    @Test func `a method that the route does not name is refused with those it does`() async throws {
        try await run { server in
            let answer = try await Self.ask(server, "DELETE")
            #expect(answer.status == 405)
            #expect(answer["allow"] == "GET, POST, HEAD")
            #expect(answer.text.contains("hello"))
        }
    }

    @Test func `HEAD is a GET without its body`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            let answer = try await Self.ask(server, "HEAD")
            #expect(answer.status == 200)
            #expect(answer["content-length"] == "5")
            #expect(gateway.asked.first?.method == "GET")
        }
    }

    @Test func `a body longer than the route takes is refused`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            let answer = try await Self.ask(server, body: String(repeating: "x", count: 1001))
            #expect(answer.status == 413)
            #expect(answer.text.contains("hello") && answer.text.contains("1000"))
            #expect(gateway.asked.isEmpty)
            #expect(try await Self.ask(server, body: String(repeating: "x", count: 1000)).status == 200)
        }
    }

    @Test func `an answer can not speak for the host`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.answer(
            .success(
                RouteResponse(
                    status: 201,
                    headers: [
                        ("Content-Type", "text/html"), ("Set-Cookie", "__Host-gatehouse=stolen"),
                        ("content-security-policy", "default-src *"), ("X-Frame-Options", "ALLOWALL"),
                        ("Content-Length", "999"), ("Transfer-Encoding", "chunked"), ("Clear-Site-Data", "*"),
                        ("Service-Worker-Allowed", "/"), ("Access-Control-Allow-Origin", "*"), ("X-Own", "kept"),
                        ("Bad Name", "x"), ("X-Bad", "a\r\nSet-Cookie: y=1"), ("Server", "mine"),
                    ],
                    cookies: [RouteCookie(name: "sessid", value: "abc", maxAge: 60)], body: Array("<p>".utf8))))
        try await run(gateway) { server in
            let answer = try await Self.ask(server)
            #expect(answer.status == 201)
            #expect(answer.text == "<p>")
            #expect(answer["x-own"] == "kept")
            #expect(answer["content-security-policy"]?.hasPrefix("sandbox; default-src 'none'") == true)
            #expect(
                answer.headers.filter { $0.name == "set-cookie" }.map(\.value) == [
                    "sessid=abc; Path=/hello; Secure; HttpOnly; SameSite=Strict; Max-Age=60"
                ])
            #expect(answer["server"] == "Gatehouse")
            for name in ["clear-site-data", "service-worker-allowed", "access-control-allow-origin", "x-bad"] {
                #expect(answer[name] == nil, "\(name)")
            }
        }
    }

    @Test func `a plugin gives only the cookies of its route`() throws {
        let cookies = RouteCookies(Self.hello)
        #expect(try cookies.header(for: RouteCookie(name: "sessid", value: "")).hasSuffix("; Max-Age=0"))
        for cookie in [
            RouteCookie(name: "other", value: "1"), RouteCookie(name: "__Host-gatehouse", value: "1"),
            RouteCookie(name: "sessid", value: "a; Domain=example.org"), RouteCookie(name: "sessid", value: "a\r\nb"),
        ] {
            #expect(throws: GatehouseError.self) { try cookies.header(for: cookie) }
        }
        var greedy = Self.hello
        greedy.cookies = ["__Host-gatehouse"]
        #expect(RouteCookies(greedy).kept(of: "__Host-gatehouse=secret") == nil)
    }

    @Test(arguments: [
        (GatehouseError(.limitExceeded, "hello is busy.", details: ["retryAfter": 3]), 503),
        (GatehouseError(.pluginFailed, "hello has ended."), 502), (GatehouseError(.timeout, "It took too long."), 504),
        (GatehouseError(.notFound, "hello is off."), 404),
    ])
    func `what goes wrong has a status and names the plugin`(error: GatehouseError, status: Int) async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.answer(.failure(error))
        try await run(gateway) { server in
            let answer = try await Self.ask(server)
            #expect(answer.status == status)
            #expect(answer.text.contains("hello"))
            #expect(answer["content-type"] == "text/plain; charset=utf-8")
            #expect(answer["retry-after"] == (status == 503 ? "3" : nil))
        }
    }

    @Test(arguments: [99, 101, 600, 0])
    func `a status that is none is the plugin's failure`(status: Int) async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.answer(.success(RouteResponse(status: status)))
        try await run(gateway) { server in
            let answer = try await Self.ask(server)
            #expect(answer.status == 502)
        }
    }

    @Test(arguments: [
        "/api", "/api/events", "/healthz", "/metrics", "/", "/login", "/plugins/x", "/page/a/b", "/console/x",
        "/plugin-files/hello/index.html", "/index.html", "/lib/a.js", "/lib/not-there", "/app.js",
    ])
    func `a plugin can not answer in the host's place`(target: String) async throws {
        let gateway = FakeGateway([PluginRoute(plugin: "greedy", path: "/", isPrefix: true, methods: ["GET", "POST"])])
        try await run(gateway) { server in
            _ = try await Self.ask(server, "GET", target)
            _ = try await Self.ask(server, "POST", target)
            #expect(gateway.asked.isEmpty)
            #expect(try await Self.ask(server, "GET", "/elsewhere").text == "hello")
        }
    }

    @Test func `calls of plugins count against the limit of an address`() async throws {
        try await run(requestsPerMinute: 2) { server in
            for _ in 0..<2 { #expect(try await Self.ask(server).status == 200) }
            let refused = try await Self.ask(server)
            #expect(refused.status == 429)
        }
    }

    @Test func `a plugin that goes off leaves nothing behind`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await run(gateway) { server in
            let before = try await Self.ask(server)
            #expect(before.status == 200)
            gateway.routes([])
            #expect(try await Self.ask(server).status == 404)
            #expect(try await Self.ask(server, "GET").status == 404)
        }
    }
}
