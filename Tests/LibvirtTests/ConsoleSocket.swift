// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import Testing

/// The test's end of a console; closed when dropped.
final class ConsoleSocket: Sendable {
    private let descriptor: Int32

    init(_ source: ConsoleSource) throws {
        guard case .descriptor(let owned, _) = source else {
            throw GatehouseError(.internal, "not a descriptor: \(source)")
        }
        descriptor = try #require(owned.take())
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// What comes until the end, so many bytes, or the time is over; nil at the end of the stream.
    func read(upTo limit: Int, within time: Duration = .seconds(10)) async throws -> [UInt8]? {
        var all: [UInt8] = []
        _ = await eventually(within: time) {
            switch readNow(upTo: limit - all.count) {
            case .some(let bytes): all += bytes
            case nil: return true
            }
            return all.count >= limit
        }
        return all.isEmpty && hasEnded ? nil : all
    }

    /// Reads until a text has come; what came is the answer.
    func read(until text: String, within time: Duration) async throws -> String {
        var all: [UInt8] = []
        _ = await eventually(within: time) {
            guard let bytes = readNow(upTo: 65_536) else { return true }
            all += bytes
            return String(decoding: all, as: UTF8.self).contains(text)
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Whether the other end is closed; takes a byte where there is one.
    var hasEnded: Bool { readNow(upTo: 1) == nil }

    func write(_ bytes: [UInt8]) throws {
        #expect(writeSome(bytes) == bytes.count)
    }

    /// Writes what goes without waiting.
    func writeSome(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// What is there; nil at the end.
    func readNow(upTo limit: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { return Array(buffer[..<count]) }
        return count < 0 && errno == EAGAIN ? [] : nil
    }
}
