// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import HostSystem
import Model
import Synchronization

/// The private copies of plugins that are run and served, each in a folder named by the digest of its content.
///
/// The digest is SHA-256 over one line a file, in order of their paths: the SHA-256 of its content in hexadecimal,
/// a space, `x` if its owner may execute it or `-`, a space, its path, a line feed.
package final class PluginStore: Sendable {
    /// The folder that holds the copies.
    let folder: String
    private let limits: FolderLimits
    /// How many copies have been begun; held while some are removed, so that none begins meanwhile.
    private let begun = Mutex(0)

    /// Names the folder.
    package convenience init(folder: String) { self.init(folder: folder, limits: FolderLimits()) }

    init(folder: String, limits: FolderLimits) {
        self.folder = folder
        self.limits = limits
    }

    /// The path of a copy.
    package func path(of digest: String) -> String { "\(folder)/\(digest)" }

    /// Removes every copy and makes the folder anew; for the start, when nothing runs yet.
    package func reset() throws {
        try writing(folder) {
            try? FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Copies a plugin's folder; the answer is the digest of what was copied.
    ///
    /// - Throws: what `FolderWalk` throws, `storageFailed` where the copy can not be written.
    package func keep(_ place: String) throws -> String {
        begun.withLock { $0 += 1 }
        let source = try FolderWalk.reading(place) { () throws(SystemFailure) in try OpenFolder.open(place) }
        let draft = "\(folder)/.new-\(UUID().uuidString)"
        try writing(draft) {
            try FileManager.default.createDirectory(
                atPath: draft, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        defer { try? FileManager.default.removeItem(atPath: draft) }
        var folders: Set = [""]
        var lines: [String: String] = [:]
        var walk = FolderWalk(limits: limits)
        try walk.visit(source, at: place) { entry in
            let below = entry.path.split(separator: "/").dropLast().joined(separator: "/")
            if folders.insert(below).inserted {
                try writing(draft) {
                    try FileManager.default.createDirectory(
                        atPath: "\(draft)/\(below)", withIntermediateDirectories: true,
                        attributes: [.posixPermissions: 0o700])
                }
            }
            let digest = try copy(entry, of: place, to: "\(draft)/\(entry.path)")
            lines[entry.path] = "\(digest) \(entry.status.isExecutable ? "x" : "-") \(entry.path)\n"
        }
        var hash = SHA256()
        for path in lines.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            hash.update(data: Array((lines[path] ?? "").utf8))
        }
        let digest = Self.hexadecimal(hash.finalize())
        if !FileManager.default.fileExists(atPath: path(of: digest)) {
            try writing(draft) { try FileManager.default.moveItem(atPath: draft, toPath: path(of: digest)) }
        }
        return digest
    }

    /// What `removeAll` needs to know of this moment, in which no copy is being made.
    package var mark: Int { begun.withLock { $0 } }

    /// Removes every copy that is not named, unless another one was begun since the mark was taken: it may be among
    /// those that are not named, or half made.
    package func removeAll(except digests: Set<String>, since mark: Int) {
        begun.withLock { begun in
            guard begun == mark else { return }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names where !digests.contains(name) {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
    }

    private func copy(_ entry: FolderWalk.Entry, of place: String, to target: String) throws -> String {
        var hash = SHA256()
        var left = entry.status.size
        let copy = try writing(target) { try OpenDescriptor.newFile(at: target, mode: 0o600) }
        reading: while true {
            switch entry.file.read(most: 1 << 18) {
            case .bytes(let bytes):
                left -= bytes.count
                hash.update(data: bytes)
                try writing(target) { try copy.writeAll(bytes) }
                guard left >= 0 else { break reading }
            case .end: break reading
            case .nothing, .failed:
                throw GatehouseError(.storageFailed, "\(place)/\(entry.path) can not be read to its end.")
            }
        }
        guard left == 0 else {
            throw GatehouseError(.conflict, "\(place)/\(entry.path) changed while it was read; try again.")
        }
        try writing(target) { try copy.setMode(entry.status.isExecutable ? 0o500 : 0o400) }
        return Self.hexadecimal(hash.finalize())
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private func writing<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The plugin's copy can not be written below \(folder). Check that there is room and that Gatehouse's "
                    + "user may write there.", details: ["path": .string(path)], cause: String(describing: error))
        }
    }
}
