// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Logging
package import Model

/// The database of a data directory that no Gatehouse uses; nobody else can while this is held.
package final class StoppedDatabase: Sendable {
    /// The version of the layout that this build works with.
    package static let currentVersion = Schema.current.version

    private let place: DataDirectory
    private let lock: DirectoryLock
    private let logger: Logger

    /// Takes hold of a data directory.
    ///
    /// - Throws: `storageFailed` where there is none, where a Gatehouse uses it, or where a file of the database is a
    ///   link: root must not follow what the daemon's user may have put there.
    package init(directory: String, logger: Logger) throws {
        place = DataDirectory(path: directory)
        for name in ["gatehouse.lock"] + ["", "-wal", "-shm"].map({ SQLiteStore.fileName + $0 }) {
            let found = try? FileManager.default.attributesOfItem(atPath: place.file(name))[.type] as? FileAttributeType
            guard let found, found != .typeRegular else { continue }
            throw GatehouseError(
                .storageFailed, "\(place.file(name)) is no file. Find out who made it, and move it away.")
        }
        lock = try DirectoryLock(directory: directory)
        self.logger = logger
    }

    /// Lets go of the directory; nothing happens the second time.
    package func release() { lock.release() }

    /// Whether there is a database.
    package var exists: Bool { place.exists(SQLiteStore.fileName) }

    /// Checks the database, and gives the version of its layout; reads only, and may be used while a Gatehouse runs.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `storageFailed` where it is damaged, foreign, or newer than this build.
    package static func examine(directory: String, logger: Logger) throws -> Int? {
        let place = DataDirectory(path: directory)
        guard place.exists(SQLiteStore.fileName) else { return nil }
        return try translating(place) {
            try Layout(
                schema: Schema.current, directory: place, fileName: SQLiteStore.fileName, logger: logger
            ).examine()
        }
    }

    /// Writes a consistent copy to an empty file, and a line about it to the audit log; the layout stays as it is.
    ///
    /// - Returns: the version of the layout.
    /// - Throws: `storageFailed`.
    package func copy(to path: String, line: AuditEntry) throws -> Int {
        guard let version = try Self.examine(directory: place.path, logger: logger), version > 0 else {
            throw GatehouseError(.storageFailed, "There is no database in \(place.path) yet; nothing to copy.")
        }
        try Self.translating(place) {
            let queue = try DatabaseQueue(path: place.file(SQLiteStore.fileName))
            defer { try? queue.close() }
            try queue.write { db in try Self.append(line, to: db) }
            try queue.vacuum(into: path)
        }
        return version
    }

    /// Merges the log of writes into the database's file, so that it is whole alone.
    ///
    /// - Throws: `storageFailed`; then the files stay as they are.
    package func settle() throws {
        try Self.translating(place) {
            let queue = try DatabaseQueue(path: place.file(SQLiteStore.fileName))
            try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            try queue.close()
        }
    }

    private static func append(_ entry: AuditEntry, to db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO auditEntry (at, user, address, action, target, outcome, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.at.milliseconds, entry.user, entry.address, entry.action, entry.target, entry.outcome.rawValue,
                entry.detail?.cut(to: 500),
            ])
    }

    private static func translating<Value>(_ place: DataDirectory, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw StoreFailure.translate(error, path: place.file(SQLiteStore.fileName))
        }
    }
}

/// What becomes of a database that comes from a backup, before a Gatehouse works with it.
package enum RestoredDatabase {
    /// What was changed.
    package struct Outcome: Sendable, Equatable {
        /// Jobs and cron entries that are on hold now.
        package let held: Int
        /// Sessions that were ended.
        package let sessions: Int
    }

    /// Brings the database of a directory to this build's layout, puts its jobs on hold, and ends what belongs to
    /// people who were there when the backup was made: sessions, locks of consoles, the set-up link.
    ///
    /// - Parameters:
    ///   - reason: why, for the jobs' histories.
    ///   - line: for the audit log.
    /// - Throws: `storageFailed` where it is damaged or newer than this build.
    package static func prepare(
        directory: String, reason: String, line: AuditEntry, logger: Logger
    ) async throws -> Outcome {
        let store = try SQLiteStore.open(directory: directory, logger: logger)
        let outcome: Outcome
        do {
            try await store.append([line], maximumRefusals: .max)
            outcome = try await store.hold(reason: reason, at: line.at)
            try await store.close()
        } catch {
            try? await store.close()
            throw error
        }
        let place = DataDirectory(path: directory)
        let log = try? FileManager.default.attributesOfItem(atPath: place.file(SQLiteStore.fileName + "-wal"))
        guard (log?[.size] as? NSNumber)?.intValue ?? 0 == 0 else {
            throw GatehouseError(.storageFailed, "The disk has no room for the restored database; free some space.")
        }
        for name in try place.names() where name != SQLiteStore.fileName && name.hasPrefix("gatehouse.") {
            try place.remove(name)
        }
        return outcome
    }
}

extension SQLiteStore {
    /// Puts every job that is not finished on hold, and forgets sessions, locks, the set-up link and
    /// what volumes were being made.
    func hold(reason: String, at now: Date) async throws -> RestoredDatabase.Outcome {
        try await writeToTheEnd { db in
            let open = "status IN (\(Self.unfinished))"
            try db.execute(
                sql: "INSERT INTO jobEvent (job, at, status, message) SELECT id, ?, status, ? FROM job WHERE \(open)",
                arguments: [now.milliseconds, reason.cut(to: 500)])
            try db.execute(sql: "UPDATE job SET isOnHold = 1 WHERE \(open)")
            let held = db.changesCount
            try db.execute(sql: "DELETE FROM session")
            let sessions = db.changesCount
            try db.execute(sql: "DELETE FROM consoleLock")
            try db.execute(sql: "DELETE FROM setupToken")
            // What was being made then may have been finished since.
            try db.execute(sql: "DELETE FROM volumeMaking")
            return RestoredDatabase.Outcome(held: held, sessions: sessions)
        }
    }
}
