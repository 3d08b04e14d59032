// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import PluginProtocol
import TestRandom
import Testing

@Suite struct MessageAssemblerTests {
    private static let small = MessageLimits(lineBytes: 600, messageBytes: 8_000, partialMessages: 3)

    private static func messages(_ arrivals: [MessageAssembler.Arrival]) -> [Message] {
        arrivals.compactMap { arrival in
            if case .message(let message) = arrival { message } else { nil }
        }
    }

    private static func codes(_ arrivals: [MessageAssembler.Arrival]) -> [GatehouseError.Code] {
        arrivals.compactMap { arrival in
            if case .broken(let error) = arrival { error.code } else { nil }
        }
    }

    private static func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    private static func chunk(_ of: String, _ number: Int, _ last: Bool, _ text: String) -> [UInt8] {
        JSONWriter.bytes(ChunkNotice(of: of, number: number, last: last, text: text).message.json) + Array("\n".utf8)
    }

    private static let ping = Message.call(id: 1, method: "ping", parameters: [:])

    @Test func `a message is the same after its way over the line, however it is cut`() throws {
        var generator = SeededGenerator(seed: 1)
        var lines = MessageLines(limits: Self.small)
        var assembler = MessageAssembler(limits: Self.small)
        for round in 0..<300 {
            let text = generator.text(length: Int.random(in: 0..<1_500, using: &generator))
            let message = Message.call(
                id: .int(Int64(round)), method: "rpc.handle", parameters: ["text": .string(text), "more": [1, nil]])
            let written = try lines.lines(of: message)
            #expect(written.allSatisfy { $0.count <= Self.small.lineBytes && $0.last == 0x0A })
            var bytes = Array(written.joined())[...]
            var arrivals: [MessageAssembler.Arrival] = []
            while !bytes.isEmpty {
                let piece = bytes.prefix(Int.random(in: 1...400, using: &generator))
                arrivals += assembler.feed(Array(piece))
                bytes = bytes.dropFirst(piece.count)
            }
            #expect(arrivals == [.message(message)])
            #expect(!assembler.isMidway)
        }
    }

    @Test func `chunks of several messages may be mixed, and other lines stand between`() throws {
        var lines = MessageLines(limits: Self.small)
        let long = ["a", "b"].map { name in
            Message.response(
                id: .string(name), outcome: .success(["text": .string(String(repeating: name, count: 2_000))]))
        }
        let written = try long.map { try lines.lines(of: $0) }
        var assembler = MessageAssembler(limits: Self.small)
        var arrivals: [MessageAssembler.Arrival] = []
        for index in written[0].indices {
            arrivals += assembler.feed(written[0][index])
            arrivals += assembler.feed(try lines.lines(of: Self.ping)[0])
            arrivals += assembler.feed(written[1][index])
        }
        #expect(Self.messages(arrivals).filter { $0 != Self.ping } == long)
        #expect(Self.codes(arrivals) == [])
    }

