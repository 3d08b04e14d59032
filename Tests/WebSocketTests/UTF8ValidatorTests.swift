// SPDX-License-Identifier: Apache-2.0

import TestRandom
import Testing
import WebSocket

@Suite struct UTF8ValidatorTests {
    private func isValid(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        return validator.accept(bytes) && validator.isComplete
    }

    @Test(arguments: ["", "a", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "🖥️"])
    func `valid text is accepted, at whatever border it is cut`(text: String) {
        let bytes = Array(text.utf8)
        for border in 0...bytes.count {
            var validator = UTF8Validator()
            let begins = validator.accept(bytes[..<border])
            let goesOn = validator.accept(bytes[border...])
            #expect(begins && goesOn && validator.isComplete)
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC2], [0xE2, 0x82], [0xC2, 0x41],
            [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80, 0x65],
        ] as [[UInt8]])
    func `what is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(!isValid(bytes))
    }

    @Test func `it fails at the first byte that can not be right`() {
        var validator = UTF8Validator()
        let begins = validator.accept([0x61, 0xF4] as [UInt8])
        let goesOn = validator.accept([0x90] as [UInt8])
        #expect(begins && !goesOn)
    }

    @Test func `it agrees with the standard library on random bytes`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int.random(in: 0...6, using: &generator))
            if Bool.random(using: &generator), !bytes.isEmpty { bytes[0] |= 0xC0 }
            for index in bytes.indices.dropFirst() where Bool.random(using: &generator) {
                bytes[index] = bytes[index] & 0x3F | 0x80
            }
            #expect(isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
