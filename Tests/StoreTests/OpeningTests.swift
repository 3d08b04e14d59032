// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct OpeningTests {
    @Test func `a new directory and its files are closed to others`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        _ = try await store.user("ada")
        #expect(try scratch.mode() == 0o700)
        #expect(
            try scratch.names() == [
                "gatehouse.lock", "gatehouse.sqlite", "gatehouse.sqlite-shm", "gatehouse.sqlite-wal",
            ])
        for name in try scratch.names() { #expect(try scratch.mode(name) == 0o600) }
        try await store.close()
    }

    @Test func `files that others could read are closed`() async throws {
        let scratch = Scratch()
        try await scratch.open().close()
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scratch.file("gatehouse.sqlite"))
        try await scratch.open().close()
        #expect(try scratch.mode() == 0o700)
        #expect(try scratch.mode("gatehouse.sqlite") == 0o600)
    }

    @Test func `a directory with other things keeps its mode`() async throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(
            atPath: scratch.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try "x".write(toFile: scratch.file("other"), atomically: true, encoding: .utf8)
        let store = try scratch.open()
        #expect(try scratch.mode() == 0o755)
        try await store.close()
    }

    @Test func `writes are safe against a power cut and foreign keys are on`() async throws {
        try await withStore { store in
            let values = try await store.write { db in
                try ["journal_mode", "synchronous", "foreign_keys"].map { name in
                    try String.fetchOne(db, sql: "PRAGMA \(name)") ?? ""
                }
            }
            #expect(values == ["wal", "2", "1"])
        }
    }

    @Test func `a second opener is refused until the first is closed`() async throws {
        let scratch = Scratch()
        let first = try scratch.open()
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.code == .storageFailed && error.message.contains("Another Gatehouse"))
        #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
        _ = try await first.user("ada")
        try await first.close()
        let second = try scratch.open()
        #expect(try await second.accessTable().users.count == 1)
        try await second.close()
    }

    @Test func `a child process does not keep the lock`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["30"]
        try child.run()
        defer { child.terminate() }
        let open = "/proc/\(child.processIdentifier)/fd"
        let files = try FileManager.default.contentsOfDirectory(atPath: open).map { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: open + "/" + name)) ?? ""
        }
        #expect(!files.contains { $0.hasPrefix(scratch.path) })
        try await store.close()
        try await scratch.open().close()
    }

    @Test func `what was committed outlives a kill`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        for number in 0..<50 { _ = try await store.user("user\(number)") }
        // A process that is killed leaves the files as they are now, with the log not yet merged.
        let after = Scratch()
        try FileManager.default.copyItem(atPath: scratch.path, toPath: after.path)
        try await store.close()
        let reopened = try after.open()
        #expect(try await reopened.accessTable().users.count == 50)
        try await reopened.close()
    }

    @Test func `after closing, the one file holds everything`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let ada = try await store.user("ada")
        try await store.close()
        let after = Scratch()
        try FileManager.default.createDirectory(atPath: after.path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: scratch.file("gatehouse.sqlite"), toPath: after.file("gatehouse.sqlite"))
        let restored = try after.open()
        #expect(try await restored.accessTable().users == [ada])
        try await restored.close()
    }

    @Test func `a torn end of the log loses only what was not committed`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        _ = try await store.user("ada")
        let after = Scratch()
        try FileManager.default.copyItem(atPath: scratch.path, toPath: after.path)
        try await store.close()
        let log = try FileHandle(forUpdating: URL(fileURLWithPath: after.file("gatehouse.sqlite-wal")))
        try log.seekToEnd()
        try log.write(contentsOf: Data(repeating: 7, count: 3000))
        try log.close()
        try FileManager.default.removeItem(atPath: after.file("gatehouse.sqlite-shm"))
        let reopened = try after.open()
        #expect(try await reopened.accessTable().users.map(\.name) == ["ada"])
        try await reopened.close()
    }

    @Test func `a path that is a file is refused`() async throws {
        let scratch = Scratch()
        try "x".write(toFile: scratch.path, atomically: true, encoding: .utf8)
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.code == .storageFailed && error.message.contains("is a file"))
    }

    @Test func `closing twice is harmless and a closed store refuses work`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        try await store.close()
        try await store.close()
        await expect(.storageFailed) { _ = try await store.user("ada") }
    }
}

