// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

/// Guessing passwords.
@Suite struct LoginTests {
    private static let wrong = "wrong-guess-of-a-password"

    private func guess(_ name: String, _ client: APIClient, password: String = wrong) async throws {
        try await client.call("session.login", ["name": .string(name), "password": .string(password)])
    }

    @Test func `after five failures that account waits at that address, and nobody else does`() async throws {
        try await withGateway { gateway in
            gateway.note(secret: Self.wrong)
            let (here, there) = (APIClient(gateway, from: "127.0.0.2"), APIClient(gateway, from: "127.0.0.3"))
            var messages: Set<String> = []
            for name in ["admin", "admin", "admin", "admin", "admin"] {
                let error = await expect(.unauthenticated) { try await guess(name, here) }
                messages.insert(error?.message ?? "")
            }
            // Even the right password does not help there now.
            let error = await expect(.rateLimited) { try await guess("admin", here, password: Gateway.password) }
            #expect(error?.details["retryAfter"]?.intValue.map { (1...300).contains($0) } == true)
            #expect(error?.message.contains("minutes") == true)
            await expect(.rateLimited) { try await guess("ADMIN", here) }
            try await guess("admin", there, password: Gateway.password)
            // A name that does not exist looks the same.
            let unknown = await expect(.unauthenticated) { try await guess("nobody", here) }
            messages.insert(unknown?.message ?? "")
            #expect(messages.count == 1)
            #expect(here.session == nil)
            try await expectAudit(there)
        }
    }

    private func expectAudit(_ admin: APIClient) async throws {
        let entries = try #require(
            try await admin.call("audit.list", ["action": "session.login", "limit": 100])["entries"]?.arrayValue)
        let refused = entries.filter { $0["outcome"] == "refused" && $0["address"] == "127.0.0.2" }
        #expect(refused.count == 8)
        #expect(refused.count { $0["user"] == "admin" } >= 6)
        #expect(refused.count { $0["detail"]?.stringValue?.contains("too many") == true } == 2)
        #expect(entries.contains { $0["outcome"] == "ok" && $0["address"] == "127.0.0.3" && $0["user"] == "admin" })
        #expect(!"\(entries)".contains(Self.wrong))
        #expect(!"\(entries)".contains(Gateway.password))
    }

    @Test func `behind a trusted proxy it is the client's address that counts`() async throws {
        let settings = GatewaySettings(
            limits: ["maxLoginFailures": 1], other: ["trustedProxies": ["127.0.0.1"]])
        try await withGateway(settings) { gateway in
            gateway.note(secret: Self.wrong)
            let client = APIClient(gateway)
            func guess(_ address: String) async throws -> String {
                let request = RPCRequest(
                    method: "session.login", parameters: ["name": "admin", "password": .string(Self.wrong)], id: 1)
                let body = JSONWriter.bytes(request.json)
                return try await client.post(body, but: ["X-Forwarded-For": address]).text
            }
            let first = try await guess("198.51.100.1")
            #expect(first.contains("unauthenticated"))
            #expect(try await guess("198.51.100.1").contains("rateLimited"))
            // What the client adds in front does not help it.
            #expect(try await guess("203.0.113.9, 198.51.100.1").contains("rateLimited"))
            #expect(try await guess("198.51.100.2").contains("unauthenticated"))
        }
    }
}
