// SPDX-License-Identifier: Apache-2.0

import Console
import NIOCore
import TestRandom
import Testing

/// Client messages of RFB, as bytes.
private enum Message {
    static let initial: [UInt8] = [1]
    static let pixelFormat: [UInt8] = [0] + [UInt8](repeating: 4, count: 19)
    static let encodings: [UInt8] = [2, 0, 0, 2] + [UInt8](repeating: 5, count: 8)
    static let update: [UInt8] = [3] + [UInt8](repeating: 6, count: 9)
    static let key: [UInt8] = [4, 1, 0, 0, 0, 0, 0, 0x61]
    static let pointer: [UInt8] = [5, 0, 0, 1, 0, 1]
    static let text: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 3, 4, 4, 4]
    static let extendedText: [UInt8] = [6, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFC, 4, 4, 4, 4]
    static let continuous: [UInt8] = [150] + [UInt8](repeating: 4, count: 9)
    static let fence: [UInt8] = [248, 0, 0, 0, 0, 0, 0, 0, 2, 4, 5]
    static let power: [UInt8] = [250, 0, 1, 2]
    static let size: [UInt8] = [251, 0, 0, 1, 0, 1, 1, 0] + [UInt8](repeating: 4, count: 16)
    static let gesture: [UInt8] = [253, 0x80 | 4, 0, 2, 4, 4]
    static let littleGesture: [UInt8] = [253, 4, 2, 0, 4, 4]
    static let qemuKey: [UInt8] = [255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 0x1E]
    static let qemuAudio: [UInt8] = [255, 1, 0, 0]
    static let qemuFormat: [UInt8] = [255, 1, 0, 2, 4, 4, 4, 4, 4, 4]

    static let quiet = [
        pixelFormat, encodings, update, continuous, fence, power, size, gesture, littleGesture, qemuAudio, qemuFormat,
    ]
    static let loud = [key, pointer, text, extendedText, qemuKey]
}

@Suite struct RFBInputMeterTests {
    private func sawInput(_ pieces: [[UInt8]]) -> Bool {
        var meter = RFBInputMeter()
        var found = false
        for piece in pieces where meter.sawInput(in: ByteBuffer(bytes: piece)) { found = true }
        return found
    }

    @Test func `what a viewer does by itself is no input`() {
        let bytes = Message.initial + (Message.quiet + Message.quiet).flatMap { $0 }
        #expect(!sawInput([bytes]))
        #expect(!sawInput(bytes.map { [$0] }))
    }

    @Test func `keys, the pointer and the clipboard are input, wherever they stand and are cut`() {
        for message in Message.loud {
            for neighbour in Message.quiet {
                let bytes = Message.initial + neighbour + message + neighbour
                #expect(sawInput([bytes]))
                for border in 0...bytes.count {
                    #expect(sawInput([Array(bytes[..<border]), Array(bytes[border...])]))
                }
                // Only once: the thread is not lost behind it.
                let quietAfter = Message.initial + message + neighbour
                var meter = RFBInputMeter()
                _ = meter.sawInput(in: ByteBuffer(bytes: quietAfter))
                #expect(!meter.isLost)
                let again = meter.sawInput(in: ByteBuffer(bytes: neighbour))
                #expect(!again)
            }
        }
    }

    @Test func `after a message that it does not know it sees nothing any more`() {
        var meter = RFBInputMeter()
        let first = meter.sawInput(in: ByteBuffer(bytes: Message.initial + [99] + Message.key))
        let second = meter.sawInput(in: ByteBuffer(bytes: Message.key))
        #expect(!first && !second && meter.isLost)
    }

    @Test func `a huge clipboard is stepped over`() {
        var meter = RFBInputMeter()
        let header = [6, 0, 0, 0, 0, 0x10, 0, 0] as [UInt8]
        let began = meter.sawInput(in: ByteBuffer(bytes: Message.initial + header))
        #expect(began)
        let inside = meter.sawInput(in: ByteBuffer(repeating: 4, count: 1 << 20))
        #expect(!inside)
        let behind = meter.sawInput(in: ByteBuffer(bytes: Message.key))
        #expect(behind)
    }

    @Test func `random bytes in random pieces are the same as in one`() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let messages = Message.quiet + Message.loud
            var bytes = Message.initial
            for _ in 0..<4 { bytes += messages[Int.random(in: messages.indices, using: &generator)] }
            if Bool.random(using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let border = Int.random(in: 0...bytes.count, using: &generator)
            #expect(sawInput([Array(bytes[..<border]), Array(bytes[border...])]) == sawInput([bytes]))
        }
    }
}
