// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sizes receive buffers by what comes, and gives large ones back at once.
///
/// NIO's pool keeps grown buffers for as long as a channel lives, which costs a console that once carried bulk
/// hundreds of KiB. A size without a hint makes the pool pass: so a small buffer is pooled and reused, a large
/// one is allocated for its read and freed when it is written on.
struct ReceiveAllocator: RecvByteBufferAllocator {
    /// The largest size that is left to the pool.
    private static let pooled = 2048
    private static let maximum = 65_536
    private static let minimum = 512

    private var size = ReceiveAllocator.pooled
    private var shrinks = false

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    func nextBufferSize() -> Int? {
        size <= Self.pooled ? size : nil
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        if actualReadBytes >= size {
            size = min(size * 4, Self.maximum)
            shrinks = false
        } else if actualReadBytes <= size / 4, size > Self.minimum {
            // Twice in a row, so that one short read does not undo the growth.
            if shrinks { size /= 2 }
            shrinks.toggle()
        } else {
            shrinks = false
        }
        return size > Self.pooled
    }
}
