// SPDX-License-Identifier: Apache-2.0

import Console
import Model
import NIOCore
import TestRandom
import Testing

/// What became of a handshake with a server that sends the given bytes.
private struct Outcome: Equatable {
    var sent: [UInt8] = []
    var isDone = false
    var rest: [UInt8] = []
    var error: GatehouseError?

    init(_ pieces: [[UInt8]], password: String? = nil) {
        var handshake = RFBClientHandshake(credential: password.map { ConsoleCredential(password: $0) })
        var input = ByteBuffer()
        do throws(GatehouseError) {
            pieces: for piece in pieces {
                input.writeBytes(piece)
                while !isDone, let step = try handshake.next(&input) {
                    switch step {
                    case .send(let bytes): sent += Array(bytes.readableBytesView)
                    case .done: isDone = true
                    }
                }
            }
            rest = Array(input.readableBytesView)
        } catch {
            self.error = error
        }
    }

    init(_ bytes: [UInt8], password: String? = nil) {
        self.init([bytes], password: password)
    }

    func says(_ words: String) -> Bool { error?.code == .consoleUnreachable && error?.message.contains(words) == true }
}

private func line(_ version: String) -> [UInt8] { Array("RFB \(version)\n".utf8) }

private func reason(_ text: String) -> [UInt8] { [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }

private let challenge = (0..<16).map { UInt8($0) }

@Suite struct RFBClientHandshakeTests {
    @Test func `3_8 without a password`() {
        let outcome = Outcome(line("003.008") + [2, 16, 1] + [0, 0, 0, 0] + [9, 9])
        #expect(outcome.sent == line("003.008") + [1])
        #expect(outcome.isDone)
        #expect(outcome.rest == [9, 9])
    }

    @Test func `3_7 without a password has no result`() {
        let outcome = Outcome(line("003.007") + [1, 1])
        #expect(outcome.sent == line("003.007") + [1])
        #expect(outcome.isDone)
    }

    @Test func `3_3 decides by itself`() {
        let outcome = Outcome(line("003.003") + [0, 0, 0, 1])
        #expect(outcome.sent == line("003.003"))
        #expect(outcome.isDone)
    }

    @Test(arguments: [("003.889", "003.008"), ("004.001", "003.008"), ("003.005", "003.003"), ("005.000", "003.008")])
    func `odd versions count as the newest that they include`(offered: String, answered: String) {
        #expect(Outcome(line(offered)).sent == line(answered))
    }

    @Test(arguments: [
        ("password", "b866924125c8eebb9debc1db61c538e2"), ("longer than eight", "2b8dd6089fd1e9844f2889eeecc374d9"),
        ("longer t", "2b8dd6089fd1e9844f2889eeecc374d9"), ("a", "449407fb6f71bd517aca76866568a4e2"),
        ("pÄss", "e43ee79f7261e14b719718651ae4e7dc"),
    ])
    func `a password is answered with DES`(password: String, answer: String) {
        for version in ["003.008", "003.007"] {
            let outcome = Outcome(line(version) + [2, 5, 2] + challenge + [0, 0, 0, 0], password: password)
            let hex = outcome.sent.dropFirst(13).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            #expect(hex.joined() == answer)
            #expect(outcome.isDone)
        }
        let old = Outcome(line("003.003") + [0, 0, 0, 2] + challenge + [0, 0, 0, 0], password: password)
        #expect(old.sent.count == 12 + 16)
        #expect(old.isDone)
    }

    @Test func `no password is used where none is asked for`() {
        #expect(Outcome(line("003.008") + [2, 2, 1] + [0, 0, 0, 0], password: "x").sent.last == 1)
    }

    @Test func `a password that Gatehouse does not have is named`() {
        #expect(Outcome(line("003.008") + [1, 2]).says("asks for a password that Gatehouse does not have"))
        #expect(Outcome(line("003.003") + [0, 0, 0, 2]).says("asks for a password that Gatehouse does not have"))
    }

    @Test func `a wrong password gives the server's reason`() {
        let start = line("003.008") + [1, 2] + challenge
        #expect(Outcome(start + [0, 0, 0, 1] + reason("bad\u{7}\npassword"), password: "x").says(": bad password"))
        #expect(Outcome(start + [0, 0, 0, 2] + reason("wait"), password: "x").says("too many attempts"))
        let old = line("003.007") + [1, 2] + challenge + [0, 0, 0, 1]
        #expect(Outcome(old, password: "x").says("check the password"))
    }

    @Test func `security types that are not spoken are named`() {
        let outcome = Outcome(line("003.008") + [3, 19, 18, 77])
        #expect(outcome.says("19 (VeNCrypt), 18 (TLS), 77"))
        #expect(Outcome(line("003.003") + [0, 0, 0, 30]).says("30 (Apple DH)"))
        #expect(Outcome(line("003.003") + [0, 1, 0, 0]).says("65536"))
    }

    @Test func `a refusal gives the server's reason`() {
        #expect(Outcome(line("003.008") + [0] + reason("too many clients")).says("refused: too many clients"))
        #expect(Outcome(line("003.003") + [0, 0, 0, 0] + reason("go away")).says("refused: go away"))
    }

    @Test func `a reason of any length is not waited for`() {
        for length in [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 4, 1], [0, 0, 0, 0]] as [[UInt8]] {
            #expect(Outcome(line("003.008") + [0] + length).says("The VNC server refused."))
        }
        let longest = [0, 0, 4, 0] + [UInt8](repeating: 65, count: 1024)
        let message = Outcome(line("003.008") + [0] + longest).error?.message ?? ""
        #expect(message.count < 300)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n", "RFC 003.008\n", "R\u{0}"])
    func `what is not RFB is noticed at its first bytes`(banner: String) {
        #expect(Outcome(Array(banner.utf8)).says("not a VNC server"))
    }

    @Test(arguments: ["RFB 003.00x\n", "RFB 003-008\n", "RFB 002.000\n", "RFB 003.0080"])
    func `a version that makes no sense is refused`(banner: String) {
        #expect(Outcome(Array(banner.utf8)).says("protocol version"))
    }

    @Test func `bytes may come in any pieces`() {
        let bytes = line("003.008") + [3, 16, 2, 19] + challenge + [0, 0, 0, 0]
        let whole = Outcome(bytes, password: "secret")
        #expect(whole.isDone)
        for border in 0...bytes.count {
            #expect(Outcome([Array(bytes[..<border]), Array(bytes[border...])], password: "secret") == whole)
        }
        #expect(Outcome(bytes.map { [$0] }, password: "secret") == whole)
    }

    @Test func `random input never does more than fail`() {
        var generator = SeededGenerator(seed: 1)
        let starts = [line("003.008"), line("003.007"), line("003.003"), line("003.008") + [1, 2], []]
        for _ in 0..<6_000 {
            let start = starts[Int.random(in: starts.indices, using: &generator)]
            let bytes = start + generator.bytes(Int.random(in: 0...60, using: &generator))
            let whole = Outcome(bytes, password: "x")
            let border = Int.random(in: 0...bytes.count, using: &generator)
            let halves = Outcome([Array(bytes[..<border]), Array(bytes[border...])], password: "x")
            #expect(halves == whole)
            #expect(whole.sent.count <= 29)
        }
    }

    @Test func `the end of the connection is explained`() {
        let fresh = RFBClientHandshake(credential: nil)
        #expect(fresh.endOfInput.message.contains("busy"))
    }
}
