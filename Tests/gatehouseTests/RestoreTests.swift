// SPDX-License-Identifier: Apache-2.0

import Backup
import Foundation
import HostSystem
import Logging
import Model
import Store
import TestSupport
import Testing

@testable import gatehouse

/// A data directory and a backup beside it.
private struct RestoreFixture {
    static let cheap = KeyCost(logRounds: 4, blockSize: 1, parallelism: 1)
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let scratch: ScratchDirectory
    var data: String { scratch.file("data") }
    var backup: String { scratch.file("backup") }

    init() throws { scratch = try ScratchDirectory() }

    /// Makes a data directory with one user.
    func makeData(_ user: String) async throws {
        let store = try SQLiteStore.open(directory: data, logger: Self.quiet)
        _ = try await store.insertUser(NewUser(name: user, level: .none), passwordHash: "x", at: .now)
        try await store.close()
    }

    /// Writes a backup of what is in the data directory, with more files.
    func makeBackup(
        _ files: [String: String] = [:], version: Int = StoppedDatabase.currentVersion,
        database: String = "gatehouse.sqlite", passphrase: String? = nil
    ) throws {
        try? FileManager.default.removeItem(atPath: backup)
        let file = try OpenDescriptor.newFile(at: backup, mode: 0o600)
        let head = BackupHead(
            gatehouse: "9.9.9", databaseVersion: version, madeAt: "2030-01-01T00:00:00Z", host: "old")
        var writer = try BackupWriter(file, head: head, passphrase: passphrase, cost: Self.cheap)
        if !database.isEmpty {
            try writer.add(.database, from: try OpenDescriptor.file(at: "\(data)/\(database)"))
        }
        for (name, content) in files.sorted(by: { $0.key < $1.key }) {
            let source = scratch.file("source")
            try content.write(toFile: source, atomically: true, encoding: .utf8)
            try writer.add(try #require(PartName(name)), from: try OpenDescriptor.file(at: source))
        }
        _ = try writer.finish()
    }

    func restore(_ more: String..., input: String = "") async -> Outcome {
        await Outcome.of(["restore", backup, "--data-directory", data] + more, input: input)
    }

    func users() async throws -> [String] {
        let store = try SQLiteStore.open(directory: data, logger: Self.quiet)
        let users = try await store.accessTable().users.map(\.name)
        try await store.close()
        return users
    }

    func text(_ path: String) -> String? { try? String(contentsOfFile: scratch.file(path), encoding: .utf8) }

    /// Every file of the data directory with its content.
    func everything() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: data) {
            found[path] = FileManager.default.contents(atPath: "\(data)/\(path)")
        }
        found["gatehouse.lock"] = nil
        return found
    }
}

@Suite struct RestoreTests {
    @Test func `what is in the backup is in place, and what was there is kept`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup(["data/tls/key.pem": "old key", "data/plugins/data/oms/a/b": "old data"])
        let files = FileManager.default
        try files.removeItem(atPath: fixture.data)
        try await fixture.makeData("new")
        for folder in ["tls", "plugins/data/oms"] {
            try files.createDirectory(atPath: "\(fixture.data)/\(folder)", withIntermediateDirectories: true)
        }
        try "new key".write(toFile: "\(fixture.data)/tls/key.pem", atomically: true, encoding: .utf8)
        try "new data".write(toFile: "\(fixture.data)/plugins/data/oms/c", atomically: true, encoding: .utf8)
        let outcome = await fixture.restore("--data-only")
        #expect(outcome.status == .ok, "\(outcome.error)")
        #expect(outcome.out.contains("Made by Gatehouse 9.9.9 on old"))
        #expect(try await fixture.users() == ["old"])
        #expect(fixture.text("data/tls/key.pem") == "old key")
        #expect(fixture.text("data/plugins/data/oms/a/b") == "old data")
        #expect(fixture.text("data/plugins/data/oms/c") == nil)
        let names = try files.contentsOfDirectory(atPath: fixture.data)
        #expect(!names.contains { $0.hasPrefix(".restore-") })
        let aside = try #require(names.first { $0.hasPrefix("before-restore-") })
        #expect(fixture.text("data/\(aside)/tls/key.pem") == "new key")
        #expect(fixture.text("data/\(aside)/plugins/data/oms/c") == "new data")
        let old = try ScratchDirectory()
        try files.copyItem(
            atPath: "\(fixture.data)/\(aside)/gatehouse.sqlite", toPath: old.file("gatehouse.sqlite"))
        let store = try SQLiteStore.open(directory: old.path, logger: RestoreFixture.quiet)
        #expect(try await store.accessTable().users.map(\.name) == ["new"])
        try await store.close()
        let mode = try files.attributesOfItem(atPath: "\(fixture.data)/gatehouse.sqlite")[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
    }

