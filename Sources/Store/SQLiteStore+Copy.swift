// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
package import Model

extension SQLiteStore: DatabaseCopier {
    /// How a copy's name begins.
    private static let copyPrefix = "backup-"
    /// How long a copy may lie there, in seconds.
    private static let copyLife = 3600.0

    /// Writes a consistent copy into the data directory; others read and write meanwhile.
    ///
    /// - Throws: `storageFailed` where it can not be written; nothing is left then.
    package func copyDatabase() async throws -> DatabaseCopy {
        let place = DataDirectory(path: String(path.dropLast(Self.fileName.count + 1)))
        let name = "\(Self.copyPrefix)\(UUID().text).sqlite"
        do {
            try place.removeFiles(prefix: Self.copyPrefix, olderThan: Self.copyLife)
            try place.makePrivateFile(name)
            // On a reading connection, so that writers need not wait for the whole of it.
            try await readWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [place.file(name)])
            }
            return DatabaseCopy(path: place.file(name), version: schema.version)
        } catch {
            try? place.remove(name)
            throw StoreFailure.translate(error, path: place.file(name))
        }
    }
}
