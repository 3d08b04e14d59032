// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import NIOCore
import Testing

@testable import gatehouse

private let web = "11111111-1111-1111-1111-111111111111"

/// Answers as a daemon with one machine does.
private let oneMachine: Responder.Answer = { request in
    let machine: JSONValue = [
        "id": .string(web), "name": "web", "node": "one", "state": "running", "vcpus": 2, "memoryKiB": 1_048_576,
        "consoles": ["vnc"], "locks": ["vnc": ["holder": "anna"], "text": nil],
    ]
    return switch request.method {
    case "machine.list": .result(["machines": [machine]])
    case "privilege.list": .result(["privileges": [["id": 7]]])
    case "setup.makeToken":
        .result(["token": "abc", "expiresAt": "2026-11-22T07:20:00.123Z", "origin": "https://gate.example/"])
    default: .result(["machine": machine])
    }
}

@Suite struct DaemonTests {
    @Test func `people get a table, and programs exactly the result`() async throws {
        try await Script(oneMachine).run { daemon in
            let table = await daemon.run("machine", "list", "--state", "running")
            #expect(table.status == .ok)
            #expect(
                table.out == """
                    NAME  NODE  STATE    CPUS  MEMORY  CONSOLES  IN USE BY  ID
                    web   one   running     2   1 GiB  vnc       vnc: anna  \(web)

                    """)
            #expect(daemon.requests == [.init(method: "machine.list", parameters: ["state": "running"])])
            let json = await daemon.run("machine", "list", "--json").out
            #expect(json.hasSuffix("\n") && json.split(separator: "\n").count == 1)
            let parsed = try JSONParser.parse(json)
            #expect(parsed["machines"]?.arrayValue?.count == 1)
        }
    }

    @Test func `a machine may be named, and a UUID is passed on unasked`() async throws {
        try await Script(oneMachine).run { daemon in
            #expect(await daemon.run("machine", "poweroff", "web").out == "web is running.\n")
            #expect(await daemon.run("machine", "start", web).status == .ok)
            #expect(await daemon.run("machine", "start", "nobody").status == .notFound)
            #expect(
                daemon.requests == [
                    .init(method: "machine.list", parameters: [:]),
                    .init(method: "machine.powerOff", parameters: ["machine": .string(web)]),
                    .init(method: "machine.start", parameters: ["machine": .string(web)]),
                    .init(method: "machine.list", parameters: [:]),
                ])
        }
    }

    @Test func `the set-up link has the token in its fragment`() async throws {
        try await Script(oneMachine).run { daemon in
            let link = await daemon.run("setup-link")
            #expect(link.out == "https://gate.example/setup#token=abc\nvalid until 2026-11-22 07:20:00 UTC\n")
            let other = await daemon.run("setup-link", "--origin", "https://other.example:8443")
            #expect(other.out.hasPrefix("https://other.example:8443/setup#token=abc\n"))
        }
    }

    @Test func `rights are given and taken by name`() async throws {
        try await Script(oneMachine).run { daemon in
            #expect(await daemon.run("grant", "anna", "--machine", "web", "admin").status == .ok)
            #expect(await daemon.run("grant", "--group", "ops", "--node", "one", "owner").status == .ok)
            #expect(await daemon.run("revoke", "anna", "--node", "one").status == .ok)
            #expect(
                Array(daemon.requests.dropFirst()) == [
                    .init(
                        method: "privilege.grant",
                        parameters: ["machine": .string(web), "user": "anna", "level": "admin"]),
                    .init(method: "privilege.grant", parameters: ["node": "one", "group": "ops", "level": "owner"]),
                    .init(method: "privilege.list", parameters: ["node": "one", "user": "anna"]),
                    .init(method: "privilege.revoke", parameters: ["privilege": 7]),
                ])
        }
    }

    @Test func `a password comes from standard input or is asked for twice`() async throws {
        try await Script { _ in .result(["user": [:]]) }.run { daemon in
            let piped = await daemon.run("user", "add", "anna", "--superuser", "--password-stdin", input: "s3cret-x\n")
            #expect(piped.status == .ok)
            #expect(
                daemon.requests.last?.parameters
                    == ["name": "anna", "password": "s3cret-x", "level": "superUser"])
            #expect(!piped.out.contains("s3cret"))
            let asked = await daemon.run("user", "passwd", "anna", hidden: ["other-pw", "other-pw"])
            #expect(asked.status == .ok)
            #expect(daemon.requests.last?.parameters == ["user": "anna", "password": "other-pw"])
            #expect(await daemon.run("user", "passwd", "anna", hidden: ["one", "two"]).status == .usage)
            #expect(await daemon.run("user", "passwd", "anna").error.contains("--password-stdin"))
            #expect(daemon.requests.count == 2)
        }
    }

    @Test func `any method can be called, with parameters from standard input too`() async throws {
        try await Script { .result(.object($0.parameters)) }.run { daemon in
            let text = await daemon.run("call", "a.b", #"{"x": [1, "\u009b"]}"#)
            #expect(text.out == #"{"x":[1,"\u009b"]}"# + "\n")
            #expect(await daemon.run("call", "a.b", "-", input: #"{"y":true}"#).out == #"{"y":true}"# + "\n")
            #expect(await daemon.run("call", "a.b").out == "{}\n")
            #expect(await daemon.run("call", "a.b", "[1]").status == .usage)
            #expect(await daemon.run("call", "a.b", "{").status == .usage)
        }
    }

    @Test(arguments: [
        (GatehouseError.Code.forbidden, ProcessStatus.notPermitted), (.notFound, .notFound),
        (.machineLocked, .conflict),
        (.nodeUnreachable, .timeout), (.internal, .failed),
    ])
    func `an error is one line and a status`(code: GatehouseError.Code, status: ProcessStatus) async throws {
        try await Script { _ in .error(GatehouseError(code, "It is\nso \u{1b}[1m.")) }.run { daemon in
            let outcome = await daemon.run("status", "--json")
            #expect(outcome.status == status)
            #expect(outcome.out == "")
            #expect(outcome.error == "gatehouse: It is so \\u{1b}[1m.\n")
        }
    }
}

