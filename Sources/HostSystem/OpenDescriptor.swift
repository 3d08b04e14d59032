// SPDX-License-Identifier: Apache-2.0

import CHost

/// An open file, pipe or socket; it is closed when nobody holds it any more.
package final class OpenDescriptor: Sendable {
    /// What came of an attempt to read.
    package enum Reading: Sendable, Equatable {
        case bytes([UInt8])
        /// Nothing is there now; only without blocking.
        case nothing
        /// The other end is closed, or the file's end is reached.
        case end
        case failed(SystemFailure)
    }

    /// What came of an attempt to write.
    package enum Writing: Sendable, Equatable {
        /// So many bytes were taken, perhaps fewer than given.
        case taken(Int)
        /// There is no room now; only without blocking.
        case full
        case failed(SystemFailure)
    }

    /// The number by which the system knows it; valid as long as this is held.
    package let number: CInt

    /// Takes over a descriptor that is open.
    package init(owning number: CInt) { self.number = number }

    deinit { close(number) }

    /// The two ends of a new pipe.
    package static func pipe() throws(SystemFailure) -> (reading: OpenDescriptor, writing: OpenDescriptor) {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { buffer in
            unsafe gatehouse_pipe(buffer.baseAddress)
        }
        guard result == 0 else { throw SystemFailure.last }
        return (OpenDescriptor(owning: ends[0]), OpenDescriptor(owning: ends[1]))
    }

    /// Makes a file that must not be there yet, for writing.
    package static func newFile(at path: String, mode: UInt32) throws(SystemFailure) -> OpenDescriptor {
        let number = unsafe gatehouse_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenDescriptor(owning: number)
    }

    /// Opens a file for reading.
    package static func file(at path: String) throws(SystemFailure) -> OpenDescriptor {
        let number = unsafe gatehouse_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenDescriptor(owning: number)
    }

    /// Opens something without the right to read it, only to ask what it is; links are followed.
    package static func place(_ path: String) throws(SystemFailure) -> OpenDescriptor {
        let number = unsafe gatehouse_openat(AT_FDCWD, path, gatehouse_open_path, 0)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenDescriptor(owning: number)
    }

    /// Lets reads and writes come back at once.
    package func stopBlocking() throws(SystemFailure) {
        guard gatehouse_set_nonblocking(number) >= 0 else { throw SystemFailure.last }
    }

    /// How much to read at once where much may come, in bytes.
    ///
    /// Less than 64 KiB: after a piece of that size is freed glibc tidies up all of its memory, which costs more than a
    /// second read.
    package static let usualPiece = 1 << 15

    /// Reads at most that many bytes.
    package func read(most: Int) -> Reading {
        var count = 0
        var failure = SystemFailure(number: 0)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, initialized in
            repeat {
                count = unsafe CHost.read(number, buffer.baseAddress, most)
                if count < 0 { failure = .last }
            } while count < 0 && failure.number == EINTR
            initialized = max(0, count)
        }
        if count > 0 { return .bytes(bytes) }
        if count == 0 { return .end }
        return failure.number == EAGAIN ? .nothing : .failed(failure)
    }

    /// Writes as much as there is room for.
    package func write(_ bytes: ArraySlice<UInt8>) -> Writing {
        var count = 0
        var failure = SystemFailure(number: 0)
        repeat {
            count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe CHost.write(number, buffer.baseAddress, buffer.count)
            }
            if count < 0 { failure = .last }
        } while count < 0 && failure.number == EINTR
        if count >= 0 { return .taken(count) }
        return failure.number == EAGAIN ? .full : .failed(failure)
    }

    /// Writes everything to a descriptor that blocks.
    package func writeAll(_ bytes: [UInt8]) throws(SystemFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch write(rest) {
            case .taken(let count): rest = rest.dropFirst(count)
            case .full: throw SystemFailure(number: EAGAIN)
            case .failed(let failure): throw failure
            }
        }
    }

    /// Makes sure that what was written outlasts a loss of power.
    package func synchronize() throws(SystemFailure) {
        guard fsync(number) == 0 else { throw SystemFailure.last }
    }

    /// Changes who may do what with the file.
    package func setMode(_ mode: UInt32) throws(SystemFailure) {
        guard fchmod(number, mode) == 0 else { throw SystemFailure.last }
    }

    /// Changes whose file it is; for root only.
    package func setOwner(user: UInt32, group: UInt32) throws(SystemFailure) {
        guard fchown(number, user, group) == 0 else { throw SystemFailure.last }
    }

    /// What the system says of it.
    package func status() throws(SystemFailure) -> FileStatus {
        var found = stat()
        guard unsafe fstat(number, &found) == 0 else { throw SystemFailure.last }
        return FileStatus(found)
    }
}
