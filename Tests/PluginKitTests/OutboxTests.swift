// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Testing

@testable import PluginKit

@Suite(.timeLimit(.minutes(1))) struct OutboxTests {
    private static func line(_ sender: Int, _ number: Int) -> [UInt8] {
        let filling = String(repeating: "x", count: number % 7 == 0 ? 9_000 : number % 50)
        return Array("\(sender) \(number) \(filling)\n".utf8)
    }

    /// Reads a pipe to its end, on a thread of its own.
    private static func everything(from reading: OpenDescriptor) throws -> AsyncStream<[UInt8]> {
        let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        try OwnThread.start("reader") {
            while case .bytes(let bytes) = reading.read(most: 3_000) { continuation.yield(bytes) }
            continuation.finish()
        }
        return pieces
    }

    @Test func `lines of many senders arrive whole, and those of each in order`() async throws {
        let pieces: AsyncStream<[UInt8]>
        do {
            let (reading, writing) = try OpenDescriptor.pipe()
            pieces = try Self.everything(from: reading)
            let outbox = Outbox(writing)
            await withTaskGroup { group in
                for sender in 0..<8 {
                    group.addTask { for number in 0..<300 { outbox.send([Self.line(sender, number)]) } }
                }
            }
            await outbox.flush()
        }
        var bytes: [UInt8] = []
        for await piece in pieces { bytes += piece }
        var next = [Int](repeating: 0, count: 8)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            let sender = try #require(Int(words[0]))
            #expect(Array((line + "\n").utf8) == Self.line(sender, next[sender]))
            next[sender] += 1
        }
        #expect(next == [Int](repeating: 300, count: 8))
    }

    @Test func `lines that are held go out in one piece, in order, and none stays`() async throws {
        let (reading, writing) = try OpenDescriptor.pipe()
        try reading.stopBlocking()
        let outbox = Outbox(writing)
        outbox.hold([Array("a\n".utf8)])
        guard case .nothing = reading.read(most: 100) else {
            Issue.record("a held line went out by itself")
            return
        }
        outbox.hold([Array("b\n".utf8)])
        outbox.sendHeld()
        guard case .bytes(let both) = reading.read(most: 100) else {
            Issue.record("what was held did not go out")
            return
        }
        #expect(both == Array("a\nb\n".utf8))

        // One that is sent takes the held ones along; a full piece and a long hold wait for nobody.
        outbox.hold([Array("c\n".utf8)])
        outbox.send([Array("d\n".utf8)])
        outbox.hold([[UInt8](repeating: 0x65, count: 5_000)])
        outbox.hold([Array("f\n".utf8)])
        try await Task.sleep(for: .milliseconds(2))
        outbox.hold([Array("g\n".utf8)])
        var rest: [UInt8] = []
        while case .bytes(let bytes) = reading.read(most: 10_000) { rest += bytes }
        #expect(rest == Array("c\nd\n".utf8) + [UInt8](repeating: 0x65, count: 5_000) + Array("f\ng\n".utf8))

        outbox.hold([Array("h\n".utf8)])
        await outbox.flush()
        guard case .bytes(let last) = reading.read(most: 100) else {
            Issue.record("flush left a held line")
            return
        }
        #expect(last == Array("h\n".utf8))
    }

    @Test func `nobody waits for a host that does not read, and what was sent arrives once it does`() async throws {
        let (reading, writing) = try OpenDescriptor.pipe()
        let outbox = Outbox(writing)
        for number in 0..<100 { outbox.send([[UInt8](repeating: UInt8(number), count: 100_000)]) }
        var received = 0
        while received < 10_000_000, case .bytes(let bytes) = reading.read(most: 1 << 16) { received += bytes.count }
        #expect(received == 10_000_000)
        await outbox.flush()
    }

    @Test func `with a host that is gone nothing is kept and nobody waits`() async throws {
        SignalPolicy.ignoreBrokenPipes()
        let outbox: Outbox
        do {
            let (_, writing) = try OpenDescriptor.pipe()
            outbox = Outbox(writing)
        }
        for _ in 0..<10 { outbox.send([[UInt8](repeating: 0, count: 1_000_000)]) }
        await outbox.flush()
    }
}
