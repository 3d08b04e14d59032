// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A small file system in memory, for tests of a full disk; needs root.
final class Tmpfs: Sendable {
    /// Whether this process may mount.
    static let isPossible: Bool = {
        guard let disk = try? Tmpfs(kibibytes: 64) else { return false }
        disk.unmount()
        return true
    }()

    /// Where it is mounted.
    let path: String

    init(kibibytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tmpfs-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        do {
            try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", path])
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    func unmount() {
        try? Self.run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    func remount(_ mode: String) throws { try Self.run("mount", ["-o", "remount,\(mode)", path]) }

    /// Writes a file until only that many bytes are left.
    func fill(_ file: String, leaving rest: Int = 0) {
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        guard let handle = FileHandle(forWritingAtPath: file) else { return }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        try? handle.write(contentsOf: Data(count: max(0, free - rest)))
        try? handle.close()
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw CocoaError(.featureUnsupported) }
    }
}