@Suite struct ConnectionTests {
    @Test func `where nobody listens it is said how to start the daemon`() async {
        let outcome = await Outcome.of(["status", "--socket", "/tmp/nobody-listens-here.sock"])
        #expect(outcome.status == .unreachable)
        #expect(outcome.error.contains("does not seem to run here"))
    }

    @Test func `a path that no socket can have is a wrong command line`() async {
        let path = "/" + String(repeating: "x", count: 200)
        #expect(await Outcome.of(["status", "--socket", path]).status == .usage)
    }

    @Test func `the daemon's own user shows the token, and root does not`() async throws {
        try await Script { _ in .result([:]) }.run { daemon in
            try Data("tok en\n".utf8).write(to: URL(fileURLWithPath: daemon.directory + "/admin-token"))
            #expect(await daemon.run("node", "list", isRoot: false).status == .ok)
            #expect(await daemon.run("node", "list", isRoot: true).status == .ok)
            #expect(
                daemon.requests == [
                    .init(method: "socket.authenticate", parameters: ["token": "tok en"]),
                    .init(method: "node.list", parameters: [:]), .init(method: "node.list", parameters: [:]),
                ])
        }
    }

    @Test func `a stranger without the token asks all the same, and is told what to do`() async throws {
        try await Script { _ in .error(GatehouseError(.unauthenticated, "Log in first.")) }.run { daemon in
            let outcome = await daemon.run("node", "list", isRoot: false)
            #expect(outcome.status == .notPermitted)
            #expect(outcome.error.contains("as root"))
        }
    }

    @Test(arguments: ["not json\n", "{}\n", "[]\n", #"{"jsonrpc":"2.0","id":99,"result":1}"# + "\n", "\n"])
    func `an answer that is none fails`(answer: String) async throws {
        try await Script { _ in .raw(answer) }.run { daemon in
            #expect(await daemon.run("status").status == .failed)
        }
    }

    @Test func `a daemon that hangs up is not there`() async throws {
        try await Script { _ in .close }.run { daemon in
            #expect(await daemon.run("status").status == .unreachable)
        }
    }

    @Test func `a daemon that never answers is given up`() async throws {
        try await Script { _ in .silence }.run { daemon in
            let limits = Daemon.Limits(answer: .milliseconds(50))
            let failure = await #expect(throws: Failure.self) {
                try await Surroundings.$current.withValue(.nowhere) {
                    try await Daemon.connected(to: daemon.socket, limits: limits) { try await $0.call("system.status") }
                }
            }
            #expect(failure?.status == .timeout)
        }
    }

    @Test func `a line without an end is cut off`() async throws {
        let long = String(repeating: "x", count: 5000)
        try await Script { _ in .raw(long) }.run { daemon in
            let failure = await #expect(throws: Failure.self) {
                try await Surroundings.$current.withValue(.nowhere) {
                    try await Daemon.connected(to: daemon.socket, limits: Daemon.Limits(line: 1000)) {
                        try await $0.call("system.status")
                    }
                }
            }
            #expect(failure?.status == .failed)
        }
    }

    @Test func `calls that follow each other use one connection`() async throws {
        try await Script { .result(.string($0.method)) }.run { daemon in
            try await Surroundings.$current.withValue(.nowhere) {
                try await Daemon.connected(to: daemon.socket) { connection in
                    let answers = [try await connection.call("a"), try await connection.call("b")]
                    #expect(answers == ["a", "b"])
                }
            }
        }
    }
}
