// SPDX-License-Identifier: Apache-2.0

import Crypto
package import HostSystem
import JSONRPC
import Model

/// What takes up the content of a backup while it is read; nothing it is given is proved whole before the end.
package protocol BackupReceiver {
    /// Is told what the backup says of itself.
    mutating func begin(_ head: BackupHead) throws
    /// Is told that a file follows.
    mutating func begin(_ part: BackupPart) throws
    /// Is given some of the file's content.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws
    /// Is told that the file was right to its end.
    mutating func end(_ part: BackupPart) throws
}

/// Reads a backup and checks all of it.
package struct BackupReader {
    private let file: OpenDescriptor
    private let head: FileHead
    private var key: SymmetricKey?

    /// Whether a passphrase is needed.
    package var isEncrypted: Bool { head.lock != nil }

    /// Looks at the beginning of a file.
    ///
    /// - Throws: `storageFailed` for what is no backup or is damaged, `unsupported` for a later format.
    package init(_ file: OpenDescriptor) throws {
        self.file = file
        let start = try FileBytes.read(file, FileHead.startBytes)
        try FileHead.check(start: start)
        let count = FileHead.restBytes(start)
        let rest = try FileBytes.read(file, count)
        guard rest.count == count else { throw BackupFormat.damaged("it is cut off") }
        head = try FileHead(start + rest)
    }

    /// Takes the passphrase; takes time.
    ///
    /// - Throws: `forbidden` for a wrong one.
    package mutating func unlock(_ passphrase: String) throws {
        guard let lock = head.lock else { return }
        let made = try BackupKey(passphrase: Array(passphrase.utf8), salt: lock.salt, cost: lock.cost)
        guard made.proof == lock.proof else {
            throw GatehouseError(.forbidden, "The passphrase is not the one of this backup; nothing was changed.")
        }
        key = made.key
    }

    /// Reads everything to its end.
    ///
    /// - Throws: `forbidden` where a passphrase is needed, `storageFailed` where anything is not as it was written,
    ///   what the receiver throws.
    package func read(_ receiver: inout some BackupReceiver) throws -> BackupManifest {
        guard !isEncrypted || key != nil else {
            throw GatehouseError(.forbidden, "The backup is encrypted; name its passphrase with --passphrase-file.")
        }
        var chunks = ChunkReader(file, ChunkGuard(head: head.bytes, key: key))
        guard case ("H", let json) = try Self.record(&chunks), let about = BackupHead(json) else {
            throw BackupFormat.damaged("its first record")
        }
        try receiver.begin(about)
        var parts: [BackupPart] = []
        var names: Set<PartName> = []
        while true {
            let (kind, json) = try Self.record(&chunks)
            if kind == "E" {
                let manifest = BackupManifest(head: about, parts: parts)
                guard json == manifest.json else { throw BackupFormat.damaged("its manifest") }
                try chunks.requireEnd()
                return manifest
            }
            guard kind == "F", let part = BackupPart(json), names.insert(part.name).inserted,
                parts.count < BackupFormat.mostParts
            else { throw BackupFormat.damaged("record \(parts.count + 1)") }
            parts.append(try Self.content(of: part, &chunks, &receiver))
        }
    }

    private static func content(
        of part: BackupPart, _ chunks: inout ChunkReader, _ receiver: inout some BackupReceiver
    ) throws -> BackupPart {
        var part = part
        try receiver.begin(part)
        var hash = SHA256()
        var left = part.size
        while left > 0 {
            let bytes = try chunks.read(most: left)
            hash.update(data: bytes)
            try receiver.take(bytes)
            left -= bytes.count
        }
        part.digest = hash.finalize().hexadecimal
        try receiver.end(part)
        return part
    }

    private static func record(_ chunks: inout ChunkReader) throws -> (Character, JSONValue) {
        let start = try chunks.read(5)
        let length = start.dropFirst().reduce(0) { $0 << 8 | Int($1) }
        guard length <= BackupFormat.mostRecordBytes else { throw BackupFormat.damaged("a record's length") }
        let bytes = try chunks.read(length)
        do {
            return (Character(UnicodeScalar(start[0])), try JSONParser.parse(bytes))
        } catch {
            throw BackupFormat.damaged("a record")
        }
    }
}