    @Test func `a line of exactly the limit passes, one byte more does not`() {
        let frame = #"{"jsonrpc":"2.0","method":"m","params":{"t":""}}"#.utf8.count
        for (extra, passes) in [(0, true), (1, false)] {
            var assembler = MessageAssembler(limits: Self.small)
            let text = String(repeating: "x", count: Self.small.lineBytes - 1 - frame + extra)
            let arrivals = assembler.feed(Self.line(#"{"jsonrpc":"2.0","method":"m","params":{"t":"\#(text)"}}"#))
            #expect(Self.messages(arrivals).count == (passes ? 1 : 0))
            #expect(Self.codes(arrivals) == (passes ? [] : [.limitExceeded]))
        }
    }

    @Test func `a line that is too long is reported once, and the next one counts`() {
        var assembler = MessageAssembler(limits: Self.small)
        var arrivals: [MessageAssembler.Arrival] = []
        for _ in 0..<20 { arrivals += assembler.feed([UInt8](repeating: 0x78, count: 500)) }
        arrivals += assembler.feed(Self.line("x") + Self.line(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#))
        #expect(Self.codes(arrivals) == [.limitExceeded])
        #expect(Self.messages(arrivals) == [Self.ping])
    }

    @Test func `empty lines and carriage returns are left alone`() {
        var assembler = MessageAssembler()
        let text = "\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n"
        #expect(assembler.feed(Array(text.utf8)) == [.message(Self.ping)])
    }

    @Test(arguments: [
        "x", "[]", "{}", "1", #"{"jsonrpc":"1.0","method":"a"}"#, #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"a"}"#, #"{"jsonrpc":"2.0","method":"a","params":[1]}"#,
        #"{"jsonrpc":"2.0","method":""}"#, #"{"jsonrpc":"2.0","method":3}"#, #"{"jsonrpc":"2.0","result":1}"#,
        #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "{\"jsonrpc\":\"2.0\",\"method\":\"\u{0}\"}",
    ])
    func `a line that is no message is reported`(text: String) {
        var assembler = MessageAssembler()
        #expect(Self.codes(assembler.feed(Self.line(text))).count == 1)
        #expect(Self.messages(assembler.feed(Self.line(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#))) == [Self.ping])
    }

    @Test func `chunks out of order, without a beginning, or that hold no message are dropped`() {
        var assembler = MessageAssembler(limits: Self.small)
        #expect(Self.codes(assembler.feed(Self.chunk("a", 1, false, "x"))) == [.invalidRequest])
        #expect(assembler.feed(Self.chunk("a", 0, false, "x")) == [])
        #expect(Self.codes(assembler.feed(Self.chunk("a", 2, true, "x"))) == [.invalidRequest])
        #expect(!assembler.isMidway)
        #expect(Self.codes(assembler.feed(Self.chunk("a", 0, true, "no message"))) == [.parseError])
        let inner = String(decoding: Self.chunk("b", 0, true, "{}").dropLast(), as: UTF8.self)
        #expect(Self.codes(assembler.feed(Self.chunk("a", 0, true, inner))) == [.invalidRequest])
        #expect(Self.codes(assembler.feed(Self.line(#"{"jsonrpc":"2.0","method":"chunk","params":{}}"#))).count == 1)
        let text = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        #expect(assembler.feed(Self.chunk("a", 0, true, text)) == [.message(Self.ping)])
    }

    @Test func `chunks are limited in length and number`() {
        var assembler = MessageAssembler(limits: Self.small)
        let piece = String(repeating: "x", count: 400)
        var codes: [GatehouseError.Code] = []
        for number in 0..<21 { codes += Self.codes(assembler.feed(Self.chunk("a", number, false, piece))) }
        #expect(codes == [.limitExceeded])
        #expect(!assembler.isMidway)
        for name in ["a", "b", "c"] { #expect(assembler.feed(Self.chunk(name, 0, false, "x")) == []) }
        #expect(Self.codes(assembler.feed(Self.chunk("d", 0, false, "x"))) == [.limitExceeded])
        #expect(assembler.feed(Self.chunk("a", 1, false, "x")) == [])
    }

    @Test func `a message that is too long even for chunks is not sent`() {
        var lines = MessageLines(limits: Self.small)
        let message = Message.notification(
            method: "m", parameters: ["t": .string(String(repeating: "x", count: Self.small.messageBytes))])
        #expect(throws: GatehouseError.self) { try lines.lines(of: message) }
    }

    @Test func `bytes at random never do more than be reported`() throws {
        var generator = SeededGenerator(seed: 5)
        var lines = MessageLines(limits: Self.small)
        let good = try lines.lines(
            of: .response(id: 7, outcome: .success(["t": .string(generator.text(length: 2_000))])))
        for _ in 0..<500 {
            var assembler = MessageAssembler(limits: Self.small)
            var bytes = Array(good.joined())
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            let arrivals = assembler.feed(bytes) + assembler.feed(Self.line("") + Self.line("x"))
            #expect(arrivals.count <= good.count + 12)
        }
    }
}
