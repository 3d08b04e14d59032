// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The layout of the database as a list of steps, oldest first.
///
/// A released step never changes; a new layout is a new step at the end. The n-th step leads to version n
/// and is called `vn` in the database.
struct Schema: Sendable {
    /// The steps.
    let steps: [@Sendable (Database) throws -> Void]

    /// The layout that this build works with.
    static let current = Schema(steps: [
        makeFirstTables, addJobs, addSamples, addHolds, addTraces, addNetworks, addStorage, addVolumeMaking,
        addMaintenance, addUserNotes,
    ])

    /// The version that the last step leads to.
    var version: Int { steps.count }

    /// The steps for GRDB, each in a transaction of its own.
    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, step) in steps.enumerated() {
            migrator.registerMigration("v\(index + 1)") { db in try step(db) }
        }
        return migrator
    }

    /// The number in a step's name, or nil for a foreign name.
    static func version(of identifier: String) -> Int? {
        identifier.hasPrefix("v") ? Int(identifier.dropFirst()) : nil
    }
}
