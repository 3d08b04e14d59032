// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// Tests that need the rights of root.
    static var asRoot: Self { .enabled(if: geteuid() == 0, "needs the rights of root") }
}

extension SharedGatewayTests {
    /// The command line's way in.
    @Suite(.asRoot) struct AdminSocketTests {
        private func open() async throws -> WireConnection { try await .open(.unix(Gateway.current.socketPath)) }

        /// Sends a line and reads the line that answers.
        private func ask(_ line: String, _ connection: WireConnection) async throws -> JSONValue {
            try await connection.send(line + "\n")
            return try await connection.receive("a line") { bytes, _ in
                guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { bytes.removeFirst(end + 1) }
                return try JSONParser.parse(Array(bytes[..<end]))
            }
        }

        private func call(_ method: String, _ parameters: [String: JSONValue] = [:]) -> String {
            JSONWriter.text(RPCRequest(method: method, parameters: parameters, id: 7).json)
        }

        private func word(_ answer: JSONValue) -> String? { answer["error"]?["data"]?["code"]?.stringValue }

        @Test func `root is let in by the kernel's word`() async throws {
            let connection = try await open()
            let answer = try await ask(call("system.status"), connection)
            #expect(answer["id"] == 7)
            #expect(answer["result"]?["version"]?.stringValue != nil)
            #expect(try await ask(call("user.list"), connection)["result"]?["users"]?.arrayValue?.isEmpty == false)
            await connection.close()
        }

        @Test func `garbage is answered with an error, and the next line is read`() async throws {
            let connection = try await open()
            for line in ["", "garbage", "{", "[]", "[1]", "null", "\u{0}\u{1}", "{\"jsonrpc\":\"1.0\"}", "💥"] {
                let answer = try await ask(line, connection)
                #expect(["parseError", "invalidRequest"].contains(word(answer)), "\(line)")
                #expect(answer["id"] == .null)
            }
            #expect(try await ask(call("system.status"), connection)["result"] != nil)
            await connection.close()
        }

        @Test func `a batch is refused, one call a line`() async throws {
            let connection = try await open()
            let batch = "[\(call("system.status"))]"
            #expect(word(try await ask(batch, connection)) == "invalidRequest")
            await connection.close()
        }

        @Test func `a wrong token is refused even to root`() async throws {
            let connection = try await open()
            let answer = try await ask(call("socket.authenticate", ["token": "wrong"]), connection)
            #expect(word(answer) == "unauthenticated")
            let token = try String(contentsOfFile: Gateway.current.tokenPath, encoding: .utf8)
            let right = try await ask(call("socket.authenticate", ["token": .string(token)]), connection)
            // The daemon runs as root here, so this is its own user.
            #expect(right["result"] == [:])
            await connection.close()
        }

        @Test func `a line without end is cut off, and nobody else notices`() async throws {
            let connection = try await open()
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
            for _ in 0..<80 {
                guard !connection.isClosed, (try? await connection.send(piece)) != nil else { break }
            }
            try await connection.waitUntilClosed()
            let other = try await open()
            #expect(try await ask(call("system.status"), other)["result"] != nil)
            await other.close()
        }

        @Test func `many administrators are served at once`() async throws {
            var connections: [WireConnection] = []
            for _ in 0..<20 {
                let connection = try await open()
                connections.append(connection)
                #expect(try await ask(call("system.status"), connection)["result"] != nil)
            }
            for connection in connections {
                #expect(try await ask(call("system.status"), connection)["result"] != nil)
            }
            for connection in connections { await connection.close() }
        }

        @Test func `consoles are not for the command line, ending them is`() async throws {
            let gateway = try Gateway.current
            let machine = try gateway.machine()
            let connection = try await open()
            let parameters: [String: JSONValue] = ["machine": .string(machine.id), "type": "text"]
            #expect(word(try await ask(call("console.open", parameters), connection)) == "unauthenticated")
            let socket = try await gateway.admin().console(machine)
            #expect(try await ask(call("console.disconnect", parameters), connection)["result"] != nil)
            let end = try await socket.end()
            #expect(end.code == 4001)
            #expect(end.reason.contains("root"))
            await connection.close()
        }

        @Test func `who is not root and has no token gets nothing`() async throws {
            let socket = try Gateway.current.socketPath
            let done = try await Finished.run(
                "/usr/bin/env", ["setpriv", "--reuid=65534", "--clear-groups", Programs.command, "status"],
                environment: ["GATEHOUSE_SOCKET": socket])
            #expect(done.end != .status(0))
            #expect(!done.error.isEmpty)
        }
    }
}
