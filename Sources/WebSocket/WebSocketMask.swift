// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The four bytes that every client frame is masked with (RFC 6455, 5.3), and how far they are used up.
package struct WebSocketMask: Sendable, Equatable {
    /// The next four mask bytes; the one due first is in the lowest bits.
    private var key: UInt32

    /// Makes a mask from the four bytes as they stand in the frame, the first one in the lowest bits.
    package init(key: UInt32) {
        self.key = key
    }

    /// Moves `count` bytes from `source` to the end of `target` and takes the mask off on the way.
    ///
    /// Reads and writes 64 bytes at a time, so that no loop runs byte by byte and no unsafe pointer is needed.
    package mutating func unmask(_ count: Int, from source: inout ByteBuffer, to target: inout ByteBuffer) {
        let kept = target.readerIndex
        let start = target.writerIndex
        target.reserveCapacity(minimumWritableBytes: count)
        // Bytes that were never written become readable here; `write` sets every one of them.
        target.moveWriterIndex(forwardBy: count)
        target.moveReaderIndex(to: start)
        write(to: &target, from: source, count: count)
        target.moveReaderIndex(to: kept)
        source.moveReaderIndex(forwardBy: count)
        rotate(by: count)
    }

    private func write(to target: inout ByteBuffer, from source: ByteBuffer, count: Int) {
        let start = source.readerIndex
        let half = UInt64(key) << 32 | UInt64(key)
        let wide = UInt128(half) << 64 | UInt128(half)
        var bytes = target.mutableReadableBytesSpan
        var done = 0
        while done &+ 64 <= count,
            let a = source.getInteger(at: start &+ done, endianness: .little, as: UInt128.self),
            let b = source.getInteger(at: start &+ done &+ 16, endianness: .little, as: UInt128.self),
            let c = source.getInteger(at: start &+ done &+ 32, endianness: .little, as: UInt128.self),
            let d = source.getInteger(at: start &+ done &+ 48, endianness: .little, as: UInt128.self)
        {
            let block = (
                (a ^ wide).littleEndian, (b ^ wide).littleEndian, (c ^ wide).littleEndian, (d ^ wide).littleEndian
            )
            bytes.storeBytes(of: block, toByteOffset: done, as: (UInt128, UInt128, UInt128, UInt128).self)
            done &+= 64
        }
        while done &+ 4 <= count,
            let word = source.getInteger(at: start &+ done, endianness: .little, as: UInt32.self)
        {
            bytes.storeBytes(of: (word ^ key).littleEndian, toByteOffset: done, as: UInt32.self)
            done &+= 4
        }
        var rest = key
        while done < count, let byte = source.getInteger(at: start &+ done, as: UInt8.self) {
            bytes.storeBytes(of: byte ^ UInt8(truncatingIfNeeded: rest), toByteOffset: done, as: UInt8.self)
            rest >>= 8
            done &+= 1
        }
    }

    private mutating func rotate(by count: Int) {
        let shift = UInt32(truncatingIfNeeded: count & 3) &* 8
        if shift != 0 { key = key >> shift | key << (32 - shift) }
    }
}
