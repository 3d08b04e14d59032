// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

/// The token that the daemon's own user shows on the administrator's socket; new at each start.
enum AdminToken {
    /// Makes a token and keeps it in the run directory, readable for the daemon's own user alone.
    ///
    /// - Throws: `storageFailed` where the file can not be written.
    static func make(in directory: String) throws -> String {
        let token = Secret.base64URL(Secret.random())
        let path = "\(directory)/admin-token"
        // A file of that name with other rights must not receive the secret.
        try? FileManager.default.removeItem(atPath: path)
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(token.utf8), attributes: [.posixPermissions: 0o600])
        guard made else {
            throw GatehouseError(.storageFailed, "\(path) can not be written; check the run directory's rights.")
        }
        return token
    }

    /// Takes the file away.
    static func remove(from directory: String) {
        try? FileManager.default.removeItem(atPath: "\(directory)/admin-token")
    }
}
