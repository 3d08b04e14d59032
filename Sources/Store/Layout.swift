// SPDX-License-Identifier: Apache-2.0

import GRDB
import Logging
import Model

/// Brings an opened database to this build's layout, or says why that can not be.
struct Layout {
    /// How many copies stay.
    static let keptCopies = 3

    /// The layout to reach.
    let schema: Schema
    /// Where the database and its copies are.
    let directory: DataDirectory
    /// The database's file name.
    let fileName: String
    /// Where to tell what was done.
    let logger: Logger

    /// The version that the file has, zero for an empty one; reads only.
    ///
    /// - Throws: an error of SQLite for a damaged file, `storageFailed` for one that is newer or foreign.
    func examine() throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: directory.file(fileName), configuration: configuration)
        defer { try? queue.close() }
        let migrator = schema.migrator
        return try queue.read { db in
            guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") != 0 else { return 0 }
            let answer = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            guard answer == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: answer) }
            let applied = try migrator.appliedIdentifiers(db)
            try refuseForeign(applied)
            try refuseNewer(applied, known: migrator.migrations)
            return applied.count
        }
    }

    /// Brings the database to this layout; copies it first where it is not empty.
    func migrate(_ pool: DatabasePool, from version: Int) throws {
        guard version < schema.version else { return }
        if version > 0 { try copy(pool, from: version) }
        try schema.migrator.migrate(pool)
        logger.notice("database layout changed", metadata: ["from": "\(version)", "to": "\(schema.version)"])
    }

    private func refuseForeign(_ applied: Set<String>) throws {
        guard applied.isEmpty || applied.contains(where: { Schema.version(of: $0) == nil }) else { return }
        throw GatehouseError(
            .storageFailed,
            "\(directory.file(fileName)) is not a database of Gatehouse. Move it away or configure another directory.")
    }

    private func refuseNewer(_ applied: Set<String>, known: [String]) throws {
        let newer = applied.subtracting(known).compactMap(Schema.version(of:)).max()
        guard let newer else { return }
        let copy = try copies().last { $0.version > schema.version }
        let restore = copy.map { "restore \(directory.file($0.name))" } ?? "restore a backup made before the upgrade"
        throw GatehouseError(
            .storageFailed,
            "This database was written by a newer Gatehouse (its layout is version \(newer), this build knows "
                + "version \(schema.version)). Install that version or \(restore).")
    }

    /// Copies the whole database, settled on the disk before the first change.
    private func copy(_ pool: DatabasePool, from version: Int) throws {
        let partial = fileName + ".partial"
        let final = copyName(schema.version)
        do {
            try directory.remove(partial)
            try directory.makePrivateFile(partial)
            try pool.vacuum(into: directory.file(partial))
            try directory.settle(partial, as: final)
        } catch {
            try? directory.remove(partial)
            throw error
        }
        for old in try copies().dropFirst(Self.keptCopies) { try directory.remove(old.name) }
        logger.notice(
            "database copied before a change of its layout",
            metadata: ["copy": "\(directory.file(final))", "version": "\(version)"])
    }

    private var stem: String { String(fileName.split(separator: ".")[0]) }

    private func copyName(_ version: Int) -> String { "\(stem).before-v\(version).sqlite" }

    /// The copies that exist, newest first.
    private func copies() throws -> [(version: Int, name: String)] {
        let prefix = "\(stem).before-v"
        let suffix = ".sqlite"
        return try directory.names()
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
            .compactMap { name in
                Int(name.dropFirst(prefix.count).dropLast(suffix.count)).map { (version: $0, name: name) }
            }
            .sorted { $0.version > $1.version }
    }
}
