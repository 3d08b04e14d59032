// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

extension SharedGatewayTests {
    /// Calls that are wrong as a whole change nothing and say what is wrong.
    @Suite struct RequestTests {
        private static let groups = Array(#"{"jsonrpc":"2.0","id":1,"method":"group.list"}"#.utf8)

        private func creation(_ name: String) -> [UInt8] {
            Array(#"{"jsonrpc":"2.0","id":1,"method":"group.create","params":{"name":"\#(name)"}}"#.utf8)
        }

        private func hasGroup(_ name: String) async throws -> Bool {
            try await Gateway.current.admin().call("group.list")["groups"]?.arrayValue?
                .contains { $0["name"]?.stringValue == name } ?? false
        }

        private func error(_ answer: WireAnswer) throws -> (word: String?, message: String) {
            let error = try #require(try JSONParser.parse(answer.body)["error"])
            return (error["data"]?["code"]?.stringValue, error["message"]?.stringValue ?? "")
        }

        @Test func `a call from a foreign page is refused and changes nothing`() async throws {
            let admin = try await Gateway.current.admin()
            for origin in [
                "http://evil.example", "http://127.0.0.1", "https://127.0.0.1:\(admin.gateway.port)", "null",
            ] {
                let answer = try await admin.post(creation("foreign"), but: ["Origin": origin])
                #expect(answer.status == 403)
                #expect(try error(answer).word == "forbidden")
                #expect(try error(answer).message.contains("publicOrigins"))
            }
            #expect(try await !hasGroup("foreign"))
        }

        @Test func `a call without an origin is refused and changes nothing`() async throws {
            let answer = try await Gateway.current.admin().post(creation("nowhere"), but: ["Origin": nil])
            #expect(answer.status == 403)
            #expect(try error(answer).message.contains("Origin is missing"))
            #expect(try await !hasGroup("nowhere"))
        }

        @Test func `a foreign page that names its own host is still refused by the cookie it has not`() async throws {
            let admin = try await Gateway.current.admin()
            let answer = try await admin.post(
                creation("spoof"), but: ["Origin": "http://evil.example", "Host": "evil.example", "Cookie": nil])
            #expect(try error(answer).word == "unauthenticated")
            // And the daemon's idea of itself has not moved.
            #expect(try await admin.post(Self.groups).status == 200)
            #expect(try await admin.post(Self.groups, but: ["Origin": "http://evil.example"]).status == 403)
        }

        @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", nil])
        func `a call that a form could send is refused and changes nothing`(type: String?) async throws {
            let answer = try await Gateway.current.admin().post(creation("form"), but: ["Content-Type": type])
            #expect(answer.status == 415)
            #expect(try error(answer).message.contains("application/json"))
            #expect(try await !hasGroup("form"))
        }

        @Test func `a call by GET is refused`() async throws {
            let admin = try await Gateway.current.admin()
            let target = "/api?method=group.create&name=got"
            let answer = try await admin.exchange(WireRequest("GET", target, headers: admin.headers))
            #expect((400..<500).contains(answer.status))
            #expect(try await !hasGroup("got"))
        }

        @Test func `a body that is too large is refused and changes nothing`() async throws {
            let body = creation("large") + [UInt8](repeating: 0x20, count: 65_536)
            let answer = try await Gateway.current.admin().post(body)
            #expect(answer.status == 413)
            #expect(try error(answer).word == "limitExceeded")
            #expect(try error(answer).message.contains("65536"))
            #expect(try await !hasGroup("large"))
        }

        @Test func `JSON that is too deep is refused`() async throws {
            let body = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
            let answer = try await Gateway.current.admin().post(body.utf8)
            #expect(try error(answer).word == "limitExceeded" || error(answer).word == "parseError")
            #expect(try error(answer).message.contains("32"))
        }

        @Test func `what is no JSON is refused`() async throws {
            for body in ["{", "no", "{\"jsonrpc\":\"2.0\"", "\u{FEFF}{}", "{'a':1}"] {
                #expect(try error(await Gateway.current.admin().post(body.utf8)).word == "parseError", "\(body)")
            }
        }

        @Test func `a long batch is refused as a whole`() async throws {
            let call = String(decoding: creation("batch"), as: UTF8.self)
            let admin = try await Gateway.current.admin()
            let long = "[" + [String](repeating: call, count: 6).joined(separator: ",") + "]"
            let answer = try await admin.post(long.utf8)
            #expect(try error(answer).word == "limitExceeded")
            #expect(try error(answer).message.contains("5 calls"))
            #expect(try await !hasGroup("batch"))
            #expect(try error(await admin.post("[]".utf8)).word == "invalidRequest")
        }

        @Test func `a method that there is not is told where to look`() async throws {
            let error = await expect(.methodNotFound) { try await Gateway.current.admin().call("group.explode") }
            #expect(error?.message.contains("api.describe") == true)
        }

        @Test func `a parameter that does not fit is named`() async throws {
            let admin = try await Gateway.current.admin()
            for (parameters, name) in [
                ([:], "name"), (["name": 1], "name"), (["name": "x", "colour": "red"], "colour"),
                (["name": .string(String(repeating: "x", count: 300))], "name"),
            ] as [([String: JSONValue], String)] {
                let error = await expect(.invalidParameters) { try await admin.call("group.create", parameters) }
                #expect(error?.details["parameter"]?.stringValue == name)
            }
        }

        @Test func `whoever is not logged in gets nothing`() async throws {
            let stranger = APIClient(try Gateway.current)
            for method in [
                "machine.list", "user.list", "session.current", "console.list", "audit.list", "system.status",
            ] {
                await expect(.unauthenticated) { try await stranger.call(method) }
            }
            let answer = try await stranger.exchange(WireRequest("GET", "/api/events", headers: stranger.headers))
            #expect(answer.status == 401)
        }

        @Test func `every page is served with its policy`() async throws {
            let stranger = APIClient(try Gateway.current)
            for target in ["/", "/login", "/machine/\(GatewaySettings.deadMachine)/text", "/app.js", "/console.js"] {
                let answer = try await stranger.exchange(WireRequest("GET", target, headers: stranger.headers))
                #expect(answer.status == 200, "\(target)")
                #expect(answer["content-security-policy"]?.contains("script-src 'self'") == true, "\(target)")
            }
        }
    }
}
