// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sizes receive buffers by what comes, and gives large ones back at once.
///
/// NIO's pool keeps grown buffers for as long as a channel lives, which costs a console that once carried bulk
/// hundreds of KiB. A size without a hint makes the pool pass: so a small buffer is pooled and reused, a large
/// one is allocated for its read and freed when it is written on.
///
/// NIOSSL keeps buffers of its own as large as one read ever was (and ignores its setting for it in 2.37.6), so
/// with TLS large reads are left to a stream that has been large for a while. Without TLS they cost nothing that
/// stays, and larger ones take a quarter less processor time (256 KiB against 64 KiB).
struct ReceiveAllocator: RecvByteBufferAllocator {
    private static let minimum = 512
    /// The largest size that is left to the pool.
    private static let pooled = 2048
    private static let large = 32 * 1024
    private static let largest = 64 * 1024
    private static let largestPlain = 256 * 1024
    /// Bytes in large reads, without a pause, that earn the largest reads where TLS is spoken.
    private static let bulk = 8 * 1024 * 1024

    /// Whether what is read goes through NIOSSL.
    let isEncrypted: Bool
    private var size = ReceiveAllocator.pooled
    private var carried = 0
    private var shrinks = false

    init(isEncrypted: Bool) {
        self.isEncrypted = isEncrypted
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    func nextBufferSize() -> Int? {
        size <= Self.pooled ? size : nil
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        carried = size >= Self.large ? carried + actualReadBytes : 0
        if actualReadBytes >= size {
            size = min(size * 4, limit)
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

    private var limit: Int {
        guard isEncrypted else { return Self.largestPlain }
        return carried >= Self.bulk ? Self.largest : Self.large
    }
}