@Suite struct LayoutTests {
    /// A build from later on, with a table more per step.
    private func later(_ steps: Int) -> SQLiteStore.Options {
        var options = SQLiteStore.Options()
        let more: [@Sendable (Database) throws -> Void] = (0..<steps).map { number in
            { db in try db.execute(sql: "CREATE TABLE later\(number) (id INTEGER PRIMARY KEY) STRICT") }
        }
        options.schema = Schema(steps: Schema.current.steps + more)
        return options
    }

    private var version: Int { Schema.current.version }

    @Test func `a new database is made without a copy`() async throws {
        let scratch = Scratch()
        try await scratch.open(later(2)).close()
        #expect(try scratch.names().filter { $0.contains("before") }.isEmpty)
    }

    @Test func `an old database is copied before it is migrated`() async throws {
        let scratch = Scratch()
        let old = try scratch.open()
        let ada = try await old.user("ada")
        try await old.close()
        let new = try scratch.open(later(2))
        #expect(try await new.schemaVersion() == version + 2)
        #expect(try await new.accessTable().users == [ada])
        try await new.close()
        let copy = "gatehouse.before-v\(version + 2).sqlite"
        #expect(try scratch.mode(copy) == 0o600)

        let restored = Scratch()
        try FileManager.default.createDirectory(atPath: restored.path, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: scratch.file(copy), toPath: restored.file("gatehouse.sqlite"))
        let again = try restored.open()
        #expect(try await again.accessTable().users == [ada])
        #expect(try await again.schemaVersion() == version)
        try await again.close()
    }

    @Test func `a copy holds what was only in the log`() async throws {
        let scratch = Scratch()
        let old = try scratch.open()
        let ada = try await old.user("ada")
        let after = Scratch()
        try FileManager.default.copyItem(atPath: scratch.path, toPath: after.path)
        try await old.close()
        try await after.open(later(1)).close()
        let queue = try DatabaseQueue(path: after.file("gatehouse.before-v\(version + 1).sqlite"))
        #expect(try await queue.read { db in try String.fetchAll(db, sql: "SELECT name FROM user") } == [ada.name])
    }

    @Test func `the newest three copies stay`() async throws {
        let scratch = Scratch()
        for steps in 0...5 { try await scratch.open(later(steps)).close() }
        let copies = try scratch.names().filter { $0.contains("before") }
        #expect(Set(copies) == Set((3...5).map { "gatehouse.before-v\(version + $0).sqlite" }))
    }

    @Test func `a failed migration changes nothing and its copy stays`() async throws {
        let scratch = Scratch()
        let old = try scratch.open()
        let ada = try await old.user("ada")
        try await old.close()
        var broken = later(0)
        broken.schema = Schema(
            steps: Schema.current.steps + [
                { db in try db.execute(sql: "CREATE TABLE extra (id INTEGER) STRICT; DROP TABLE user; nonsense") }
            ])
        await expect(.storageFailed) { _ = try scratch.open(broken) }
        #expect(try scratch.names().contains("gatehouse.before-v\(version + 1).sqlite"))
        let again = try scratch.open()
        #expect(try await again.accessTable().users == [ada])
        try await again.close()
    }

    @Test func `a newer database is refused, naming its copy, and left alone`() async throws {
        let scratch = Scratch()
        try await scratch.open().close()
        try await scratch.open(later(2)).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.file("gatehouse.sqlite")))
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.code == .storageFailed)
        #expect(error.message.hasPrefix("This database was written by a newer Gatehouse (its layout is version"))
        #expect(error.message.contains("gatehouse.before-v\(version + 2).sqlite"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("gatehouse.sqlite"))) == before)
        try await scratch.open(later(2)).close()
    }

    @Test func `a database of another program is refused`() async throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: scratch.file("gatehouse.sqlite"))
        try await queue.write { db in try db.execute(sql: "CREATE TABLE mail (id INTEGER PRIMARY KEY)") }
        try queue.close()
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.message.contains("is not a database of Gatehouse"))
    }
}
