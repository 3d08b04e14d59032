// SPDX-License-Identifier: Apache-2.0

import CHost

/// An open folder, from which others are reached without following links.
package final class OpenFolder: Sendable {
    private let descriptor: OpenDescriptor

    private init(_ descriptor: OpenDescriptor) { self.descriptor = descriptor }

    /// Opens a folder; links on the way to it are followed.
    package static func open(_ path: String) throws(SystemFailure) -> OpenFolder {
        let number = unsafe gatehouse_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenFolder(OpenDescriptor(owning: number))
    }

    /// A folder in this one; a link is refused.
    package func folder(_ name: String) throws(SystemFailure) -> OpenFolder {
        let number = unsafe gatehouse_openat(
            descriptor.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenFolder(OpenDescriptor(owning: number))
    }

    /// A file in this folder, for reading; a link is refused, and a pipe does not make the caller wait.
    package func file(_ name: String) throws(SystemFailure) -> OpenDescriptor {
        let number = unsafe gatehouse_openat(descriptor.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
        guard number >= 0 else { throw SystemFailure.last }
        return OpenDescriptor(owning: number)
    }

    /// What the system says of the folder itself.
    package func status() throws(SystemFailure) -> FileStatus { try descriptor.status() }

    /// What the system says of something in it; of a link itself, where it is one.
    package func status(of name: String) throws(SystemFailure) -> FileStatus {
        var found = stat()
        guard unsafe fstatat(descriptor.number, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemFailure.last
        }
        return FileStatus(found)
    }

    /// The names of what lies in it, in order of their bytes, `.` and `..` left out; at most that many.
    ///
    /// A name that is no UTF-8 comes out changed, and is then not found.
    package func names(most: Int) throws(SystemFailure) -> [String] {
        // readdir moves the place of the open folder, so it works on one of its own.
        let number = unsafe gatehouse_openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY, 0)
        guard number >= 0 else { throw SystemFailure.last }
        guard let stream = unsafe fdopendir(number) else {
            let failure = SystemFailure.last
            close(number)
            throw failure
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count < most, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
