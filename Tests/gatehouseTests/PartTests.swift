// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import gatehouse

@Suite struct ProcessStatusTests {
    @Test(arguments: GatehouseError.Code.allCases)
    func `every error of the daemon has a status that is not success`(code: GatehouseError.Code) {
        #expect(ProcessStatus(code) != .ok)
        #expect(ProcessStatus(code) != .unreachable, "that is for a daemon that does not answer")
    }

    @Test(arguments: [
        (GatehouseError.Code.forbidden, Int32(4)), (.unauthenticated, 4), (.notFound, 5), (.conflict, 6),
        (.consoleLocked, 6), (.machineLocked, 6), (.timeout, 7), (.nodeUnreachable, 7), (.invalidParameters, 2),
        (.hypervisorFailed, 1),
    ])
    func `a status is the number that the help promises`(code: GatehouseError.Code, number: Int32) {
        #expect(ProcessStatus(code).rawValue == number)
    }

    @Test func `the advice for a browser is not given to an administrator`() {
        #expect(Failure(GatehouseError(.unauthenticated, "Log in first.")).message.contains("root"))
        #expect(Failure(GatehouseError(.notFound, "There is no such user.")).message == "There is no such user.")
    }
}

@Suite struct LineBufferTests {
    @Test func `lines come whole, however the bytes are cut`() throws {
        let text = Array("one\ntwo\n\nthree".utf8)
        for size in 1...text.count {
            var buffer = LineBuffer(maximum: 5)
            var lines: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                let more = try buffer.lines(adding: text[start..<min(start + size, text.count)])
                lines += more.map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(lines == ["one", "two", ""])
        }
    }

    @Test func `a line that is too long is refused before it ends`() throws {
        var buffer = LineBuffer(maximum: 3)
        #expect(try buffer.lines(adding: Array("abc".utf8)) == [])
        #expect(throws: LineBuffer.TooLong.self) { try buffer.lines(adding: [0x64]) }
        var other = LineBuffer(maximum: 3)
        #expect(throws: LineBuffer.TooLong.self) { try other.lines(adding: Array("abcd\n".utf8)) }
    }
}

@Suite struct MachineNameTests {
    private let machines: [JSONValue] = [
        ["id": "11111111-1111-1111-1111-111111111111", "name": "web", "node": "one"],
        ["id": "22222222-2222-2222-2222-222222222222", "name": "db", "node": "one"],
        ["id": "33333333-3333-3333-3333-333333333333", "name": "db", "node": "two"],
    ]

    @Test func `a name that only one machine has stands for it`() throws {
        #expect(try MachineName("web").address(among: machines).hasPrefix("1111"))
        #expect(try MachineName("web@one").address(among: machines).hasPrefix("1111"))
    }

    @Test func `a name with its node tells two machines apart`() throws {
        #expect(try MachineName("db@two").address(among: machines).hasPrefix("3333"))
    }

    @Test func `a name of two machines is refused, and both are listed`() throws {
        let failure = #expect(throws: Failure.self) { try MachineName("db").address(among: machines) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("22222222-2222-2222-2222-222222222222 on one") == true)
        #expect(failure?.message.contains("33333333-3333-3333-3333-333333333333 on two") == true)
    }

    @Test(arguments: ["nobody", "WEB", "web@two", ""])
    func `a name that no machine has is not found`(name: String) {
        let failure = #expect(throws: Failure.self) { try MachineName(name).address(among: machines) }
        #expect(failure?.status == .notFound)
    }
}

@Suite struct PasswordTests {
    @Test(arguments: [("secret\n", "secret"), ("secret\r\nmore\n", "secret"), ("sec ret", "sec ret"), (" x \n", " x ")])
    func `a password is the first line of the input`(input: String, password: String) throws {
        #expect(try Password.firstLine(of: Array(input.utf8)) == password)
    }

    @Test func `no password, one that is too long and one that is no text are refused`() {
        for bytes in [[], [0x0A], [0xFF, 0x0A], Array(repeating: 0x61, count: 1025)] as [[UInt8]] {
            #expect(throws: Failure.self) { try Password.firstLine(of: bytes) }
        }
    }

    @Test(arguments: [
        ("abc\n", "abc"), ("abc\r", "abc"), ("ab\u{7f}c\n", "ac"), ("ä\u{8}b\n", "b"), ("abc\u{15}d\n", "d"),
        ("\u{7f}a\n", "a"), ("ab\u{4}", "ab"), ("ab", "ab"),
    ])
    func `keys that take back are minded where nothing is shown`(keys: String, line: String) throws {
        var left = Array(keys.utf8)
        #expect(try HiddenLine.line { left.isEmpty ? nil : left.removeFirst() } == line)
    }

    @Test func `an interrupt gives up`() {
        var left: [UInt8] = [0x61, 0x03, 0x0A]
        #expect(throws: Failure(.failed, "Given up.")) {
            try HiddenLine.line { left.isEmpty ? nil : left.removeFirst() }
        }
    }
}
