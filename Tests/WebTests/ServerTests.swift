// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@testable import Web

/// The whole edge, over a real socket.
@Suite struct ServerTests {
    @Test func `every answer keeps pages to themselves`() async throws {
        try await TestServer.run { server in
            for target in [
                "/", "/login", "/app.js", "/nothing", "/healthz", "/metrics", "/api/events", "/machine/x/vnc",
            ] {
                let answer = try await server.get(target)
                #expect(answer["content-security-policy"]?.hasPrefix("default-src 'none'") == true, "\(target)")
                #expect(answer["content-security-policy"]?.contains("unsafe") == false, "\(target)")
                #expect(answer["x-content-type-options"] == "nosniff", "\(target)")
                #expect(answer["referrer-policy"] == "no-referrer", "\(target)")
                #expect(answer["x-frame-options"] == "SAMEORIGIN", "\(target)")
                #expect(answer["cache-control"] != nil, "\(target)")
            }
        }
    }

    @Test func `every page of the console has its file`() async throws {
        try await TestServer.run { server in
            for target in [
                "/", "/login", "/setup", "/account", "/users", "/audit", "/nodes", "/consoles", "/machine/abc",
                "/?next=/users", "/machine/a%2Fb", "/plugins", "/plugins/hello", "/jobs", "/jobs/17", "/alerts",
                "/page/overview/overview",
            ] {
                let answer = try await server.get(target)
                #expect(answer.text == Pages.index, "\(target)")
            }
            for type in ["vnc", "text"] { #expect(try await server.get("/machine/abc/\(type)").text == "console") }
            for target in ["/machine", "/machine/abc/spice", "/setup/x", "/console.htm", "/page/overview"] {
                #expect(try await server.get(target).status == 404, "\(target)")
            }
        }
    }

    @Test func `a call without JSON's content type is refused`() async throws {
        try await TestServer.run { server in
            let call = #"{"jsonrpc":"2.0","id":1,"method":"setup.status"}"#
            let right = try await server.post(call)
            #expect(right.text.contains(#""needed":true"#))
            #expect(try await server.post(call, but: ["Content-Type": "Application/JSON; charset=utf-8"]).status == 200)
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", nil] {
                #expect(try await server.post(call, but: ["Content-Type": type]).status == 415, "\(type ?? "none")")
            }
        }
    }

    @Test func `a call from a foreign page is refused before it is read`() async throws {
        try await TestServer.run { server in
            for origin in ["http://evil.example", "null", nil] {
                let answer = try await server.post("not even JSON", but: ["Origin": origin])
                #expect(answer.status == 403)
                #expect(answer.text.contains("forbidden"))
            }
        }
    }

    @Test func `a notification gets no body`() async throws {
        try await TestServer.run { server in
            let answer = try await server.post(#"{"jsonrpc":"2.0","method":"setup.status"}"#)
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
        }
    }

    @Test func `a login counts for the calls that follow it in the batch`() async throws {
        try await TestServer.run { server in
            try await server.core.user("ann")
            let answer = try await server.post(
                """
                [{"jsonrpc":"2.0","id":1,"method":"session.current"},
                 {"jsonrpc":"2.0","id":2,"method":"session.login","params":{"name":"ann","password":"correct horse"}},
                 {"jsonrpc":"2.0","id":3,"method":"session.current"},
                 {"jsonrpc":"2.0","id":4,"method":"session.logout"},
                 {"jsonrpc":"2.0","id":5,"method":"session.current"}]
                """)
            let value = try JSONValueReader.array(answer.body)
            #expect(
                value.map { $0["error"]?["data"]?["code"]?.stringValue } == [
                    "unauthenticated", nil, nil, nil, "unauthenticated",
                ])
            #expect(answer["set-cookie"]?.contains("Max-Age=0") == true)
        }
    }

    @Test func `a connection stays open over several calls`() async throws {
        try await TestServer.run { server in
            let connection = try await WireConnection.open(.tcp(port: server.port))
            for _ in 0..<5 {
                let answer = try await connection.exchange(WireRequest("GET", "/healthz", headers: [("Host", "x")]))
                #expect(answer.text == "ok\n")
            }
            await connection.close()
        }
    }

    @Test func `no event goes to somebody who is not logged in`() async throws {
        try await TestServer.run { server in
            for target in ["/api/events", "/api/machines/x/picture"] {
                let answer = try await server.get(target)
                #expect(answer.status == 401, "\(target)")
            }
        }
    }
}
