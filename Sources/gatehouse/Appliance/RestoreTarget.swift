// SPDX-License-Identifier: Apache-2.0

import Backup
import Foundation
import HostSystem
import Model
import Store

/// Where a backup belongs, and to whom.
struct RestoreTarget {
    /// The data directory; it exists.
    let directory: String
    /// The configuration file; nil where it is left alone.
    let configuration: String?
    /// Whose the data is; nil where that can not be chosen because this is not root.
    let owner: HostAccount?

    /// Finds out, and makes the data directory where it is missing.
    ///
    /// - Throws: a `Failure` where something can not be written.
    init(directory: String, configuration: String?) throws {
        self.directory = directory
        self.configuration = configuration
        let files = FileManager.default
        let isNew = !files.fileExists(atPath: directory)
        do {
            if isNew {
                try files.createDirectory(
                    atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            let place = try OpenDescriptor.file(at: directory)
            let status = try place.status()
            guard status.kind == .folder else { throw Failure(.failed, "\(directory) is no directory.") }
            if geteuid() != 0 {
                owner = nil
            } else if isNew, let account = HostAccount.gatehouse {
                try place.setOwner(user: account.user, group: account.group)
                owner = account
            } else {
                owner = HostAccount(name: "", user: status.user, group: status.group)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.failed, "\(directory) can not be used: \(error). Run this as root.")
        }
        if let configuration {
            let folder = URL(fileURLWithPath: configuration).deletingLastPathComponent().path
            guard files.fileExists(atPath: folder) else {
                throw Failure(
                    .notFound,
                    "There is no folder \(folder) for the configuration. Make it, name the file with --config, or leave the "
                        + "configuration with --data-only.")
            }
            guard files.isWritableFile(atPath: folder) else {
                throw Failure(
                    .notPermitted,
                    "\(folder) can not be written to. Run this as root, or leave the configuration with --data-only.")
            }
        }
    }
}

/// A folder of the data directory in which a backup is unpacked and checked.
final class StagingFolder {
    /// The folder itself.
    let path: String
    /// What will be the data directory's.
    var data: String { path + "/data" }
    /// What will be the configuration's.
    var config: String { path + "/config" }

    init(_ target: RestoreTarget) throws {
        path = "\(target.directory)/.restore-\(UUID().uuidString.prefix(12).lowercased())"
        do {
            for folder in [path, path + "/data", path + "/config"] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw Failure(.failed, "\(target.directory) can not be written to: \(error.localizedDescription)")
        }
    }

    /// Makes everything the data directory's owner's.
    func handOver(to owner: HostAccount?) throws {
        guard let owner else { return }
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: data)) ?? []
        do {
            for place in paths.map({ "\(data)/\($0)" }) + [data] {
                try OpenDescriptor.file(at: place).setOwner(user: owner.user, group: owner.group)
            }
        } catch {
            throw Failure(.failed, "The restored files can not be given to their owner: \(error). Nothing was changed.")
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Unpacks a backup into a staging folder.
struct StagedFiles: BackupReceiver {
    private let staging: StagingFolder
    private let takesConfiguration: Bool
    private var current: OpenDescriptor?

    init(_ staging: StagingFolder, takesConfiguration: Bool) {
        self.staging = staging
        self.takesConfiguration = takesConfiguration
    }

    mutating func begin(_ head: BackupHead) throws {
        guard head.databaseVersion <= StoppedDatabase.currentVersion else {
            throw Failure(
                .failed,
                "The backup is of Gatehouse \(head.gatehouse), whose database (layout \(head.databaseVersion)) is newer than "
                    + "this program knows (layout \(StoppedDatabase.currentVersion)). Install that version, then restore. "
                    + "Nothing was changed.")
        }
    }

    mutating func begin(_ part: BackupPart) throws {
        guard takesConfiguration || !part.name.isConfiguration else { return }
        let place = "\(staging.path)/\(part.name.text)"
        try writing(part.name) {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            current = try OpenDescriptor.newFile(at: place, mode: 0o600)
        }
    }

    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        try writing(nil) { try current?.writeAll(Array(bytes)) }
    }

    mutating func end(_ part: BackupPart) throws {
        try writing(part.name) {
            // What a plugin or the configuration had open to others is so again; nobody gets the right to write.
            let isOurs = part.name == .database || part.name.text.hasPrefix("data/tls/")
            try current?.setMode(isOurs ? 0o600 : part.mode & 0o755 | 0o600)
            try current?.synchronize()
        }
        current = nil
    }

    private func writing(_ name: PartName?, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw Failure(
                .failed,
                "\(name?.text ?? "A file") can not be unpacked: \(error). Check free space; nothing was changed.")
        }
    }
}
