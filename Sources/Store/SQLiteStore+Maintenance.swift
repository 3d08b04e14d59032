// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore {
    /// Every node's maintenance, by node.
    package func maintenances() async throws -> [NodeMaintenance] {
        try await read { db in
            let machines = try MaintainedRow.fetchAll(db, sql: "SELECT * FROM maintainedMachine ORDER BY name, uuid")
            return try MaintenanceRow.fetchAll(db, sql: "SELECT * FROM maintenance ORDER BY node").map { row in
                var maintenance = row.maintenance
                maintenance.machines = machines.filter { $0.node == maintenance.node }.map(\.machine)
                return maintenance
            }
        }
    }

    /// Keeps a maintenance, but for its machines; throws `notFound` where its node is not kept.
    package func saveMaintenance(_ maintenance: NodeMaintenance) async throws {
        try await writeToTheEnd { db in
            try db.execute(
                sql: """
                    INSERT INTO maintenance (node, since, startedBy, policy, phase, job) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (node) DO UPDATE
                    SET since = excluded.since, startedBy = excluded.startedBy, policy = excluded.policy,
                        phase = excluded.phase, job = excluded.job
                    """,
                arguments: [
                    maintenance.node.number, maintenance.since.milliseconds, maintenance.by,
                    maintenance.policy.rawValue, maintenance.phase.rawValue, maintenance.job?.number,
                ])
        }
    }

    /// Keeps what is done with a machine; throws `notFound` where its node is not in maintenance.
    package func saveMaintained(_ machine: MaintainedMachine, of node: NodeID) async throws {
        try await writeToTheEnd { db in
            try db.execute(
                sql: """
                    INSERT INTO maintainedMachine (node, uuid, name, deed, destination) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (node, uuid) DO UPDATE
                    SET name = excluded.name, deed = excluded.deed, destination = excluded.destination
                    """,
                arguments: [
                    node.number, machine.uuid.text, machine.name, machine.deed.rawValue, machine.destination?.number,
                ])
        }
    }

    /// Forgets what was done with a machine.
    package func removeMaintained(_ uuid: UUID, of node: NodeID) async throws {
        try await writeToTheEnd { db in
            try db.execute(
                sql: "DELETE FROM maintainedMachine WHERE node = ? AND uuid = ?", arguments: [node.number, uuid.text])
        }
    }

    /// Forgets a maintenance with its machines.
    package func removeMaintenance(of node: NodeID) async throws {
        try await writeToTheEnd { db in
            try db.execute(sql: "DELETE FROM maintenance WHERE node = ?", arguments: [node.number])
        }
    }

    /// Makes a machine one of another node; throws `notFound` where it is not kept.
    package func moveMachine(_ id: MachineID, to node: NodeID) async throws {
        let values: StatementArguments = ["from": id.node.number, "to": node.number, "uuid": id.uuid.text]
        try await writeToTheEnd { db in
            try db.execute(
                sql: "DELETE FROM machine WHERE node = ? AND uuid = ?", arguments: [node.number, id.uuid.text])
            try db.execute(
                sql: """
                    INSERT INTO machine (node, uuid, name, notes, isDuplicate, lastSeenAt)
                    SELECT :to, uuid, name, notes, isDuplicate, lastSeenAt FROM machine
                    WHERE node = :from AND uuid = :uuid
                    """,
                arguments: values)
            guard db.changesCount > 0 else { throw GatehouseError.machineNotFound }
            for table in ["privilege", "alert", "job"] {
                try db.execute(
                    sql: "UPDATE \(table) SET node = :to WHERE node = :from AND machine = :uuid", arguments: values)
            }
            try db.execute(
                sql: "DELETE FROM consoleLock WHERE node = ? AND machine = ?",
                arguments: [id.node.number, id.uuid.text])
            try db.execute(
                sql: "DELETE FROM machine WHERE node = ? AND uuid = ?", arguments: [id.node.number, id.uuid.text])
        }
    }
}

/// A row of `maintenance`.
private struct MaintenanceRow: FetchableRecord {
    let maintenance: NodeMaintenance

    init(row: Row) throws {
        guard let policy = MaintenancePolicy(rawValue: row["policy"]),
            let phase = MaintenancePhase(rawValue: row["phase"])
        else { throw GatehouseError(.storageFailed, "The database holds an unknown maintenance. Restore a backup.") }
        maintenance = NodeMaintenance(
            node: NodeID(row["node"]), since: Date(milliseconds: row["since"]), by: row["startedBy"], policy: policy,
            phase: phase, job: (row["job"] as Int64?).map { JobID($0) })
    }
}

/// A row of `maintainedMachine`.
private struct MaintainedRow: FetchableRecord {
    let node: NodeID
    let machine: MaintainedMachine

    init(row: Row) throws {
        node = NodeID(row["node"])
        guard let deed = MaintenanceDeed(rawValue: row["deed"]) else {
            throw GatehouseError(.storageFailed, "The database holds an unknown maintenance. Restore a backup.")
        }
        machine = MaintainedMachine(
            uuid: try MachineID(node: node, kept: row["uuid"]).uuid, name: row["name"], deed: deed,
            destination: (row["destination"] as Int64?).map { NodeID($0) })
    }
}
