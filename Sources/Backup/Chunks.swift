// SPDX-License-Identifier: Apache-2.0

import Crypto
import HostSystem
import Model

/// What proves a chunk: a digest, or the tag under a key.
struct ChunkGuard: Sendable {
    /// The file's head, which every chunk vouches for.
    let head: [UInt8]
    /// The key; nil where there is no passphrase.
    let key: SymmetricKey?

    /// How many bytes the proof takes.
    var length: Int { key == nil ? 32 : 16 }

    /// The chunk's bytes as they are written, with their proof.
    func seal(_ bytes: [UInt8], number: UInt64, prefix: [UInt8]) throws -> [UInt8] {
        guard let key else { return bytes + digest(bytes, number, prefix) }
        do {
            let nonce = try AES.GCM.Nonce(data: Self.nonce(number))
            let box = try AES.GCM.seal(bytes, using: key, nonce: nonce, authenticating: head + prefix)
            return Array(box.ciphertext) + Array(box.tag)
        } catch {
            throw GatehouseError(.internal, "The backup could not be encrypted.", cause: "\(error)")
        }
    }

    /// The bytes of a chunk that was read; nil where they are not those that were written.
    func open(_ sealed: [UInt8], number: UInt64, prefix: [UInt8]) -> [UInt8]? {
        let bytes = Array(sealed.dropLast(length))
        let proof = Array(sealed.suffix(length))
        guard let key else { return digest(bytes, number, prefix) == proof ? bytes : nil }
        guard let nonce = try? AES.GCM.Nonce(data: Self.nonce(number)),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: bytes, tag: proof),
            let opened = try? AES.GCM.open(box, using: key, authenticating: head + prefix)
        else { return nil }
        return Array(opened)
    }

    private func digest(_ bytes: [UInt8], _ number: UInt64, _ prefix: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: head)
        hash.update(data: Self.nonce(number))
        hash.update(data: prefix)
        hash.update(data: bytes)
        return Array(hash.finalize())
    }

    /// A number that no other chunk of the file has, and so none under its key.
    private static func nonce(_ number: UInt64) -> [UInt8] { [0, 0, 0, 0] + number.bigEndianBytes }
}

/// Cuts a stream into chunks and writes them.
struct ChunkWriter {
    private let file: OpenDescriptor
    private let chunkGuard: ChunkGuard
    private var number: UInt64 = 0
    private var waiting: [UInt8] = []

    init(_ file: OpenDescriptor, _ chunkGuard: ChunkGuard) {
        self.file = file
        self.chunkGuard = chunkGuard
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        waiting.append(contentsOf: bytes)
        var start = 0
        while waiting.count - start > BackupFormat.chunkBytes {
            try put(Array(waiting[start..<start + BackupFormat.chunkBytes]), isLast: false)
            start += BackupFormat.chunkBytes
        }
        waiting.removeFirst(start)
    }

    mutating func finish() throws {
        try put(waiting, isLast: true)
        waiting = []
    }

    private mutating func put(_ bytes: [UInt8], isLast: Bool) throws {
        let prefix = (UInt32(bytes.count) | (isLast ? 1 << 31 : 0)).bigEndianBytes
        do {
            try file.writeAll(prefix + chunkGuard.seal(bytes, number: number, prefix: prefix))
        } catch let failure as SystemFailure {
            throw GatehouseError(
                .storageFailed, "The backup can not be written (\(failure)). Check free space.", cause: "\(failure)")
        }
        number += 1
    }
}

/// Reads chunks, each proved before a byte of it is given out.
struct ChunkReader {
    private let file: OpenDescriptor
    private let chunkGuard: ChunkGuard
    private var number: UInt64 = 0
    private var isAtEnd = false
    private var chunk: ArraySlice<UInt8> = []

    init(_ file: OpenDescriptor, _ chunkGuard: ChunkGuard) {
        self.file = file
        self.chunkGuard = chunkGuard
    }

    /// The next bytes, at most that many and at least one.
    ///
    /// - Throws: `storageFailed` where the file is damaged or has ended.
    mutating func read(most: Int) throws -> ArraySlice<UInt8> {
        while chunk.isEmpty {
            guard !isAtEnd else { throw BackupFormat.damaged("it ends too early") }
            try next()
        }
        let taken = chunk.prefix(most)
        chunk = chunk.dropFirst(most)
        return taken
    }

    /// Exactly that many bytes.
    mutating func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes.append(contentsOf: try read(most: count - bytes.count)) }
        return bytes
    }

    /// Checks that nothing follows.
    mutating func requireEnd() throws {
        guard chunk.isEmpty, isAtEnd, try FileBytes.read(file, 1).isEmpty else {
            throw BackupFormat.damaged("something follows its end")
        }
    }

    private mutating func next() throws {
        let prefix = try FileBytes.read(file, 4)
        guard prefix.count == 4 else { throw BackupFormat.damaged("it is cut off") }
        let word = prefix.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let length = Int(word & (1 << 31 - 1))
        guard length <= BackupFormat.chunkBytes else { throw BackupFormat.damaged("piece \(number)") }
        let sealed = try FileBytes.read(file, length + chunkGuard.length)
        guard sealed.count == length + chunkGuard.length else { throw BackupFormat.damaged("it is cut off") }
        guard let bytes = chunkGuard.open(sealed, number: number, prefix: prefix) else {
            throw BackupFormat.damaged("piece \(number)")
        }
        chunk = bytes[...]
        isAtEnd = word >> 31 == 1
        number += 1
    }
}

/// Reads an open file.
enum FileBytes {
    /// That many bytes, or fewer where the file ends before.
    static func read(_ file: OpenDescriptor, _ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            switch file.read(most: count - bytes.count) {
            case .bytes(let more): bytes.append(contentsOf: more)
            case .end: return bytes
            case .nothing: throw BackupFormat.damaged("it is no file")
            case .failed(let failure):
                throw GatehouseError(
                    .storageFailed, "The backup can not be read (\(failure)). Check the disk.", cause: "\(failure)")
            }
        }
        return bytes
    }
}

extension FixedWidthInteger {
    /// The bytes, the highest first.
    var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> Self($0)) }
    }
}
