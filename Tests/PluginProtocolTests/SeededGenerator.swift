// SPDX-License-Identifier: Apache-2.0

import Model
import TestRandom

extension SeededGenerator {
    /// Any text, often with what is special in JSON.
    mutating func text(length: Int) -> String {
        let alphabet = Array("abc /.*_\"\\\n\u{1F600}é0\u{1}")
        return String((0..<length).compactMap { _ in alphabet.randomElement(using: &self) })
    }

    /// Any value.
    mutating func jsonValue(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .int(Int64(truncatingIfNeeded: next()))
        case 3: return .double(Double.random(in: -1e6...1e6, using: &self))
        case 4: return .string(text(length: Int.random(in: 0..<12, using: &self)))
        case 5:
            return .array((0..<Int.random(in: 0..<4, using: &self)).map { _ in jsonValue(depth: depth - 1) })
        default:
            let names = ["name", "path", "type", "from", "properties", "x"]
            return .object(
                Dictionary(
                    (0..<Int.random(in: 0..<4, using: &self)).map { _ in
                        (names.randomElement(using: &self) ?? "", jsonValue(depth: depth - 1))
                    }
                ) { _, later in later })
        }
    }
}
