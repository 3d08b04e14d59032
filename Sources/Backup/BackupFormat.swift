// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Model

/// The numbers of the format, and its errors.
///
/// A file is a head and chunks. The head: 17 bytes of magic, the version of the format, how it is protected (0: by
/// SHA-256 alone, 1: by a passphrase too), for 1 what the key is derived with, and SHA-256 of all that. A chunk: its
/// length in four bytes, whose top bit marks the last one, its bytes, and what proves them: SHA-256 or the tag of
/// AES-GCM, both over the head and the chunk's number too. The chunks put together are records: a letter, a length,
/// JSON; `H` is the head, `F` a file whose content follows, `E` the manifest and the end.
package enum BackupFormat {
    /// The version of the format.
    package static let version = 1
    /// The bytes that a backup begins with.
    static let magic = Array("GATEHOUSE-BACKUP\n".utf8)
    /// Bytes of a chunk at most.
    static let chunkBytes = 1 << 18
    /// Bytes of a record's JSON at most.
    static let mostRecordBytes = 32 << 20
    /// Files at most.
    package static let mostParts = 50_000
    /// Bytes of a file at most.
    package static let mostPartBytes = 1 << 42
    /// Characters of a passphrase at least, for a new backup.
    package static let leastPassphrase = 8

    static func damaged(_ place: String) -> GatehouseError {
        GatehouseError(
            .storageFailed, "The backup is damaged (\(place)); nothing was changed. Use another copy of it.")
    }
}

/// What a key is derived from a passphrase with (scrypt, RFC 7914).
package struct KeyCost: Sendable, Equatable {
    /// The number of rounds as a power of two.
    package var logRounds: UInt8
    /// The size of a block.
    package var blockSize: UInt8
    /// The parallelism.
    package var parallelism: UInt8

    /// For new backups: 128 MiB of memory and about half a second.
    package static let standard = KeyCost(logRounds: 17, blockSize: 8, parallelism: 1)

    /// Names a cost.
    package init(logRounds: UInt8, blockSize: UInt8, parallelism: UInt8) {
        self.logRounds = logRounds
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// Whether a host can be expected to pay it: up to a gibibyte.
    var isBearable: Bool {
        (1...20).contains(logRounds) && (1...16).contains(blockSize) && (1...4).contains(parallelism)
            && (128 << Int(logRounds)) * Int(blockSize) <= 1 << 30
    }
}

/// What a file begins with.
struct FileHead: Sendable, Equatable {
    /// Salt, cost and proof of the passphrase.
    struct Lock: Sendable, Equatable {
        var salt: [UInt8]
        var cost: KeyCost
        var proof: [UInt8]
    }

    /// Nil where there is no passphrase.
    var lock: Lock?

    /// The first bytes, before which it is not known how long the head is.
    static let startBytes = BackupFormat.magic.count + 2
    private static let lockBytes = 16 + 3 + 32

    /// How many bytes follow those, by the way of protection.
    static func restBytes(_ start: [UInt8]) -> Int { (start.last == 1 ? lockBytes : 0) + 32 }

    var bytes: [UInt8] {
        var bytes = BackupFormat.magic + [UInt8(BackupFormat.version), lock == nil ? 0 : 1]
        if let lock {
            bytes += lock.salt + [lock.cost.logRounds, lock.cost.blockSize, lock.cost.parallelism] + lock.proof
        }
        return bytes + Array(SHA256.hash(data: bytes))
    }

    init(lock: Lock?) { self.lock = lock }

    /// Checks the first bytes of a file.
    ///
    /// - Throws: `storageFailed` for what is no backup, `unsupported` for a later format.
    static func check(start: [UInt8]) throws {
        guard start.count == startBytes, start.starts(with: BackupFormat.magic) else {
            throw GatehouseError(.storageFailed, "This file is no backup of Gatehouse. Name another one.")
        }
        guard start[startBytes - 2] == UInt8(BackupFormat.version) else {
            throw GatehouseError(
                .unsupported,
                "This backup has the format \(start[startBytes - 2]), this Gatehouse knows \(BackupFormat.version). "
                    + "Restore it with the Gatehouse that made it, or with a newer one.")
        }
        guard start[startBytes - 1] <= 1 else { throw BackupFormat.damaged("its head") }
    }

    /// Reads a whole head.
    init(_ bytes: [UInt8]) throws {
        let content = Array(bytes.dropLast(32))
        guard Array(SHA256.hash(data: content)) == Array(bytes.suffix(32)) else {
            throw BackupFormat.damaged("its head")
        }
        guard content.last != nil, content[Self.startBytes - 1] == 1 else {
            lock = nil
            return
        }
        let rest = Array(content.dropFirst(Self.startBytes))
        let cost = KeyCost(logRounds: rest[16], blockSize: rest[17], parallelism: rest[18])
        guard cost.isBearable else { throw BackupFormat.damaged("its head") }
        lock = Lock(salt: Array(rest.prefix(16)), cost: cost, proof: Array(rest.suffix(32)))
    }
}

/// The key of a passphrase.
struct BackupKey: Sendable {
    /// What chunks are sealed with.
    let key: SymmetricKey
    /// What shows whether a passphrase is the right one.
    let proof: [UInt8]

    /// Derives it; takes time and memory.
    init(passphrase: [UInt8], salt: [UInt8], cost: KeyCost) throws {
        let master: SymmetricKey
        do {
            master = try KDF.Scrypt.deriveKey(
                from: passphrase, salt: salt, outputByteCount: 32, rounds: 1 << Int(cost.logRounds),
                blockSize: Int(cost.blockSize), parallelism: Int(cost.parallelism))
        } catch {
            throw GatehouseError(
                .storageFailed, "No key could be derived from the passphrase; free some memory and try again.",
                cause: "\(error)")
        }
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("gatehouse backup chunks".utf8), outputByteCount: 32)
        let proofKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("gatehouse backup proof".utf8), outputByteCount: 32)
        proof = Array(HMAC<SHA256>.authenticationCode(for: salt, using: proofKey))
    }
}
