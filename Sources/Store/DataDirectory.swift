// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model

/// The directory that the database lives in: made with mode 0700, its files with 0600.
struct DataDirectory: Sendable {
    /// Its path.
    let path: String

    /// The path of a file in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// Makes the directory where it is missing and closes it to others where it is ours alone.
    ///
    /// A directory that holds other things keeps its mode, with a warning: it may be shared on purpose.
    func prepare(logger: Logger) throws {
        let files = FileManager.default
        do {
            guard files.fileExists(atPath: path) else {
                try files.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                return
            }
            let type = try files.attributesOfItem(atPath: resolved)[.type] as? FileAttributeType
            guard type == .typeDirectory else {
                throw GatehouseError(
                    .storageFailed, "The data directory \(path) is a file. Move it away or configure another.")
            }
            guard try mode(of: resolved) & 0o077 != 0 else { return }
            let content = try files.contentsOfDirectory(atPath: path)
            if content.isEmpty || content.contains(SQLiteStore.fileName) {
                try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: resolved)
            } else {
                logger.warning("the data directory is open to other users", metadata: ["path": "\(path)"])
            }
        } catch let error as GatehouseError {
            throw error
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The data directory \(path) can not be used. Check that it exists and belongs to Gatehouse's user.",
                cause: String(describing: error))
        }
    }

    /// Makes the database's file where it is missing, so that SQLite never makes one that others can read.
    func prepareDatabaseFile(_ name: String) throws {
        guard FileManager.default.fileExists(atPath: file(name)) else {
            try makePrivateFile(name)
            return
        }
        for existing in [name, name + "-wal", name + "-shm"] where exists(existing) {
            guard try mode(of: file(existing)) & 0o077 != 0 else { continue }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file(existing))
        }
    }

    /// Makes an empty file with mode 0600.
    func makePrivateFile(_ name: String) throws {
        let made = FileManager.default.createFile(
            atPath: file(name), contents: nil, attributes: [.posixPermissions: 0o600])
        guard made else {
            throw GatehouseError(
                .storageFailed,
                "\(file(name)) can not be made. Check free space and that the directory belongs to Gatehouse's user.")
        }
    }

    /// Whether a file of that name is in it.
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Removes a file where it exists.
    func remove(_ name: String) throws {
        if exists(name) { try FileManager.default.removeItem(atPath: file(name)) }
    }

    /// Removes files whose names begin so and that were last changed that many seconds ago.
    func removeFiles(prefix: String, olderThan age: Double) throws {
        for name in try names() where name.hasPrefix(prefix) {
            let changed = try? FileManager.default.attributesOfItem(atPath: file(name))[.modificationDate] as? Date
            guard let changed, Date.now.timeIntervalSince(changed) > age else { continue }
            try remove(name)
        }
    }

    /// The names of the files in it.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }

    /// Brings a file's content to the disk and gives the file its final name, in place of an earlier one.
    func settle(_ name: String, as final: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file(name)))
        try handle.synchronize()
        try handle.close()
        try remove(final)
        try FileManager.default.moveItem(atPath: file(name), toPath: file(final))
        let directory = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try directory.synchronize()
        try directory.close()
    }

    /// The path without symbolic links.
    private var resolved: String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

    private func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }
}
