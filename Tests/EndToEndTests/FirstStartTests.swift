// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestSupport
import Testing

/// A new daemon has no account; who is on the host makes the first one.
@Suite struct FirstStartTests {
    /// The token of a new set-up link.
    private func token(_ gateway: Gateway) async throws -> String {
        let made = try await gateway.command("setup-link")
        try #require(made.end == .status(0), "\(made.error)")
        let link = try #require(made.output.split(whereSeparator: \.isWhitespace).first { $0.contains("#token=") })
        #expect(link.hasPrefix("\(gateway.origin)/setup#token="))
        let token = String(try #require(link.split(separator: "=").last))
        gateway.note(secret: token)
        return token
    }

    private func complete(_ gateway: Gateway, _ token: String, name: String) async throws -> APIClient {
        let client = APIClient(gateway)
        try await client.call(
            "setup.complete", ["token": .string(token), "name": .string(name), "password": .string(Gateway.password)])
        return client
    }

    @Test func `a set-up link makes the first superuser, once`() async throws {
        try await withGateway(superuser: false) { gateway in
            let stranger = APIClient(gateway)
            #expect(try await stranger.call("setup.status")["needed"] == true)
            let token = try await token(gateway)
            // Whoever previews the link, or fetches the page, takes nothing away.
            for _ in 0..<3 {
                let answer = try await stranger.exchange(
                    WireRequest("GET", "/setup?token=\(token)", headers: stranger.headers))
                #expect(answer.status == 200)
            }
            await expect(.expired) { try await complete(gateway, String(token.reversed()), name: "mallory") }
            let first = try await complete(gateway, token, name: "first")
            let user = try await first.call("session.current")["user"]
            #expect(user?["name"] == "first")
            #expect(user?["level"] == "superUser")
            #expect(try await stranger.call("setup.status")["needed"] == false)
            let again = await expect(.conflict) { try await complete(gateway, token, name: "second") }
            #expect(again?.message.contains("log in") == true)
            #expect(try await first.call("user.list")["users"]?.arrayValue?.count == 1)
        }
    }

    @Test func `a wrong password leaves the set-up link as it was, and a new link ends the one before`() async throws {
        try await withGateway(superuser: false) { gateway in
            let old = try await token(gateway)
            let new = try await token(gateway)
            await expect(.expired) { try await complete(gateway, old, name: "first") }
            let stranger = APIClient(gateway)
            await expect(.invalidParameters) {
                try await stranger.call(
                    "setup.complete", ["token": .string(new), "name": "first", "password": "short"])
            }
            _ = try await complete(gateway, new, name: "first")
        }
    }

    @Test func `the command line makes a superuser who can log in`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            #expect(try await admin.call("session.current")["user"]?["level"] == "superUser")
            #expect(try await admin.call("setup.status")["needed"] == false)
            let again = try await gateway.command(
                "user", "add", "admin", "--superuser", "--password-stdin", input: Gateway.password + "\n")
            #expect(again.end == .status(6))
            #expect(again.error.contains("taken already"))
        }
    }

    @Test func `the password of a new user never shows up on the command line's output`() async throws {
        try await withGateway(superuser: false) { gateway in
            let made = try await gateway.command(
                "user", "add", "eve", "--password-stdin", input: Gateway.password + "\n")
            #expect(made.end == .status(0))
            #expect(!made.output.contains(Gateway.password))
            #expect(!made.error.contains(Gateway.password))
        }
    }
}
