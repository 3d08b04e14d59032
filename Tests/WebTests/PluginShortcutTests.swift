// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import Web

/// Requests that go to their plugin past the router.
@Suite struct PluginShortcutTests {
    private static let hello = PluginRoute(
        plugin: "hello", path: "/hello", isPrefix: true, requestBytes: 100_000, cookies: ["sessid"])

    private static func request(
        _ method: String, _ target: String = "/hello", _ headers: [(name: String, value: String)] = [],
        body: String = ""
    ) -> WireRequest {
        WireRequest(method, target, headers: [("Host", "gatehouse")] + headers, body: Array(body.utf8))
    }

    private static let requests = [
        request("GET"), request("GET", "/hello/a%20b?x=1&y=%20"), request("HEAD"), request("DELETE"),
        request("POST", body: "<a/>"), request("POST", body: String(repeating: "x", count: 70_000)),
        request("POST", body: String(repeating: "x", count: 100_001)),
        request("GET", "/hello", [("Cookie", "sessid=1"), ("Origin", "https://evil.example")]),
        request("GET", "/hello", [("Cookie", "a=1; sessid=1"), ("User-Agent", "curl"), ("X-One", "1")]),
        request("GET", "/hello", [("Connection", "keep-alive")]), request("GET", "/hello", [("Expect", "x")]),
        request("GET", "/nobody"), request("GET", "/healthz"), request("HEAD", "/hello/x"),
    ]

    private static let answers: [Result<RouteResponse, GatehouseError>] = [
        .success(
            RouteResponse(
                status: 201, headers: [("content-type", "text/xml"), ("server", "mine"), ("x-own", "1")],
                cookies: [RouteCookie(name: "sessid", value: "abc")], body: Array("<a/>".utf8))),
        .success(RouteResponse(status: 204)), .success(RouteResponse(status: 99)),
        .success(RouteResponse(cookies: [RouteCookie(name: "other", value: "1")])),
        .failure(GatehouseError(.pluginFailed, "It fell over.")),
        .failure(GatehouseError(.limitExceeded, "Full.", details: ["retryAfter": 7])),
        .failure(GatehouseError(.timeout, "Late.")),
    ]

    @Test func `the answers are those that the router gives`() async throws {
        for answer in Self.answers {
            let (quick, slow) = (FakeGateway([Self.hello]), FakeGateway([Self.hello]))
            slow.beSlow()
            var got: [[String]] = []
            for gateway in [quick, slow] {
                gateway.answer(answer)
                let texts = Texts()
                try await TestServer.run(plugins: gateway) { server in
                    // One connection for all: a byte too many would be taken for the next answer.
                    let connection = try await WireConnection.open(.tcp(port: server.port))
                    for request in Self.requests { await texts.add(try await connection.exchange(request)) }
                    await connection.close()
                }
                got.append(await texts.all)
            }
            #expect(got[0] == got[1])
            #expect(quick.asked.map(Self.text) == slow.asked.map(Self.text))
            #expect(quick.asked.count == 9)
        }
    }

    /// Answers as texts, without the date.
    private actor Texts {
        var all: [String] = []

        func add(_ answer: WireAnswer) {
            let headers = answer.headers.filter { $0.name != "date" }.map { "\($0.name): \($0.value)" }.sorted()
            all.append(([String(answer.status)] + headers + [answer.text]).joined(separator: "\n"))
            if answer["date"] == nil { all.append("no date") }
        }
    }

    private static func text(_ request: RouteRequest) -> String {
        "\(request.method) \(request.path) \(request.query) \(request.headers) \(request.body.count) \(request.address)"
    }

