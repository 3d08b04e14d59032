// SPDX-License-Identifier: Apache-2.0

import Crypto
import HostSystem
package import Model

/// The files of a plugin's `www/`, in memory.
package struct PluginPages: Sendable {
    /// The most that the files may hold together, in bytes.
    static let mostBytes = 64 << 20

    private let files: [String: PluginFile]

    /// No files.
    package static let none = PluginPages(files: [:])

    private init(files: [String: PluginFile]) { self.files = files }

    /// Reads the files of a copy; a plugin without the folder has none.
    package init(copy: String, folder: String) throws {
        let place = "\(copy)/\(folder)"
        guard let source = try? OpenFolder.open(place) else {
            self = .none
            return
        }
        var files: [String: PluginFile] = [:]
        var limits = FolderLimits()
        limits.bytes = Self.mostBytes
        var walk = FolderWalk(limits: limits)
        try walk.visit(source, at: place) { entry in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(entry.status.size)
            while case .bytes(let more) = entry.file.read(most: 1 << 18) { bytes += more }
            guard bytes.count == entry.status.size else {
                throw GatehouseError(.storageFailed, "\(place)/\(entry.path) can not be read to its end.")
            }
            let tag = PluginStore.hexadecimal(SHA256.hash(data: bytes)).prefix(32)
            files[entry.path] = PluginFile(bytes: bytes, tag: String(tag))
        }
        self.files = files
    }

    /// The file at a path below the folder; nil where there is none.
    package func file(_ path: String) -> PluginFile? { files[path] }
}