    @Test func `a backup makes a data directory where there is none`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup()
        try FileManager.default.removeItem(atPath: fixture.data)
        let outcome = await fixture.restore("--data-only")
        #expect(outcome.status == .ok, "\(outcome.error)")
        #expect(try await fixture.users() == ["old"])
        #expect(!outcome.out.contains("before-restore"))
    }

    @Test func `a damaged database is replaced, and kept with its log`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup()
        try "garbage".write(toFile: "\(fixture.data)/gatehouse.sqlite", atomically: true, encoding: .utf8)
        try "log".write(toFile: "\(fixture.data)/gatehouse.sqlite-wal", atomically: true, encoding: .utf8)
        let outcome = await fixture.restore("--data-only")
        #expect(outcome.status == .ok, "\(outcome.error)")
        #expect(try await fixture.users() == ["old"])
        let aside = try #require(
            FileManager.default.contentsOfDirectory(atPath: fixture.data).first { $0.hasPrefix("before") })
        #expect(fixture.text("data/\(aside)/gatehouse.sqlite") == "garbage")
    }

    @Test func `what can not be restored changes nothing`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup(["data/tls/key.pem": "key"], passphrase: "correct horse")
        let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.backup))
        let before = try fixture.everything()
        let wrong = await fixture.restore("--data-only", "--passphrase-stdin", input: "wrong horse\n")
        #expect(wrong.status == .notPermitted && wrong.error.contains("passphrase"))
        let none = await fixture.restore("--data-only")
        #expect(none.status == .usage && none.error.contains("--passphrase-file"))
        for place in [40, whole.count / 2, whole.count - 3] {
            var bytes = whole
            bytes[place] ^= 1
            try bytes.write(to: URL(fileURLWithPath: fixture.backup))
            let damaged = await fixture.restore("--data-only", "--passphrase-stdin", input: "correct horse\n")
            #expect(damaged.status != .ok && damaged.error.contains("nothing was changed"), "\(damaged.error)")
        }
        try fixture.makeBackup(version: StoppedDatabase.currentVersion + 1)
        let newer = await fixture.restore("--data-only")
        #expect(newer.status == .failed && newer.error.contains("newer than this program"), "\(newer.error)")
        try fixture.makeBackup(["data/tls/key.pem": "key"], database: "")
        let empty = await fixture.restore("--data-only")
        #expect(empty.status == .failed && empty.error.contains("no database"), "\(empty.error)")
        #expect(try fixture.everything() == before)
    }

    @Test func `a running Gatehouse is not touched`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup()
        let store = try SQLiteStore.open(directory: fixture.data, logger: RestoreFixture.quiet)
        let outcome = await fixture.restore("--data-only")
        #expect(outcome.status == .conflict && outcome.error.contains("systemctl stop gatehouse"))
        try await store.close()
    }

    @Test func `a check tells what a backup holds, and needs no data directory`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup(["config/gatehouse.yaml": "{}", "data/plugins/data/oms/x": "1"])
        try FileManager.default.removeItem(atPath: fixture.data)
        let outcome = await fixture.restore("--check")
        #expect(outcome.status == .ok, "\(outcome.error)")
        #expect(outcome.out.contains("the configuration (1 file)") && outcome.out.contains("data of oms"))
        #expect(!FileManager.default.fileExists(atPath: fixture.data))
    }

    @Test func `the configuration comes back with its folder, and what it had more is kept aside`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup([
            "config/gatehouse.yaml": "old: 1", "config/conf.d/10-a.yaml": "a: old", "config/conf.d/20-b.yaml": "b: old",
        ])
        let files = FileManager.default
        let folder = fixture.scratch.file("etc")
        try files.createDirectory(atPath: folder + "/conf.d", withIntermediateDirectories: true)
        for (name, text) in ["gatehouse.yaml": "new: 1", "conf.d/10-a.yaml": "a: new", "conf.d/30-c.yaml": "c: new"] {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        try files.setAttributes([.posixPermissions: 0o604], ofItemAtPath: folder + "/gatehouse.yaml")
        let outcome = await fixture.restore("--config", folder + "/gatehouse.yaml")
        #expect(outcome.status == .ok, "\(outcome.error)")
        #expect(fixture.text("etc/gatehouse.yaml") == "old: 1")
        #expect(fixture.text("etc/conf.d/10-a.yaml") == "a: old" && fixture.text("etc/conf.d/20-b.yaml") == "b: old")
        #expect(try files.contentsOfDirectory(atPath: folder + "/conf.d").sorted() == ["10-a.yaml", "20-b.yaml"])
        #expect(try files.contentsOfDirectory(atPath: folder).sorted() == ["conf.d", "gatehouse.yaml"])
        let mode = try files.attributesOfItem(atPath: folder + "/gatehouse.yaml")[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o604)
        let aside = try #require(files.contentsOfDirectory(atPath: fixture.data).first { $0.hasPrefix("before") })
        let kept = try files.contentsOfDirectory(atPath: "\(fixture.data)/\(aside)/config").sorted()
        #expect(kept == ["conf.d-10-a.yaml", "conf.d-30-c.yaml", "gatehouse.yaml"])
        #expect(fixture.text("data/\(aside)/config/gatehouse.yaml") == "new: 1")
    }

    @Test(.enabled(if: geteuid() == 0, "needs the rights of root"))
    func `what root restores belongs to whom the data directory belongs`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup(["data/tls/key.pem": "key", "data/plugins/data/oms/a/b": "x"])
        let files = FileManager.default
        try files.removeItem(atPath: fixture.data)
        try files.createDirectory(
            atPath: fixture.data, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try OpenDescriptor.file(at: fixture.data).setOwner(user: 65_534, group: 65_534)
        let outcome = await fixture.restore("--data-only")
        #expect(outcome.status == .ok, "\(outcome.error)")
        let paths = try files.subpathsOfDirectory(atPath: fixture.data)
        #expect(paths.contains("gatehouse.lock") && paths.contains("plugins/data/oms/a/b"))
        for path in paths {
            let status = try OpenDescriptor.file(at: "\(fixture.data)/\(path)").status()
            #expect(status.user == 65_534 && status.group == 65_534, "\(path)")
            #expect(status.mode & 0o077 == 0 || path.hasSuffix("oms/a/b"), "\(path)")
        }
    }

    @Test func `where a step fails, the earlier ones are taken back`() async throws {
        let fixture = try RestoreFixture()
        try await fixture.makeData("old")
        try fixture.makeBackup(["config/gatehouse.yaml": "old: 1", "data/tls/key.pem": "old key"])
        let files = FileManager.default
        try files.removeItem(atPath: fixture.data)
        try await fixture.makeData("new")
        try files.createDirectory(atPath: fixture.data + "/tls", withIntermediateDirectories: true)
        try "new key".write(toFile: fixture.data + "/tls/key.pem", atomically: true, encoding: .utf8)
        // The configuration file is a folder that can not be replaced by a file.
        let configuration = fixture.scratch.file("etc/gatehouse.yaml")
        try files.createDirectory(atPath: configuration + "/full", withIntermediateDirectories: true)
        let before = try fixture.everything()
        let outcome = await fixture.restore("--config", configuration)
        #expect(outcome.status == .failed && outcome.error.contains("everything is as it was"), "\(outcome.error)")
        #expect(try fixture.everything() == before)
        #expect(try await fixture.users() == ["new"])
    }
}
