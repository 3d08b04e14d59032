// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backup
import Foundation
import HostSystem
import JSONRPC
import Model
import Store

/// The command `gatehouse restore`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup in place of what is here, while the daemon is stopped.",
        discussion: """
            All of the file is checked before anything is changed, and what is replaced is kept in the data directory, in \
            before-restore-TIME. Jobs and cron entries that were not finished are on hold then: see them with `gatehouse \
            job list --held` and let them go on with `gatehouse job release`. Everybody has to log in again.
            """)

    @OptionGroup var passphrase: PassphraseOptions
    @Argument(help: ArgumentHelp("The file that `gatehouse backup` wrote.", valueName: "file")) var file: String
    @Option(
        help: ArgumentHelp(
            "The configuration file, which says where the data belongs and is itself replaced.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("Where the data belongs, whatever the configuration says.", valueName: "directory"))
    var dataDirectory: String?
    @Flag(help: "Leave the configuration as it is.") var dataOnly = false
    @Flag(help: "Check the file and tell what it holds; change nothing.") var check = false
    @Flag(help: "Print the result as one line of JSON, for programs.") var json = false

    func run() async throws {
        var reader = try open()
        if reader.isEncrypted { try reader.unlock(try passphrase.require()) }
        guard !check else {
            var nowhere = Nowhere()
            let manifest = try reader.read(&nowhere)
            return report(manifest, ["The backup is whole; nothing was changed."], ["checked": true])
        }
        let target = try RestoreTarget(
            directory: try place(), configuration: dataOnly ? nil : config ?? DaemonConfiguration.standardPath)
        let database = try hold(target)
        defer { database.release() }
        try requireRoom(target)
        let staging = try StagingFolder(target)
        defer { staging.remove() }
        var receiver = StagedFiles(staging, takesConfiguration: target.configuration != nil)
        let manifest = try reader.read(&receiver)
        guard manifest.parts.contains(where: { $0.name == .database }) else {
            throw Failure(.failed, "The backup holds no database; nothing was changed.")
        }
        let madeAt = Cell.time(.string(manifest.head.madeAt))
        let outcome = try await RestoredDatabase.prepare(
            directory: staging.data, reason: "On hold: it comes from the backup of \(madeAt). Release it to go on.",
            line: .ofThisHost("system.restore", target: "backup of \(madeAt), host \(manifest.head.host)"),
            logger: .silent)
        try staging.handOver(to: target.owner)
        // Where it can not be merged it is damaged, and kept as it is.
        if database.exists { try? database.settle() }
        var exchange = Exchange(target: target, staging: staging)
        try exchange.carryOut(manifest)
        report(manifest, lines(target, exchange, outcome), exchange.json(outcome))
    }

    private func open() throws -> BackupReader {
        do {
            return try BackupReader(try OpenDescriptor.file(at: file))
        } catch let failure as SystemFailure {
            throw Failure(failure.isMissing ? .notFound : .failed, "\(file) can not be read: \(failure).")
        }
    }

    /// Where the data belongs.
    private func place() throws -> String {
        if let dataDirectory { return URL(fileURLWithPath: dataDirectory).standardizedFileURL.path }
        do {
            return try DaemonConfiguration.read(config).dataDirectory
        } catch let failure as Failure {
            throw Failure(failure.status, "\(failure.message) Or name the place with --data-directory.")
        }
    }

    /// Keeps every daemon off the data directory.
    private func hold(_ target: RestoreTarget) throws -> StoppedDatabase {
        do {
            return try StoppedDatabase(directory: target.directory, logger: .silent)
        } catch let error as GatehouseError where error.message.contains("Another Gatehouse") {
            throw Failure(
                .conflict,
                "Gatehouse runs on \(target.directory); stop it first (systemctl stop gatehouse). Nothing was changed.")
        }
    }

    /// Checks that a second set of data finds room beside what is there.
    private func requireRoom(_ target: RestoreTarget) throws {
        let size = try OpenDescriptor.file(at: file).status().size
        let room = try? FileManager.default.attributesOfFileSystem(forPath: target.directory)[.systemFreeSize]
        guard let free = (room as? NSNumber)?.int64Value, free < Int64(size) + (16 << 20) else { return }
        throw Failure(
            .failed,
            "\(target.directory) has room for \(Cell.bytes(.int(free))), the backup needs \(Cell.bytes(.int(Int64(size)))) "
                + "and some more. Free some space; nothing was changed.")
    }

    private func lines(_ target: RestoreTarget, _ exchange: Exchange, _ outcome: RestoredDatabase.Outcome) -> [String] {
        var lines = ["It is in place in \(target.directory)."]
        if exchange.replacesConfiguration, let path = target.configuration { lines.append("So is \(path).") }
        if let aside = exchange.aside { lines.append("What was there before is in \(aside).") }
        if outcome.held > 0 {
            lines.append(
                "On hold until released: \(outcome.held) \(outcome.held == 1 ? "job" : "jobs"). See `gatehouse job list --held`, then "
                    + "`gatehouse job release ID` or --all.")
        }
        if let other = try? DaemonConfiguration.read(config).dataDirectory, other != target.directory {
            lines.append("Note: the configuration names another data directory, \(other).")
        }
        return lines + ["Start it: systemctl start gatehouse"]
    }

    private func report(_ manifest: BackupManifest, _ lines: [String], _ result: JSONValue) {
        let surroundings = Surroundings.current
        guard !json else {
            let members = (result.objectValue ?? [:]).merging(["manifest": manifest.json]) { $1 }
            return surroundings.out(HarmlessText.json(JSONWriter.text(.object(members))) + "\n")
        }
        surroundings.out((BackupText.lines(manifest) + lines).map { HarmlessText.line($0) + "\n" }.joined())
    }
}

/// Takes the content of a backup that is only checked.
private struct Nowhere: BackupReceiver {
    mutating func begin(_ head: BackupHead) {}
    mutating func begin(_ part: BackupPart) {}
    mutating func take(_ bytes: ArraySlice<UInt8>) {}
    mutating func end(_ part: BackupPart) {}
}
