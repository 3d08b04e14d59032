// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostSystem
import Model
import Store

/// Whether directories, files and the database are as they must be, and closed to those whom they do not concern.
struct PlaceCheck: Sendable {
    /// Bytes that must be free, and those that should be.
    static let room = (least: Int64(100 << 20), good: Int64(1 << 30))

    private let configuration: DaemonConfiguration

    init(_ configuration: DaemonConfiguration) { self.configuration = configuration }

    func lines() -> [DoctorLine] {
        var lines = configurationLines()
        let directory = configuration.dataDirectory
        guard let status = try? OpenDescriptor.place(directory).status(), status.kind == .folder else {
            lines.append(
                .wrong(
                    "data", "There is no directory \(directory).",
                    mend: "Start Gatehouse once, or make it for its user with mode 0700."))
            return lines
        }
        lines += [dataLine(directory, status), diskLine(directory), databaseLine(directory)]
        lines += runLines()
        lines += configuration.namedSecrets.map { secretLine($0, owner: status.user) }
        lines.append(pagesLine())
        return lines
    }

    private func configurationLines() -> [DoctorLine] {
        guard let path = configuration.path else { return [] }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path + "/conf.d"
        let more = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
        let owner = try? OpenDescriptor.place(configuration.dataDirectory).status().user
        let faults = ([path] + more).compactMap { file -> DoctorLine? in
            guard let status = try? OpenDescriptor.place(file).status() else { return nil }
            if status.mode & 0o002 != 0 || (status.mode & 0o020 != 0 && status.group != 0) {
                return .wrong("permissions", "Others than its owner may write to \(file).", mend: "chmod go-w \(file)")
            }
            if let owner, !Self.mayRead(owner, status) {
                return .wrong(
                    "permissions", "Gatehouse's user may not read \(file).",
                    mend: "chgrp gatehouse \(file) && chmod 640 \(file)")
            }
            return nil
        }
        return faults.isEmpty ? [.ok("permissions", "The configuration is closed to writing.")] : faults
    }

    private func dataLine(_ directory: String, _ status: FileStatus) -> DoctorLine {
        guard status.mode & 0o077 == 0 else {
            return .wrong("data", "\(directory) is open to other users.", mend: "chmod 700 \(directory)")
        }
        let owner = HostAccount.of(status.user)?.name ?? String(status.user)
        let names = ["gatehouse.sqlite", "gatehouse.lock", "tls", "tls/key.pem", "plugins"]
        for name in names {
            guard let found = try? OpenDescriptor.place("\(directory)/\(name)").status() else { continue }
            if found.user != status.user {
                return .wrong(
                    "data", "\(directory)/\(name) does not belong to \(owner), whose the directory is.",
                    mend: "chown -R \(owner): \(directory)")
            }
            if found.kind == .file, found.mode & 0o077 != 0 {
                return .wrong(
                    "data", "\(directory)/\(name) can be read by others.", mend: "chmod 600 \(directory)/\(name)")
            }
        }
        return .ok("data", "\(directory) belongs to \(owner) alone.")
    }

    private func diskLine(_ directory: String) -> DoctorLine {
        let found = try? FileManager.default.attributesOfFileSystem(forPath: directory)[.systemFreeSize] as? NSNumber
        guard let free = found?.int64Value else { return .skipped("disk", "The free space could not be told.") }
        let words = "\(Cell.bytes(.int(free))) are free in \(directory)."
        let mend = "Free some space there, or move the data directory to a larger file system."
        if free < Self.room.least { return .wrong("disk", words, mend: mend) }
        return free < Self.room.good ? .warning("disk", words, mend: mend) : .ok("disk", words)
    }

    private func databaseLine(_ directory: String) -> DoctorLine {
        do {
            guard let version = try StoppedDatabase.examine(directory: directory, logger: .silent) else {
                return .skipped("database", "It is made at the first start.")
            }
            let words = "It is whole, layout \(version)."
            return version < StoppedDatabase.currentVersion
                ? .ok("database", words + " The next start brings it to \(StoppedDatabase.currentVersion).")
                : .ok("database", words)
        } catch {
            let known = error as? GatehouseError
            return .wrong(
                "database", known?.message ?? "\(error)",
                mend: "Stop Gatehouse, then `gatehouse restore` a backup; what is replaced is kept.")
        }
    }

    private func runLines() -> [DoctorLine] {
        let directory = configuration.runDirectory
        var lines: [DoctorLine] = []
        if let status = try? OpenDescriptor.place(directory).status(), status.mode & 0o022 != 0 {
            lines.append(
                .wrong("run directory", "Others may write to \(directory).", mend: "chmod 755 \(directory)"))
        }
        for name in ["gatehouse.sock", "admin-token"] {
            guard let status = try? OpenDescriptor.place("\(directory)/\(name)").status(), status.mode & 0o077 != 0
            else { continue }
            lines.append(
                .wrong(
                    "run directory", "\(directory)/\(name) is open to other users.",
                    mend: "chmod 600 \(directory)/\(name)"))
        }
        return lines.isEmpty ? [.ok("run directory", "\(directory) is closed to writing.")] : lines
    }

    /// A file with a secret that the configuration names.
    private func secretLine(_ path: String, owner: UInt32) -> DoctorLine {
        guard let status = try? OpenDescriptor.place(path).status() else {
            return .wrong(
                "secrets", "\(path), which the configuration names, is not there.",
                mend: "Put it there, or correct the configuration.")
        }
        if status.kind == .file, status.mode & 0o007 != 0, !path.hasSuffix(".crt"), !isCertificate(path) {
            return .wrong("secrets", "\(path) can be read by everybody.", mend: "chmod o-rwx \(path)")
        }
        guard Self.mayRead(owner, status) else {
            return .wrong(
                "secrets", "Gatehouse's user may not read \(path).",
                mend: "chgrp gatehouse \(path) && chmod g+r \(path)")
        }
        return .ok("secrets", "\(path) is closed to others.")
    }

    private func isCertificate(_ path: String) -> Bool { path == configuration.tlsFiles?.certificate }

    private func pagesLine() -> DoctorLine {
        let directory = configuration.webDirectory
        guard FileManager.default.isReadableFile(atPath: "\(directory)/index.html") else {
            return .wrong(
                "pages", "There are no pages in \(directory).",
                mend: "Install the package again, or correct webDirectory.")
        }
        return .ok("pages", "They are in \(directory).")
    }

    /// Whether a user may read something, by its mode alone.
    static func mayRead(_ user: UInt32, _ status: FileStatus) -> Bool {
        if user == 0 || status.mode & 0o004 != 0 { return true }
        if status.user == user { return status.mode & 0o400 != 0 }
        guard status.mode & 0o040 != 0 else { return false }
        return HostAccount.of(user)?.groups.contains(status.group) ?? false
    }
}
