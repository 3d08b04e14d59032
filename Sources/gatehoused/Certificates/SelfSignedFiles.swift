// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model

/// The two files of an own certificate, in a directory that is closed to others.
struct SelfSignedFiles {
    /// The directory.
    let directory: String

    /// The certificate's path.
    var certificate: String { directory + "/certificate.pem" }
    /// The key's path.
    var key: String { directory + "/key.pem" }

    /// Whether there is any of the two.
    var exist: Bool { [certificate, key].contains { FileManager.default.fileExists(atPath: $0) } }

    /// Keeps a new pair; the earlier files stay as `.old`.
    ///
    /// Both are on the disk in full before either gets its name. What a crash leaves half done is seen as broken
    /// at the next start and made anew.
    func write(certificate: String, key: String) throws {
        do {
            let files = FileManager.default
            try files.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory)
            let pairs = [(key, self.key), (certificate, self.certificate)]
            for (content, path) in pairs { try prepare(content, at: path + ".new") }
            for (_, path) in pairs {
                if files.fileExists(atPath: path) {
                    try remove(path + ".old")
                    try files.moveItem(atPath: path, toPath: path + ".old")
                }
                try files.moveItem(atPath: path + ".new", toPath: path)
            }
            try synchronize(directory)
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The certificate can not be kept in \(directory). Check free space and that the data directory "
                    + "belongs to Gatehouse's user.",
                cause: String(describing: error))
        }
    }

    /// Writes a file that nobody else could read at any time.
    private func prepare(_ content: String, at path: String) throws {
        try remove(path)
        let made = FileManager.default.createFile(
            atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        guard made else { throw CocoaError(.fileWriteUnknown) }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.write(contentsOf: Data(content.utf8))
        try handle.synchronize()
    }

    private func remove(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    private func synchronize(_ directory: String) throws {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: directory))
        defer { try? handle.close() }
        try handle.synchronize()
    }
}
