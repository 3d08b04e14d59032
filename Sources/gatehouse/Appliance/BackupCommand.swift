// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backup
import Foundation
import HostSystem
import JSONRPC
import Logging
import Model
import NIOCore
import Store

/// The command `gatehouse backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Writes everything that makes this appliance into one file.",
        discussion: """
            The daemon may run; then the database is copied as it is at one moment, while others work on. In the file are \
            the database, Gatehouse's own certificate, the data of plugins (at most 1 GiB), and the configuration with its \
            conf.d. It holds the hashes of passwords and the certificate's key: keep it closed, or give a passphrase. Keys \
            and passwords that the configuration names by file are not in it.

            Bring it back with `gatehouse restore`.
            """)

    @OptionGroup var daemonOptions: DaemonOptions
    @OptionGroup var passphrase: PassphraseOptions
    @Argument(help: ArgumentHelp("The file to write; it must not be there yet.", valueName: "file")) var file: String
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String?
    @Flag(help: "Leave out the data of plugins.") var withoutPluginData = false

    /// The database's copy, and where it came from.
    private struct Source {
        let copy: String
        let dataDirectory: String
        let head: BackupHead
    }

    func run() async throws {
        let secret = try passphrase.read()
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Failure(.conflict, "\(file) is there already; name another file, or remove that one first.")
        }
        let source = try await copyDatabase()
        defer { try? FileManager.default.removeItem(atPath: source.copy) }
        let content = try content(source)
        let draft = "\(file).\(UUID().uuidString.prefix(8)).partial"
        let manifest: BackupManifest
        do {
            manifest = try write(source, content, secret, to: draft)
            try Self.settle(draft, as: file)
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error
        }
        let size = (try? OpenDescriptor.file(at: file).status().size) ?? 0
        report(manifest, content.notes, size: size, isEncrypted: secret != nil)
    }

    // MARK: - Where it comes from

    private func copyDatabase() async throws -> Source {
        var limits = Daemon.Limits()
        limits.answer = .hours(1)
        let result: JSONValue
        do {
            result = try await Daemon.connected(to: daemonOptions.path, limits: limits) {
                try await $0.call("system.backup")
            }
        } catch let failure as Failure where failure.status == .unreachable {
            return try copyStoppedDatabase()
        }
        guard let copy = result["file"]?.stringValue, let version = result["databaseVersion"]?.intValue else {
            throw Failure(.failed, "The daemon answered something else than was asked.")
        }
        let head = head(gatehouse: result["version"]?.stringValue ?? "unknown", version: Int(version))
        let directory = URL(fileURLWithPath: copy).deletingLastPathComponent().path
        return Source(copy: copy, dataDirectory: directory, head: head)
    }

    /// Copies the database of a daemon that does not run.
    private func copyStoppedDatabase() throws -> Source {
        let directory = try DaemonConfiguration.read(config).dataDirectory
        guard FileManager.default.fileExists(atPath: directory) else {
            throw Failure(.notFound, "There is no data directory \(directory); name the configuration with --config.")
        }
        let database = try StoppedDatabase(directory: directory, logger: .silent)
        defer { database.release() }
        let copy = "\(directory)/backup-\(UUID().uuidString.lowercased()).sqlite"
        do {
            _ = try OpenDescriptor.newFile(at: copy, mode: 0o600)
            let version = try database.copy(to: copy, line: .ofThisHost("system.backup"))
            return Source(
                copy: copy, dataDirectory: directory, head: head(gatehouse: Self.installedVersion, version: version))
        } catch {
            try? FileManager.default.removeItem(atPath: copy)
            guard let failure = error as? SystemFailure else { throw error }
            throw Failure(.failed, "\(directory) can not be written to: \(failure). Run this as root.")
        }
    }

    private func head(gatehouse: String, version: Int) -> BackupHead {
        BackupHead(
            gatehouse: gatehouse, databaseVersion: version, madeAt: Date.now.formatted(.iso8601),
            host: ProcessInfo.processInfo.hostName)
    }

    /// The version of the daemon's program; "unknown" where it does not tell.
    private static var installedVersion: String {
        guard let program = try? DaemonProgram.path(), let done = try? DaemonProgram.run(program, ["--version"]),
            done.status == 0
        else { return "unknown" }
        return String(done.output.trimmingCharacters(in: .whitespacesAndNewlines).prefix(64))
    }

    private func content(_ source: Source) throws -> BackupContent {
        var content = BackupContent()
        content.addCertificate(source.dataDirectory)
        if !withoutPluginData { try content.addPlugins(source.dataDirectory) }
        let path = config ?? DaemonConfiguration.standardPath
        if config != nil || FileManager.default.fileExists(atPath: path) { content.addConfiguration(path) }
        if let known = try? DaemonConfiguration.read(config) { content.note(secrets: known.namedSecrets) }
        return content
    }

    // MARK: - Writing

    private func write(
        _ source: Source, _ content: BackupContent, _ secret: String?, to draft: String
    ) throws -> BackupManifest {
        let folder = URL(fileURLWithPath: source.copy).deletingLastPathComponent().path
        let name = URL(fileURLWithPath: source.copy).lastPathComponent
        do {
            let target = try OpenDescriptor.newFile(at: draft, mode: 0o600)
            var writer = try BackupWriter(target, head: source.head, passphrase: secret)
            // The daemon's user may write there; a link of his must not lead root anywhere.
            try writer.add(.database, from: try OpenFolder.open(folder).file(name))
            for piece in content.pieces { try writer.add(piece.name, from: try piece.open()) }
            let manifest = try writer.finish()
            try target.synchronize()
            return manifest
        } catch let failure as SystemFailure {
            throw Failure(.failed, "\(file) can not be written: \(failure).")
        }
    }

    /// Gives the file its name, where nothing has it yet.
    private static func settle(_ draft: String, as file: String) throws {
        do {
            do {
                try FileNames.link(draft, as: file)
                try FileManager.default.removeItem(atPath: draft)
            } catch let failure as SystemFailure where [EPERM, ENOTSUP].contains(failure.number) {
                // Some file systems know no second names.
                try FileNames.rename(draft, to: file)
            }
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            try OpenDescriptor.file(at: folder).synchronize()
        } catch let failure as SystemFailure {
            throw Failure(.failed, "\(file) can not be written: \(failure).")
        }
    }

    private func report(_ manifest: BackupManifest, _ notes: [String], size: Int, isEncrypted: Bool) {
        let surroundings = Surroundings.current
        if daemonOptions.json {
            let result: JSONValue = [
                "file": .string(file), "size": .int(Int64(size)), "encrypted": .bool(isEncrypted),
                "manifest": manifest.json, "missing": .array(notes.map(JSONValue.string)),
            ]
            surroundings.out(HarmlessText.json(JSONWriter.text(result)) + "\n")
            return
        }
        var lines = ["\(file): \(Cell.bytes(.int(Int64(size)))), \(isEncrypted ? "encrypted" : "not encrypted")."]
        lines += BackupText.lines(manifest)
        lines += notes.map { "Not in it: \($0)." }
        surroundings.out(lines.map { HarmlessText.line($0) + "\n" }.joined())
    }
}

