// SPDX-License-Identifier: Apache-2.0

import CHost

/// What the system says of a file (stat(2)).
package struct FileStatus: Sendable, Equatable {
    /// What can lie in a folder.
    package enum Kind: Sendable, Equatable {
        case file
        case folder
        case link
        /// A device, a pipe or a socket.
        case other
    }

    /// What it is.
    package let kind: Kind
    /// Its owner.
    package let user: UInt32
    /// Its group.
    package let group: UInt32
    /// Who may do what, the low twelve bits.
    package let mode: UInt32
    /// Its size in bytes.
    package let size: Int
    /// The number of its file system and its own there.
    package let identity: [UInt64]
    /// When its content last changed, in nanoseconds since 1970.
    package let modified: Int64

    /// Whether somebody beside its owner may write to it.
    package var isWritableByOthers: Bool { mode & 0o022 != 0 }
    /// Whether its owner may execute it.
    package var isExecutable: Bool { mode & 0o100 != 0 }

    init(_ found: stat) {
        switch CInt(found.st_mode) & CInt(S_IFMT) {
        case CInt(S_IFREG): kind = .file
        case CInt(S_IFDIR): kind = .folder
        case CInt(S_IFLNK): kind = .link
        default: kind = .other
        }
        user = found.st_uid
        group = found.st_gid
        mode = found.st_mode & 0o7777
        size = Int(found.st_size)
        identity = [UInt64(found.st_dev), UInt64(found.st_ino)]
        modified = Int64(found.st_mtim.tv_sec) * 1_000_000_000 + Int64(found.st_mtim.tv_nsec)
    }
}
