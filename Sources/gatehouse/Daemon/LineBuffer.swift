// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines.
struct LineBuffer {
    /// A line is longer than is allowed.
    struct TooLong: Error {}

    private let maximum: Int
    private var bytes: [UInt8] = []
    /// How far there is no line's end, so that no byte is looked at twice.
    private var searched = 0

    /// Makes a buffer for lines of at most that many bytes, their ends not counted.
    init(maximum: Int) { self.maximum = maximum }

    /// Takes up bytes and gives the lines that are whole now, without their ends.
    ///
    /// - Throws: `TooLong`, and then the stream is of no more use.
    mutating func lines(adding more: some Sequence<UInt8>) throws -> [[UInt8]] {
        bytes.append(contentsOf: more)
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[max(start, searched)...].firstIndex(of: 0x0A) {
            guard end - start <= maximum else { throw TooLong() }
            lines.append(Array(bytes[start..<end]))
            start = end + 1
        }
        bytes.removeFirst(start)
        searched = bytes.count
        guard bytes.count <= maximum else { throw TooLong() }
        return lines
    }
}
