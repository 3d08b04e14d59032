// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Synchronization

/// The lock that keeps a second Gatehouse off a data directory.
///
/// It is an advisory lock (`flock`) on `gatehouse.lock`. The kernel drops it when the process ends, however
/// it ends, so there is no stale one to clean up. Children do not inherit it.
final class DirectoryLock: Sendable {
    private let handle: Mutex<FileHandle?>

    /// Takes the lock or throws `storageFailed` at once where somebody has it.
    init(directory: String) throws {
        let path = directory + "/gatehouse.lock"
        let handle: FileHandle
        do {
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            }
            handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The lock file \(path) can not be opened. Check that the data directory belongs to Gatehouse's user.",
                cause: String(describing: error))
        }
        _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = (try? handle.readToEnd()).flatMap { String(decoding: $0, as: UTF8.self) } ?? ""
            try? handle.close()
            guard reason == EWOULDBLOCK else {
                throw GatehouseError(
                    .storageFailed,
                    "The data directory \(directory) can not be locked. Put it on a local file system.",
                    cause: "flock: error number \(reason)")
            }
            let process = holder.isEmpty ? "" : " (process \(holder.trimmingCharacters(in: .whitespacesAndNewlines)))"
            throw GatehouseError(
                .storageFailed,
                "Another Gatehouse\(process) uses the data directory \(directory). Stop it or configure another one.")
        }
        // For people only; the lock is what counts, so a full disk does not matter here.
        try? handle.truncate(atOffset: 0)
        try? handle.write(contentsOf: Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8))
        self.handle = Mutex(handle)
    }

    /// Lets go of the lock; nothing happens the second time.
    func release() {
        handle.withLock { held in
            guard let open = held else { return }
            // Closing alone would not do, should a child have been made before the descriptor was marked.
            _ = flock(open.fileDescriptor, LOCK_UN)
            try? open.close()
            held = nil
        }
    }
}
