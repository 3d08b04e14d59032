// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// The directories that the daemon writes to.
enum DaemonDirectories {
    /// Makes them where they are missing, for the daemon's own user alone.
    ///
    /// - Throws: `storageFailed`, naming the directory.
    static func prepare(_ configuration: Configuration) throws {
        try make(configuration.dataDirectory, permissions: 0o700)
        // The socket and its token inside have rights of their own.
        try make(configuration.runDirectory, permissions: 0o755)
    }

    private static func make(_ path: String, permissions: Int) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The directory \(path) can not be made; create it, or set another in the configuration.",
                cause: "\(error)")
        }
    }
}