    @Test func `a client that repeats itself is looked at once, until something is different`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            func ask(_ requests: [WireRequest], prepared: Int) async throws {
                for request in requests {
                    let answer = try await connection.exchange(request)
                    #expect(answer.status == 200 && answer.text == "hello")
                }
                #expect(gateway.prepared == prepared)
            }
            let first = Self.request("POST", body: "<a/>")
            try await ask([first, Self.request("POST", body: "<b/>"), Self.request("POST", body: "<c/>")], prepared: 1)
            try await ask(
                [Self.request("POST", body: "<longer/>"), Self.request("POST", "/hello/2", body: "<a/>")], prepared: 3)
            try await ask([Self.request("POST", "/hello/2", [("X-One", "1")], body: "<a/>")], prepared: 4)
            try await ask([Self.request("POST", "/hello/2", [("X-One", "2")], body: "<a/>")], prepared: 5)
            #expect(
                gateway.asked.map { String(decoding: $0.body, as: UTF8.self) } == [
                    "<a/>", "<b/>", "<c/>", "<longer/>", "<a/>", "<a/>", "<a/>",
                ])
            let own = gateway.asked.suffix(2).map { asked in asked.headers.first { $0.name == "x-one" }?.value }
            #expect(own == ["1", "2"])
            // To Swift these two are equal.
            let names = ["\u{E9}", "e\u{301}"]
            try await ask(names.map { Self.request("GET", "/hello", [("X-One", $0)]) }, prepared: 7)
            let told = gateway.asked.suffix(2).map { asked in asked.headers.first { $0.name == "x-one" }?.value ?? "" }
            #expect(told.map { Array($0.utf8) } == names.map { Array($0.utf8) })
            // The route goes, and comes back as somebody else's.
            gateway.routes([])
            let gone = Self.request("POST", "/hello/2", [("X-One", "2")], body: "<a/>")
            #expect(try await connection.exchange(gone).status == 404)
            gateway.routes([PluginRoute(plugin: "other", path: "/hello", isPrefix: true)])
            try await ask([gone], prepared: 8)
            await connection.close()
        }
    }

    @Test func `what is older than HTTP 1.1 takes the router's way`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            try await connection.send("GET /hello HTTP/1.0\r\nHost: x\r\n\r\n")
            #expect(try await connection.answer().text == "hello")
            #expect(gateway.prepared == 0 && gateway.asked.count == 1)
            await connection.close()
        }
    }

    @Test func `answers that differ from the one before are told apart`() async throws {
        let gateway = FakeGateway([Self.hello])
        let answers = [
            RouteResponse(headers: [("content-type", "text/xml")], body: Array("<a/>".utf8)),
            RouteResponse(headers: [("content-type", "text/xml")], body: Array("<longer/>".utf8)),
            RouteResponse(headers: [("content-type", "text/xml")]),
            RouteResponse(
                headers: [("content-type", "text/xml")], cookies: [RouteCookie(name: "sessid", value: "1", maxAge: 9)],
                body: Array("<a/>".utf8)),
            RouteResponse(status: 404, headers: [("content-type", "text/xml")], body: Array("<a/>".utf8)),
            RouteResponse(status: 204, headers: [("content-type", "text/xml")], body: Array("<a/>".utf8)),
            RouteResponse(headers: [("content-type", "text/html")], body: Array("<a/>".utf8)), RouteResponse(),
            RouteResponse(body: Array("<a/>".utf8)),
        ]
        try await TestServer.run(plugins: gateway) { server in
            let (one, connection) = (Texts(), try await WireConnection.open(.tcp(port: server.port)))
            let each = Texts()
            for answer in answers {
                gateway.answer(.success(answer))
                await one.add(try await connection.exchange(Self.request("GET")))
                await each.add(try await server.exchange(Self.request("GET", "/hello", [("Connection", "close")])))
            }
            await connection.close()
            let (got, wanted) = (await one.all, await each.all)
            #expect(got == wanted.map { $0.replacing("connection: close\n", with: "") })
            #expect(got.count == answers.count && got[3].contains("sessid=1") && !got[4].contains("sessid"))
        }
    }

    @Test func `requests of one connection are answered in their order, whatever way each takes`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.hold()
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            let targets = ["/hello", "/healthz", "/hello/2", "/hello/3", "/healthz", "/nobody"]
            try await connection.send(targets.flatMap { Self.request("GET", $0).bytes })
            try await eventually("the first one is there") { gateway.asked.count == 1 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(gateway.asked.count == 1, "a second request is under way")
            gateway.letGo()
            var got: [String] = []
            for _ in targets { got.append(String(try await connection.answer().text.prefix(5))) }
            #expect(got == ["hello", "ok\n", "hello", "hello", "ok\n", "There"])
            #expect(gateway.asked.map(\.path) == ["/hello", "/hello/2", "/hello/3"])
            await connection.close()
        }
    }

    @Test func `what came after a request is not begun when the connection is closed`() async throws {
        let route = PluginRoute(plugin: "hello", path: "/", isPrefix: true, isListenerOnly: true)
        let gateway = FakeGateway([route])
        gateway.hold()
        try await withListener(gateway) { connection in
            try await connection.send(["/1", "/2", "/3"].flatMap { Self.request("GET", $0).bytes })
            try await eventually("the first one is there") { gateway.asked.count == 1 }
            gateway.want([])
            #expect(try await connection.answer().status == 503)
            gateway.letGo()
            try await connection.waitUntilClosed()
            #expect(gateway.asked.map(\.path) == ["/1"])
        }
    }

    @Test func `who does not read his answers is not asked for more`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.answer(.success(RouteResponse(body: [UInt8](repeating: 0x61, count: 1 << 20))))
        try await TestServer.run(plugins: gateway) { server in
            // What the kernel takes at most is its own business (tcp(7), tcp_wmem); all beyond it would be kept here.
            let sizes = try String(contentsOfFile: "/proc/sys/net/ipv4/tcp_wmem", encoding: .utf8)
            let longest = try #require(sizes.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) })
            let most = longest >> 20 + 8
            let connection = try await WireConnection.open(.tcp(port: server.port), receiveBuffer: 4096)
            try await connection.setReading(false)
            for _ in 0..<3 * most { try await connection.send(Self.request("GET").bytes) }
            try await Task.sleep(for: .milliseconds(300))
            let asked = gateway.asked.count
            #expect(asked < most, "\(asked) answers of a megabyte wait")
            try await connection.setReading(true)
            for _ in 0..<3 * most { #expect(try await connection.answer().body.count == 1 << 20) }
            await connection.close()
        }
    }

    @Test func `a request that takes the router's way counts once against the limit`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.beSlow()
        try await TestServer.run(requestsPerMinute: 3, plugins: gateway) { server in
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await server.exchange(Self.request("GET")).status) }
            #expect(statuses == [200, 200, 200, 429])
        }
    }

    @Test func `a request may come in pieces`() async throws {
        let gateway = FakeGateway([Self.hello])
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            let bytes = Self.request("POST", body: String(repeating: "abc", count: 50)).bytes
            for start in stride(from: 0, to: bytes.count, by: 40) {
                try await connection.send(bytes[start..<min(bytes.count, start + 40)])
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await connection.answer().text == "hello")
            #expect(gateway.asked.first?.body.count == 150)
            await connection.close()
        }
    }

    @Test func `who sends nothing more still gets his answer`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.hold()
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            try await connection.send(Self.request("GET").bytes)
            try await connection.finishSending()
            try await eventually("it is there") { gateway.asked.count == 1 }
            try await Task.sleep(for: .milliseconds(50))
            gateway.letGo()
            #expect(try await connection.answer().text == "hello")
            try await connection.waitUntilClosed()
        }
    }

    @Test func `nonsense after a request ends the connection, but not before the answer`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.hold()
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            try await connection.send(Self.request("GET").bytes + Array("no HTTP at all\r\n\r\n".utf8))
            try await eventually("it is there") { gateway.asked.count == 1 }
            gateway.letGo()
            #expect(try await connection.answer().text == "hello")
            #expect(try await connection.answer().status == 400)
            try await connection.waitUntilClosed()
        }
    }

    @Test func `a client that goes leaves the host as it was`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.hold()
        try await TestServer.run(plugins: gateway) { server in
            for _ in 0..<3 {
                let connection = try await WireConnection.open(.tcp(port: server.port))
                try await connection.send(Self.request("GET").bytes)
                try await Task.sleep(for: .milliseconds(20))
                try await connection.reset()
            }
            let midway = try await WireConnection.open(.tcp(port: server.port))
            try await midway.send("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
            await midway.close()
            try await eventually("they are there") { gateway.asked.count == 3 }
            gateway.letGo()
            #expect(try await server.exchange(Self.request("GET")).text == "hello")
        }
    }

    @Test func `a host that stops waits a moment for the answer`() async throws {
        let gateway = FakeGateway([Self.hello])
        gateway.hold()
        let (connections, opened) = AsyncStream.makeStream(of: WireConnection.self)
        async let answer = Self.answer(from: connections, gateway)
        try await TestServer.run(plugins: gateway) { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            try await connection.send(Self.request("GET").bytes)
            try await eventually("it is there") { gateway.asked.count == 1 }
            opened.yield(connection)
        }
        opened.finish()
        #expect(try await answer == "hello")
        #expect(gateway.givenUp == 0)
    }

    /// Lets the answer go when the server takes nothing new any more.
    private static func answer(
        from connections: AsyncStream<WireConnection>, _ gateway: FakeGateway
    ) async throws -> String? {
        for await connection in connections {
            try await Task.sleep(for: .milliseconds(100))
            gateway.letGo()
            let answer = try await connection.answer()
            try await connection.waitUntilClosed()
            return answer.text
        }
        return nil
    }

    @Test func `a listener that closes gives up what takes too long`() async throws {
        let route = PluginRoute(plugin: "hello", path: "/", isPrefix: true, isListenerOnly: true)
        let gateway = FakeGateway([route])
        gateway.hold()
        try await withListener(gateway) { connection in
            try await connection.send(Self.request("GET").bytes)
            try await eventually("it is there") { gateway.asked.count == 1 }
            gateway.want([])
            let answer = try await connection.answer()
            #expect(answer.status == 503 && answer.text.contains("hello"))
            try await connection.waitUntilClosed()
            #expect(gateway.givenUp == 1)
        }
    }

    /// Opens a connection to a listener of the plugin's own.
    private func withListener(
        _ gateway: FakeGateway, _ body: @escaping @Sendable (WireConnection) async throws -> Void
    ) async throws {
        let (states, report) = AsyncStream.makeStream(of: PluginListenerState.self)
        let take: PluginListenerReport = { _, state in report.yield(state) }
        try await TestServer.run(plugins: gateway, report: take) { _ in
            gateway.want([PluginListener(plugin: "hello", address: "127.0.0.1", port: 0, isTLS: false)])
            var reports = states.makeAsyncIterator()
            guard case .open(let port)? = await reports.next() else { throw GatehouseError(.internal, "not open") }
            try await body(try await WireConnection.open(.tcp(port: port)))
            gateway.want([])
            #expect(await reports.next() == .closed)
        }
    }
}
