// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory of a test's own, which is gone when the last reference to it is.
package final class ScratchDirectory: Sendable {
    /// Its path; the directory exists and only its owner may enter it.
    package let path: String

    /// Makes a directory; its path is short enough for unix sockets.
    package init() throws {
        path = "/tmp/gatehouse-\(UUID().uuidString.prefix(13).lowercased())"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    package func file(_ name: String) -> String { path + "/" + name }
}