/// Backups in words for people.
enum BackupText {
    /// What a backup holds.
    static func lines(_ manifest: BackupManifest) -> [String] {
        let head = manifest.head
        let names = manifest.parts.map(\.name.text)
        let plugins = Set(
            names.filter { $0.hasPrefix("data/plugins/data/") }.map { String($0.split(separator: "/")[3]) })
        var held = ["the database (layout \(head.databaseVersion))"]
        if names.contains("data/tls/key.pem") { held.append("the certificate with its key") }
        if !plugins.isEmpty { held.append("data of \(plugins.sorted().joined(separator: ", "))") }
        let configuration = manifest.parts.count { $0.name.isConfiguration }
        let word = configuration == 1 ? "file" : "files"
        if configuration > 0 { held.append("the configuration (\(configuration) \(word))") }
        return [
            "Made by Gatehouse \(head.gatehouse) on \(head.host), \(Cell.time(.string(head.madeAt))).",
            "In it: \(held.joined(separator: ", ")).",
        ]
    }
}

extension AuditEntry {
    /// What was done on this host while the daemon did not run.
    static func ofThisHost(_ action: String, target: String? = nil) -> AuditEntry {
        let name = HostAccount.of(geteuid())?.name ?? "uid \(geteuid())"
        return AuditEntry(
            at: .now, user: "\(name) (local)", address: "local", action: action, target: target, outcome: .ok)
    }
}

extension Logger {
    /// Says nothing: what matters comes as an error or in the command's own words.
    static var silent: Logger { Logger(label: "gatehouse") { _ in SwiftLogNoOpLogHandler() } }
}
