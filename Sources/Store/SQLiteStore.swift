// SPDX-License-Identifier: Apache-2.0

import Dispatch
import GRDB
package import Logging
import Model
import Synchronization

/// The one door to the database: owns the connections, the layout and the data directory's lock.
///
/// The ports of `Model` are implemented in plus-files, a transaction per method. Reads see a consistent
/// snapshot and run beside one writer; a write has reached the disk when its method returns. Times are kept
/// in whole milliseconds, so a `Date` comes back rounded. All work happens on GRDB's own queues.
package final class SQLiteStore: Sendable {
    /// The file's name in the data directory.
    static let fileName = "gatehouse.sqlite"

    /// What tests change; the defaults are the product's.
    struct Options: Sendable {
        /// The layout to migrate to.
        var schema = Schema.current
        /// How long to wait for a lock of another program, in seconds.
        var busySeconds = 5.0
        /// Runs once on the writing connection.
        var prepareWriter: (@Sendable (Database) throws -> Void)?
    }

    /// The database's path.
    let path: String
    /// The layout it has.
    let schema: Schema
    private let pool: DatabasePool
    private let lock: DirectoryLock
    private let logger: Logger
    private let isClosed = Mutex(false)

    private init(pool: DatabasePool, lock: DirectoryLock, path: String, schema: Schema, logger: Logger) {
        self.pool = pool
        self.lock = lock
        self.path = path
        self.schema = schema
        self.logger = logger
    }

    /// Opens the database of a data directory, making or migrating it where needed.
    ///
    /// Before a migration the file is copied to `gatehouse.before-vN.sqlite`; the newest three copies stay.
    /// Blocks for as long as a migration takes: call it at the start only.
    /// - Throws: `storageFailed` where the directory can not be used, another Gatehouse uses it, the file is
    ///   damaged or no database, or a newer Gatehouse wrote it. Nothing is changed then.
    package static func open(directory: String, logger: Logger) throws -> SQLiteStore {
        try open(directory: directory, options: Options(), logger: logger)
    }

    /// Opens the database with another layout or other limits, for tests.
    static func open(directory: String, options: Options, logger: Logger) throws -> SQLiteStore {
        let place = DataDirectory(path: directory)
        try place.prepare(logger: logger)
        let lock = try DirectoryLock(directory: directory)
        let path = place.file(fileName)
        do {
            try place.prepareDatabaseFile(fileName)
            let layout = Layout(schema: options.schema, directory: place, fileName: fileName, logger: logger)
            let version = try layout.examine()
            let pool = try DatabasePool(path: path, configuration: configuration(options))
            try prepareWriter(of: pool, options: options)
            try layout.migrate(pool, from: version)
            logger.info(
                "database opened", metadata: ["path": "\(path)", "version": "\(options.schema.version)"])
            return SQLiteStore(pool: pool, lock: lock, path: path, schema: options.schema, logger: logger)
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
    }

    /// Waits for running work, merges the log into the file, and lets go of the data directory.
    ///
    /// Afterwards `gatehouse.sqlite` alone is a whole backup. Nothing happens the second time.
    package func close() async throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        let pool = pool
        do {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                DispatchQueue.global().async {
                    // GRDB closes the writer first, so SQLite does not merge by itself. Where there is no room for
                    // it the log stays and is merged later: nothing is lost.
                    _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
                    continuation.resume(with: Result { try pool.close() })
                }
            }
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
        lock.release()
        logger.info("database closed", metadata: ["path": "\(path)"])
    }

    /// Reads a consistent snapshot.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
    }

    /// Reads outside of a transaction, for statements that allow none.
    func readWithoutTransaction(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do {
            try await pool.unsafeRead(body)
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
    }

    /// Writes in one transaction, which is undone where the body throws.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
    }

    /// Writes in one transaction that is carried out even where the caller is cancelled meanwhile.
    ///
    /// Whoever keeps in memory what is kept here must know whether a write has happened.
    func writeToTheEnd<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let pool = pool
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncWrite(body) { _, result in continuation.resume(with: result) }
            }
        } catch {
            throw StoreFailure.translate(error, path: path)
        }
    }

    private static func configuration(_ options: Options) -> Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(options.busySeconds)
        configuration.maximumReaderCount = 4
        return configuration
    }

    private static func prepareWriter(of pool: DatabasePool, options: Options) throws {
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL when it switches to WAL; a commit here must outlive a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try options.prepareWriter?(db)
        }
    }
}
