// SPDX-License-Identifier: Apache-2.0

import Backup
import Foundation
import HostSystem
import Model
import Store

/// Puts what was unpacked in the place of what is there; all of it, or after an error nothing.
///
/// The database comes last and is replaced in one step, so that there is one at every moment. What is replaced is kept.
struct Exchange {
    private let target: RestoreTarget
    private let staging: StagingFolder
    private let keep: String
    /// What takes back the steps so far.
    private var undo: [() throws -> Void] = []
    /// Second names of replaced files, which go when all is done.
    private var secondNames: [String] = []

    /// Whether the configuration was replaced.
    private(set) var replacesConfiguration = false
    /// Where the replaced files are; nil where there were none.
    private(set) var aside: String?

    init(target: RestoreTarget, staging: StagingFolder) {
        self.target = target
        self.staging = staging
        let time = Date.now.formatted(.iso8601).replacing(":", with: "-")
        keep = "\(target.directory)/before-restore-\(time)"
    }

    /// Carries it out.
    ///
    /// - Throws: a `Failure`; everything is as it was then.
    mutating func carryOut(_ manifest: BackupManifest) throws {
        do {
            try makeAside()
            let names = manifest.parts.map(\.name.text)
            for folder in ["tls", "plugins/data"] where names.contains(where: { $0.hasPrefix("data/\(folder)/") }) {
                try replaceFolder(folder)
            }
            if target.configuration != nil, manifest.parts.contains(where: { $0.name == .configuration }) {
                try replaceConfiguration(manifest)
            }
            try replaceDatabase()
            try OpenDescriptor.file(at: target.directory).synchronize()
        } catch {
            for step in undo.reversed() { try? step() }
            try? FileManager.default.removeItem(atPath: keep)
            let reason = (error as? SystemFailure)?.description ?? error.localizedDescription
            throw Failure(.failed, "The backup could not be put in place (\(reason)); everything is as it was.")
        }
        finishAside()
    }

    /// What became of it, for programs.
    func json(_ outcome: RestoredDatabase.Outcome) -> JSONValue {
        [
            "dataDirectory": .string(target.directory), "aside": .optional(aside),
            "configuration": .optional(replacesConfiguration ? target.configuration : nil),
            "held": .int(Int64(outcome.held)), "sessionsEnded": .int(Int64(outcome.sessions)),
        ]
    }

    // MARK: - Steps

    private func makeAside() throws {
        for folder in [keep, keep + "/plugins", keep + "/config"] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Forgets folders in which nothing is, and gives the rest to the owner.
    private mutating func finishAside() {
        let files = FileManager.default
        for name in secondNames { try? files.removeItem(atPath: name) }
        for folder in ["/plugins", "/config", ""] {
            if (try? files.contentsOfDirectory(atPath: keep + folder))?.isEmpty == true {
                try? files.removeItem(atPath: keep + folder)
            } else if let owner = target.owner {
                try? OpenDescriptor.file(at: keep + folder).setOwner(user: owner.user, group: owner.group)
            }
        }
        if files.fileExists(atPath: keep) { aside = keep }
        if let owner = target.owner {
            // This command may have made it; a link in its place is not followed.
            try? OpenFolder.open(target.directory).file("gatehouse.lock").setOwner(user: owner.user, group: owner.group)
        }
    }

    private mutating func replaceFolder(_ name: String) throws {
        let (place, old) = ("\(target.directory)/\(name)", "\(keep)/\(name)")
        if FileManager.default.fileExists(atPath: place) {
            try FileNames.rename(place, to: old)
            undo.append { try FileNames.rename(old, to: place) }
        } else if name.contains("/") {
            try makeParent(of: place)
        }
        let new = "\(staging.data)/\(name)"
        try FileNames.rename(new, to: place)
        undo.append { try FileNames.rename(place, to: new) }
    }

    private func makeParent(of place: String) throws {
        let parent = URL(fileURLWithPath: place).deletingLastPathComponent().path
        guard !FileManager.default.fileExists(atPath: parent) else { return }
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if let owner = target.owner {
            try OpenDescriptor.file(at: parent).setOwner(user: owner.user, group: owner.group)
        }
    }

    private mutating func replaceDatabase() throws {
        let place = "\(target.directory)/gatehouse.sqlite"
        if FileManager.default.fileExists(atPath: place) {
            try FileNames.link(place, as: "\(keep)/gatehouse.sqlite")
        }
        // They are there only where the old database could not be opened; they would spoil the new one.
        for ending in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: place + ending) {
            let old = "\(keep)/gatehouse.sqlite\(ending)"
            try FileNames.rename(place + ending, to: old)
            undo.append { try FileNames.rename(old, to: place + ending) }
        }
        try FileNames.rename("\(staging.data)/gatehouse.sqlite", to: place)
    }

    // MARK: - Configuration

    private mutating func replaceConfiguration(_ manifest: BackupManifest) throws {
        guard let path = target.configuration else { return }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path + "/conf.d"
        try replaceFile(path, with: "\(staging.path)/\(PartName.configuration.text)", keptAs: "gatehouse.yaml")
        let names = manifest.parts.filter { $0.name.text.hasPrefix("config/conf.d/") }
            .map { String($0.name.text.split(separator: "/")[2]) }
        if !names.isEmpty, !FileManager.default.fileExists(atPath: folder) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            undo.append { try FileManager.default.removeItem(atPath: folder) }
        }
        for name in names {
            try replaceFile("\(folder)/\(name)", with: "\(staging.config)/conf.d/\(name)", keptAs: "conf.d-\(name)")
        }
        // What the backup did not have would change what it says.
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in present where name.hasSuffix(".yaml") && !names.contains(name) {
            try setAside("\(folder)/\(name)", as: "conf.d-\(name)")
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        replacesConfiguration = true
    }

    /// Keeps a file that is about to be replaced: a copy for people, and a second name to take it back by.
    private mutating func setAside(_ place: String, as name: String) throws {
        let second = "\(place).replaced"
        try? FileManager.default.removeItem(atPath: second)
        try FileManager.default.copyItem(atPath: place, toPath: "\(keep)/config/\(name)")
        try FileNames.link(place, as: second)
        secondNames.append(second)
        undo.append {
            try FileNames.rename(second, to: place)
            // Two names of one file stay two.
            try? FileManager.default.removeItem(atPath: second)
        }
    }

    /// Replaces a file that may lie on another file system; its owner and mode stay.
    private mutating func replaceFile(_ place: String, with new: String, keptAs name: String) throws {
        let files = FileManager.default
        let draft = "\(place).restored"
        try? files.removeItem(atPath: draft)
        let isThere = files.fileExists(atPath: place)
        let status = try OpenDescriptor.file(at: isThere ? place : new).status()
        let content = try Data(contentsOf: URL(fileURLWithPath: new))
        let made = try OpenDescriptor.newFile(at: draft, mode: 0o600)
        try made.writeAll(Array(content))
        if geteuid() == 0 {
            try made.setOwner(user: isThere ? status.user : 0, group: isThere ? status.group : target.owner?.group ?? 0)
        }
        try made.setMode(isThere ? status.mode & 0o777 : 0o640)
        try made.synchronize()
        if isThere { try setAside(place, as: name) } else { undo.append { try files.removeItem(atPath: place) } }
        try FileNames.rename(draft, to: place)
    }
}
