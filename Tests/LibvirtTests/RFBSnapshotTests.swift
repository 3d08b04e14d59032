// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Testing

@testable import Libvirt

/// The program `rfb-snapshot`, beside real and hostile VNC servers.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RFBSnapshotTests {
    private static let qemu = PrivateLibvirtd.path(of: "qemu-system-x86_64")

    /// The program lies where the tests' own bundle lies.
    private static var program: String {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/rfb-snapshot"
    }

    private func snapshot(_ target: String) async throws -> Program.Outcome {
        try await Program.run(Self.program, [], input: target)
    }

    /// Expects a picture of 720x400 that is not just one colour.
    private func expectPicture(_ target: String) async throws {
        let outcome = try await snapshot(target)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]))
        #expect(outcome.bytes.dropFirst(16).prefix(8).elementsEqual([0, 0, 2, 208, 0, 0, 1, 144]))
        #expect(outcome.bytes.count > 2_000, "text is on the screen: \(outcome.bytes.count) bytes")
    }

    @Test(.enabled(if: qemu != nil, "no qemu-system-x86_64 is installed"))
    func `QEMU's screen on a unix socket and on TCP, with a password and without`() async throws {
        let directory = try ScratchDirectory()
        let qemu = try #require(Self.qemu)
        let socket = "\(directory.path)/vnc"
        let number = 200 + Int(getpid()) % 600
        let arguments = ["-display", "none", "-m", "32", "-nodefaults", "-vga", "std"]
        try await Program.during(qemu, arguments + ["-vnc", "unix:\(socket)"]) {
            try #require(await eventually { FileManager.default.fileExists(atPath: socket) })
            try await Task.sleep(for: .seconds(3))
            try await expectPicture(#"{"unix":"\#(socket)"}"#)
        }
        let secret = ["-object", "secret,id=s,data=pa\"ss", "-vnc", "127.0.0.1:\(number),password-secret=s"]
        try await Program.during(qemu, arguments + secret) {
            try await Task.sleep(for: .seconds(4))
            let target = #""host":"127.0.0.1","port":\#(5900 + number)"#
            try await expectPicture("{\(target),\"password\":\"pa\\\"ss\"}")
            #expect(try await snapshot("{\(target)}").status == 6)
            #expect(try await snapshot("{\(target),\"password\":\"wrong\"}").status == 3)
        }
    }

    @Test(arguments: [
        "", "x", "{}", #"{"host":"h"}"#, #"{"port":5900}"#, #"{"host":"h","port":0}"#, #"{"host":"h","port":70000}"#,
        #"{"unix":"/a","fd":3}"#, #"{"unix":"/a"} x"#, #"{"unix":"/a\u0000b"}"#, #"{"other":"x","unix":"/a"}"#,
        #"{"unix":"/a"#, #"{"fd":-1}"#, #"{"fd":1e3}"#, #"{"unix":["/a"]}"#,
    ])
    func `what is no target is refused`(_ target: String) async throws {
        let outcome = try await snapshot(target)
        #expect(outcome.status == 2 && outcome.bytes.isEmpty && outcome.errors.hasPrefix("rfb-snapshot: "))
    }

    @Test func `a text that is too long is refused`() async throws {
        let outcome = try await snapshot(#"{"unix":"/\#(String(repeating: "a", count: 5_000))"}"#)
        #expect(outcome.status == 2)
        #expect(try await snapshot(#"{"unix":"/\#(String(repeating: "a", count: 200))"}"#).status == 2)
    }

    @Test func `nobody there is a failure at once`() async throws {
        #expect(try await snapshot(#"{"unix":"/nonexistent/socket"}"#).status == 3)
    }

    @Test func `a hostile server gets nowhere`() async throws {
        let hello = Array("RFB 003.008\n".utf8) + [1, 1, 0, 0, 0, 0]
        let format: [UInt8] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]
        func screen(_ width: [UInt8], _ height: [UInt8]) -> [UInt8] { hello + width + height + format + [0, 0, 0, 0] }
        #expect(try await answer(to: screen([255, 255], [255, 255])) == 5, "too large")
        #expect(try await answer(to: screen([0, 0], [0, 0])) == 5, "without a size")
        #expect(try await answer(to: Array("HTTP/1.1 200 OK\r\n\r\n".utf8)) == 3, "another protocol")
        let name: [UInt8] = [0, 10, 0, 10] + format + [255, 255, 255, 255]
        #expect(try await answer(to: hello + name) != 0, "an endless name")
        let outside: [UInt8] = [0, 0, 0, 1, 255, 0, 255, 0, 255, 255, 255, 255, 0, 0, 0, 0]
        #expect(try await answer(to: screen([0, 10], [0, 10]) + outside) != 0, "a rectangle outside")
        let resized: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 33]
        #expect(try await answer(to: screen([0, 10], [0, 10]) + resized) != 0, "a new size that is too large")
    }

    @Test func `a server that says nothing is left after eight seconds`() async throws {
        let start = ContinuousClock.now
        #expect(try await answer(to: []) != 0)
        let time = ContinuousClock.now - start
        #expect(time > .seconds(5) && time < .seconds(11), "\(time)")
    }

    /// What the program exits with when a server says these bytes and no more.
    private func answer(to bytes: [UInt8]) async throws -> Int32 {
        let directory = try ScratchDirectory()
        let server = try MuteSocket(path: "\(directory.path)/socket")
        server.say(bytes)
        let outcome = try await snapshot(#"{"unix":"\#(directory.path)/socket"}"#)
        #expect(outcome.bytes.isEmpty)
        return outcome.status
    }
}
