// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

/// Copies for backups, and what becomes of one that is restored.
@Suite struct CopyTests {
    private static let line = AuditEntry(
        at: noon, user: "root (local)", address: "local", action: "system.restore", target: nil, outcome: .ok,
        detail: nil)

    /// A data directory with that database alone.
    private func directory(of copy: String) throws -> Scratch {
        let scratch = Scratch()
        try FileManager.default.createDirectory(
            atPath: scratch.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: copy, toPath: scratch.file("gatehouse.sqlite"))
        return scratch
    }

    @Test func `a copy is whole while others write, and closed to others`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let first = try await store.user("first")
        async let copied = store.copyDatabase()
        for number in 0..<50 { _ = try await store.user("user\(number)") }
        let copy = try await copied
        #expect(copy.version == Schema.current.version)
        #expect(try scratch.mode(URL(fileURLWithPath: copy.path).lastPathComponent) == 0o600)
        try await store.close()
        let other = try directory(of: copy.path)
        #expect(try StoppedDatabase.examine(directory: other.path, logger: quietLogger) == copy.version)
        let again = try other.open()
        #expect(try await again.accessTable().users.contains(first))
        try await again.close()
    }

    @Test func `a copy that was left behind is removed an hour later, a new one is not`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let (old, new) = (try await store.copyDatabase(), try await store.copyDatabase())
        try FileManager.default.setAttributes([.modificationDate: Date.now - 4000], ofItemAtPath: old.path)
        _ = try await store.copyDatabase()
        #expect(!FileManager.default.fileExists(atPath: old.path))
        #expect(FileManager.default.fileExists(atPath: new.path))
        try await store.close()
    }

    @Test func `a stopped database is copied with a line in its log, a used one is not`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let ada = try await store.user("ada")
        let error = try await requireFailure {
            _ = try StoppedDatabase(directory: scratch.path, logger: quietLogger)
        }
        #expect(error.message.contains("Another Gatehouse"))
        try await store.close()
        let stopped = try StoppedDatabase(directory: scratch.path, logger: quietLogger)
        let target = scratch.file("copy")
        #expect(try stopped.copy(to: target, line: Self.line) == Schema.current.version)
        try stopped.settle()
        stopped.release()
        #expect(!(try scratch.names().contains("gatehouse.sqlite-wal")))
        let copy = try directory(of: target)
        for place in [scratch, copy] {
            let again = try place.open()
            #expect(try await again.accessTable().users == [ada])
            #expect(try await again.entries(AuditFilter()).entries.map(\.action) == ["system.restore"])
            try await again.close()
        }
    }

    @Test func `a restored database has its jobs on hold and nobody logged in`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let ada = try await store.user("ada")
        _ = try await store.session(of: ada.id, "s", lasting: 1e9)
        for status in [JobStatus.enqueued, .inserted, .launching, .completed] {
            _ = try await store.insertJob(JobTests.plain(status), message: "")
        }
        let copy = try await store.copyDatabase()
        try await store.close()
        let other = try directory(of: copy.path)
        let outcome = try await RestoredDatabase.prepare(
            directory: other.path, reason: "On hold.", line: Self.line, logger: quietLogger)
        #expect(outcome == RestoredDatabase.Outcome(held: 3, sessions: 1))
        #expect(try other.names() == ["gatehouse.sqlite"])
        let again = try other.open()
        let jobs = try await again.jobs(JobFilter()).jobs
        #expect(jobs.map(\.isOnHold) == [false, true, true, true])
        #expect(try await again.jobEvents(of: jobs[1].id, after: 0).map(\.message) == ["", "On hold."])
        #expect(try await again.sessions(at: noon).isEmpty)
        #expect(try await again.accessTable().users == [ada])
        #expect(try await again.entries(AuditFilter()).entries.map(\.action) == ["system.restore"])
        try await again.close()
    }

    @Test func `an older database is brought to this layout when it is restored, a newer one is refused`() async throws
    {
        let old = Scratch()
        var options = SQLiteStore.Options()
        options.schema = Schema(steps: Array(Schema.current.steps.prefix(2)))
        let store = try old.open(options)
        try await store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO job (kind, parameters, isRepeatable, submitter, priority, attempts, createdAt, status, call)
                    VALUES ('a', '{}', 0, 'anna', 1, 3, 0, 'enqueued', 'none')
                    """)
        }
        try await store.close()
        let outcome = try await RestoredDatabase.prepare(
            directory: old.path, reason: "On hold.", line: Self.line, logger: quietLogger)
        #expect(outcome.held == 1)
        #expect(try StoppedDatabase.examine(directory: old.path, logger: quietLogger) == Schema.current.version)

        let new = Scratch()
        options.schema = Schema(steps: Schema.current.steps + [{ db in try db.execute(sql: "CREATE TABLE x (y)") }])
        try await new.open(options).close()
        await expect(.storageFailed) {
            _ = try await RestoredDatabase.prepare(
                directory: new.path, reason: "", line: Self.line, logger: quietLogger)
        }
        await expect(.storageFailed) {
            _ = try StoppedDatabase.examine(directory: new.path, logger: quietLogger)
        }
    }

    @Test func `a link in the place of a file of the database is not followed`() async throws {
        for name in ["gatehouse.lock", "gatehouse.sqlite", "gatehouse.sqlite-wal"] {
            let scratch = Scratch()
            let files = FileManager.default
            try files.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
            try "precious".write(toFile: scratch.file("other"), atomically: true, encoding: .utf8)
            try files.createSymbolicLink(atPath: scratch.file(name), withDestinationPath: scratch.file("other"))
            let error = try await requireFailure {
                _ = try StoppedDatabase(directory: scratch.path, logger: quietLogger)
            }
            #expect(error.message.contains("is no file"))
            #expect(try String(contentsOfFile: scratch.file("other"), encoding: .utf8) == "precious")
        }
    }

    @Test func `a directory without a database has none to copy`() async throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        #expect(try StoppedDatabase.examine(directory: scratch.path, logger: quietLogger) == nil)
        let stopped = try StoppedDatabase(directory: scratch.path, logger: quietLogger)
        #expect(!stopped.exists)
        await expect(.storageFailed) { _ = try stopped.copy(to: scratch.file("copy"), line: Self.line) }
        stopped.release()
    }
}
