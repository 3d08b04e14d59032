// SPDX-License-Identifier: Apache-2.0

/// A copy of the database, in a file of its own.
package struct DatabaseCopy: Sendable, Equatable {
    /// The file's path.
    package let path: String
    /// The version of its layout.
    package let version: Int

    /// Names a copy.
    package init(path: String, version: Int) {
        self.path = path
        self.version = version
    }
}

/// Makes copies of everything that is kept.
package protocol DatabaseCopier: Sendable {
    /// Writes a consistent copy into the data directory, for its own user alone, while others read and write on.
    ///
    /// Whoever asked for it takes it away; a copy that was left for an hour is removed when the next one is made.
    func copyDatabase() async throws -> DatabaseCopy
}
