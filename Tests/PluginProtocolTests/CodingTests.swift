// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import TestRandom
import Testing

@Suite struct CodingTests {
    private struct Everything: Codable, Equatable {
        enum Word: String, Codable {
            case one
            case two
        }
        struct Inner: Codable, Equatable {
            var values: [Double]
            var names: [String: Int]
        }

        var flag = true
        var text = "t"
        var double = 0.5
        var float: Float = 0.25
        var int = -5
        var small: Int8 = -128
        var big: UInt64 = 1 << 40
        var word = Word.two
        var nothing: String?
        var inner = Inner(values: [1, 2.5], names: ["a": 1])
        var list: [Inner?] = [nil, Inner(values: [], names: [:])]
        var any: JSONValue = ["x": [nil, 1]]
    }

    @Test func `a type of many kinds of fields is the same after being written and read`() throws {
        let value = Everything()
        let json = try JSONValueEncoder.encode(value)
        #expect(json["inner"] == ["values": [.double(1), .double(2.5)], "names": ["a": 1]])
        #expect(json["list"]?.arrayValue?.first == .null)
        #expect(json["nothing"] == nil)
        #expect(json["any"] == ["x": [nil, 1]])
        #expect(try JSONValueDecoder.decode(Everything.self, from: json) == value)
    }

    @Test(
        arguments: [
            ("small", 128, "small must be a whole number."), ("big", -1, "big must be a whole number."),
            ("flag", 1, "flag must be true or false."), ("text", nil, "text must be a string."),
            ("inner", [:], "inner.names is missing."),
            ("inner", ["values": [1, "x"], "names": [:]], "inner.values[1] must be a number."),
            ("inner", ["values": [], "names": ["a": "b"]], "inner.names.a must be a whole number."),
            ("word", "three", "word has a value that is not one of those allowed."),
        ] as [(String, JSONValue, String)])
    func `a field that is wrong is named with its place`(field: String, value: JSONValue, message: String) throws {
        var members = try #require(JSONValueEncoder.encode(Everything()).objectValue)
        members[field] = value
        let error = #expect(throws: GatehouseError.self) {
            try JSONValueDecoder.decode(Everything.self, from: .object(members))
        }
        if field == "inner", value == [:] {
            #expect(error?.message.hasSuffix("is missing.") == true)
        } else {
            #expect(error?.message == message)
        }
    }

    @Test func `values at random are refused without harm`() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<1_000 {
            let value = generator.jsonValue(depth: 4)
            do {
                _ = try JSONValueDecoder.decode(Everything.self, from: value)
            } catch {
                #expect(error is GatehouseError)
            }
        }
    }
}
