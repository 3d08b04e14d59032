// SPDX-License-Identifier: Apache-2.0

import Model

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

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
