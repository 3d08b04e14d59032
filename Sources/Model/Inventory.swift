// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What kind of node it is.
package enum NodeKind: String, Sendable {
    case libvirt
    /// A list of machines that are only consoles.
    case `static`
}

/// A node as it is kept.
package struct NodeRecord: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: NodeID
    /// Its name from the configuration; unique.
    package var name: String
    /// What kind it is.
    package var kind: NodeKind
    /// Whether Gatehouse connects to it.
    package var isEnabled: Bool

    /// Makes a record.
    package init(id: NodeID, name: String, kind: NodeKind, isEnabled: Bool = true) {
        self.id = id
        self.name = name
        self.kind = kind
        self.isEnabled = isEnabled
    }
}

/// A machine as it is kept.
package struct MachineRecord: Sendable, Equatable, Identifiable {
    /// What names it.
    package var id: MachineID
    /// Its name when it was last seen.
    package var name: String
    /// What people wrote about it.
    package var notes: String
    /// Whether another machine had this UUID first; such a one inherits nothing from it.
    package var isDuplicate: Bool
    /// When it was last seen.
    package var lastSeenAt: Date

    /// Makes a record.
    package init(id: MachineID, name: String, notes: String = "", isDuplicate: Bool = false, lastSeenAt: Date) {
        self.id = id
        self.name = name
        self.notes = notes
        self.isDuplicate = isDuplicate
        self.lastSeenAt = lastSeenAt
    }
}

/// The nodes and machines that are kept.
package protocol InventoryRepository: MaintenanceRepository {
    /// Makes the kept nodes those of the configuration: new ones get a number, known ones keep theirs.
    ///
    /// A node that is no longer declared stays kept, with its machines and privileges, but is not returned.
    func declareNodes(_ nodes: [(name: String, kind: NodeKind)]) async throws -> [NodeRecord]

    /// Switches a node on or off.
    func setNode(_ id: NodeID, enabled: Bool) async throws

    /// Every machine that is kept.
    func machines() async throws -> [MachineRecord]

    /// Keeps machines as seen, in one transaction; notes of known ones stay as they are.
    func upsertMachines(_ machines: [MachineRecord]) async throws

    /// Replaces a machine's notes; throws `notFound` where it is not kept.
    func setNotes(_ notes: String, of id: MachineID) async throws

    /// Forgets machines not seen since then, with their privileges; returns how many.
    func forgetMachines(notSeenSince date: Date) async throws -> Int

    /// Makes a machine one of another node, in one transaction: with its notes, privileges, alerts and jobs.
    ///
    /// What was kept of it on that node from an earlier time is forgotten, and so is its history here.
    func moveMachine(_ id: MachineID, to node: NodeID) async throws
}
