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

    /// Writes the password of the first user where the configuration names it.
    private func prepare(_ gateway: Gateway, mode: Int, password: String = Gateway.password) throws -> Launch {
        let (file, folder) = (gateway.directory.file("first"), gateway.directory.file("conf.d"))
        try Data("\(password)\nnot this\n".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("firstUser: {name: boss, passwordFile: first}\n".utf8)
            .write(to: URL(fileURLWithPath: "\(folder)/50-first.yaml"))
        return Launch()
    }

    @Test func `the configuration's first user is made once, and never changed by it again`() async throws {
        try await withGateway(
            superuser: false, prepare: { try prepare($0, mode: 0o600) },
            { gateway in
                let boss = try await gateway.login("boss")
                #expect(try await boss.call("session.current")["user"]?["level"] == "superUser")
                #expect(try await boss.call("setup.status")["needed"] == false)
                _ = try prepare(gateway, mode: 0o600, password: "another password 8")
                await gateway.stop()
                try await gateway.start()
                #expect(try await gateway.login("boss").call("user.list")["users"]?.arrayValue?.count == 1)
                let entries = try await boss.call("audit.list")["entries"]?.arrayValue ?? []
                #expect(entries.count { $0["action"] == "user.create" } == 1)
            })
    }

    @Test(arguments: [(0o644, Gateway.password, "chmod o="), (0o600, "short", "at least 8")])
    func `a first user that can not be made is an error, and the set-up link works`(
        mode: Int, password: String, words: String
    ) async throws {
        try await withGateway(
            GatewaySettings(expectsErrors: true), superuser: false,
            prepare: { try prepare($0, mode: mode, password: password) },
            { gateway in
                #expect(gateway.log.contains("error the first user was not made"))
                #expect(gateway.log.contains(words))
                _ = try await complete(gateway, try await token(gateway), name: "first")
            })
    }
}
