// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore {
    /// Every template, by node and name.
    package func templates() async throws -> [Template] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM template ORDER BY node, name").map { row in
                try Self.template(row, db)
            }
        }
    }

    /// Keeps a template with its disks and interfaces, all or nothing.
    ///
    /// - Throws: `conflict` where its node has one of that name.
    package func addTemplate(_ template: Template) async throws -> Template {
        try await writeToTheEnd { db in
            let definition = template.definition
            try db.execute(
                sql: """
                    INSERT INTO template (node, name, description, uuid, definition, osType, architecture, vcpus,
                        memoryKiB, maxMemoryKiB, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    template.node.number, template.name, template.description, template.uuid.text, definition.text,
                    definition.osType, definition.architecture, definition.vcpus, definition.memoryKiB,
                    definition.maxMemoryKiB, template.createdAt.milliseconds,
                ])
            var kept = template
            kept.id = TemplateID(db.lastInsertedRowID)
            kept.createdAt = template.createdAt.kept
            try Self.addDisks(of: kept, db)
            for (place, interface) in definition.interfaces.enumerated() {
                try db.execute(
                    sql: "INSERT INTO templateInterface (template, place, type, source, model) VALUES (?, ?, ?, ?, ?)",
                    arguments: [kept.id.number, place, interface.type, interface.source, interface.model])
            }
            return try Self.templateNow(kept.id, db) ?? kept
        }
    }

    private static func addDisks(of template: Template, _ db: Database) throws {
        let copies = Dictionary(template.volumes.map { ($0.target, $0) }) { first, _ in first }
        for disk in template.definition.disks {
            let copy = copies[disk.target]
            try db.execute(
                sql: """
                    INSERT INTO templateDisk (template, target, isOwn, path, pool, volume, format, capacityBytes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    template.id.number, disk.target, copy != nil, copy?.path ?? disk.path, copy?.volume.pool,
                    copy?.volume.name, copy?.format, copy?.capacityBytes,
                ])
        }
    }

    /// Forgets a template, and not its volumes; throws `notFound` where it is not kept.
    package func removeTemplate(_ id: TemplateID) async throws {
        try await writeToTheEnd { db in
            try db.execute(sql: "DELETE FROM template WHERE id = ?", arguments: [id.number])
            guard db.changesCount > 0 else { throw GatehouseError(.notFound, "There is no such template.") }
        }
    }

    private static func templateNow(_ id: TemplateID, _ db: Database) throws -> Template? {
        try Row.fetchOne(db, sql: "SELECT * FROM template WHERE id = ?", arguments: [id.number]).map {
            try template($0, db)
        }
    }

    private static func template(_ row: Row, _ db: Database) throws -> Template {
        guard let uuid = UUID(uuidString: row["uuid"]) else {
            throw GatehouseError(.storageFailed, "The database holds a template without a UUID. Restore a backup.")
        }
        let id: Int64 = row["id"]
        let disks = try Row.fetchAll(
            db, sql: "SELECT * FROM templateDisk WHERE template = ? ORDER BY target", arguments: [id])
        let interfaces = try Row.fetchAll(
            db, sql: "SELECT * FROM templateInterface WHERE template = ? ORDER BY place", arguments: [id])
        let definition = MachineDefinition(
            text: row["definition"], osType: row["osType"], architecture: row["architecture"], vcpus: row["vcpus"],
            memoryKiB: row["memoryKiB"], maxMemoryKiB: row["maxMemoryKiB"],
            disks: disks.map { DefinedDisk(target: $0["target"], isOwn: $0["isOwn"], path: $0["path"]) },
            interfaces: interfaces.map {
                MachineInterface(mac: "", type: $0["type"], source: $0["source"], model: $0["model"])
            })
        let volumes = disks.filter { $0["isOwn"] }.map { disk in
            Template.Volume(
                target: disk["target"], volume: VolumeName(pool: disk["pool"], name: disk["volume"]),
                path: disk["path"], format: disk["format"], capacityBytes: disk["capacityBytes"])
        }
        var template = Template(
            node: NodeID(row["node"]), name: row["name"], description: row["description"], uuid: uuid,
            definition: definition, volumes: volumes, createdAt: Date(milliseconds: row["createdAt"]))
        template.id = TemplateID(id)
        return template
    }
}
