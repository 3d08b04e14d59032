// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestRandom
import Testing

@Suite struct JSONParserTests {
    @Test func `every kind of value is read`() throws {
        let text = #" {"a": [1, -2.5, 1e3, true, false, null, "xé\n\ud83d\ude00"], "b": {}} "#
        let value = try JSONParser.parse(text)
        #expect(
            value == [
                "a": [1, .double(-2.5), .double(1000), true, false, nil, "x\u{e9}\n\u{1F600}"], "b": [:],
            ])
    }

    @Test func `whole numbers of 64 bits stay exact`() throws {
        #expect(try JSONParser.parse("9007199254740993") == .int(9_007_199_254_740_993))
        #expect(try JSONParser.parse("-9223372036854775808") == .int(.min))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "tru", "\"a", "\"\\u12\"", "\"\\ud800\"", "nul", "[1 2]",
        "{\"a\":1,\"a\":2}", "1 2", "\"\u{1}\"", "1e999", "{1:2}", "\"\\x\"",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: GatehouseError.self) { try JSONParser.parse(text) }
    }

    @Test func `invalid UTF-8 is refused`() {
        #expect(throws: GatehouseError.self) { try JSONParser.parse([0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test func `depth is limited`() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSONParser.parse(nested(32), maximumDepth: 32) }
        #expect(throws: GatehouseError.self) { try JSONParser.parse(nested(33), maximumDepth: 32) }
        #expect(throws: GatehouseError.self) { try JSONParser.parse(nested(100_000)) }
    }

    @Test func `what is written is read back the same`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let value = JSONValue.random(using: &generator, depth: 4)
            #expect(try JSONParser.parse(JSONWriter.bytes(value)) == value)
        }
    }

    @Test func `mangled text never crashes the parser`() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5000 {
            var bytes = JSONWriter.bytes(JSONValue.random(using: &generator, depth: 4))
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if let value = try? JSONParser.parse(bytes) {
                #expect((try? JSONParser.parse(JSONWriter.bytes(value))) == value)
            }
        }
    }
}

extension JSONValue {
    static func random(using generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .int(Int64.random(in: .min ... .max, using: &generator))
        case 3: return .double(Double.random(in: -1e9...1e9, using: &generator))
        case 4:
            let scalars = (0..<Int.random(in: 0...8, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator))
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5:
            let count = Int.random(in: 0...4, using: &generator)
            return .array((0..<count).map { _ in .random(using: &generator, depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &generator)).map { index in
                ("m\(index)", JSONValue.random(using: &generator, depth: depth - 1))
            }
            return .object(Dictionary(uniqueKeysWithValues: members))
        }
    }
}
