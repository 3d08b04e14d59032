// SPDX-License-Identifier: Apache-2.0

import Crypto
package import HostSystem
import JSONRPC
import Model

/// Writes a backup: the head, the files one after the other, the manifest.
package struct BackupWriter {
    private let head: BackupHead
    private var chunks: ChunkWriter
    private var parts: [BackupPart] = []
    private var names: Set<PartName> = []

    /// Begins a backup.
    ///
    /// - Parameters:
    ///   - file: an empty file that nobody else can read.
    ///   - passphrase: what it is encrypted with; nil to leave it readable.
    /// - Throws: `storageFailed`, `invalidParameters` for a passphrase that is too short.
    package init(
        _ file: OpenDescriptor, head: BackupHead, passphrase: String? = nil, cost: KeyCost = .standard
    ) throws {
        self.head = head
        var lock: FileHead.Lock?
        var key: BackupKey?
        if let passphrase {
            guard passphrase.count >= BackupFormat.leastPassphrase else {
                throw GatehouseError(
                    .invalidParameters,
                    "The passphrase must have at least \(BackupFormat.leastPassphrase) characters. Choose a longer one."
                )
            }
            let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }
            let made = try BackupKey(passphrase: Array(passphrase.utf8), salt: salt, cost: cost)
            lock = FileHead.Lock(salt: salt, cost: cost, proof: made.proof)
            key = made
        }
        let start = FileHead(lock: lock).bytes
        do {
            try file.writeAll(start)
        } catch {
            throw GatehouseError(.storageFailed, "The backup can not be written (\(error)).", cause: "\(error)")
        }
        chunks = ChunkWriter(file, ChunkGuard(head: start, key: key?.key))
        try record("H", head.json)
    }

    /// Adds a file: as many bytes as it has now; the backup is of no use after an error.
    ///
    /// - Throws: `limitExceeded` for too many files, `conflict` where it became shorter meanwhile, `storageFailed`.
    package mutating func add(_ name: PartName, from source: OpenDescriptor) throws {
        guard parts.count < BackupFormat.mostParts else {
            throw GatehouseError(
                .limitExceeded, "There are more than \(BackupFormat.mostParts) files; leave out the plugins' data.")
        }
        guard names.insert(name).inserted else {
            throw GatehouseError(.internal, "The file \(name.text) is there twice.")
        }
        let status = try Self.status(source, name)
        var part = BackupPart(name: name, size: status.size, mode: status.mode)
        try record("F", part.json)
        var hash = SHA256()
        var left = part.size
        while left > 0 {
            guard case .bytes(let bytes) = source.read(most: min(left, BackupFormat.chunkBytes)) else {
                throw GatehouseError(
                    .conflict, "\(name.text) changed or could not be read while it was copied; try again.")
            }
            hash.update(data: bytes)
            try chunks.write(bytes)
            left -= bytes.count
        }
        part.digest = hash.finalize().hexadecimal
        parts.append(part)
    }

    /// Writes the manifest; without it a backup is none.
    package mutating func finish() throws -> BackupManifest {
        let manifest = BackupManifest(head: head, parts: parts)
        try record("E", manifest.json)
        try chunks.finish()
        return manifest
    }

    private mutating func record(_ kind: Character, _ json: JSONValue) throws {
        let bytes = JSONWriter.bytes(json)
        try chunks.write(Array(String(kind).utf8) + UInt32(bytes.count).bigEndianBytes + bytes)
    }

    private static func status(_ source: OpenDescriptor, _ name: PartName) throws -> FileStatus {
        guard let status = try? source.status(), status.kind == .file else {
            throw GatehouseError(.storageFailed, "\(name.text) is no file. Move it away and try again.")
        }
        return status
    }
}

extension Sequence<UInt8> {
    /// The bytes as two digits each.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
