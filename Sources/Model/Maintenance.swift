// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What becomes of a node's running machines while the node is in maintenance.
package enum MaintenancePolicy: String, Sendable, CaseIterable {
    /// They move to other nodes; what can not is saved, and what can not be saved is paused.
    case migrate
    /// Their memory is saved on the node's disk; what can not be saved is paused.
    case save
    /// Their processors are stopped; they are lost when the host is switched off.
    case pause
    /// Their guests are asked to shut down.
    case shutdown

    /// What is tried with a machine, one after the other.
    package var deeds: [MaintenanceDeed] {
        switch self {
        case .migrate: [.moved, .saved, .paused]
        case .save: [.saved, .paused]
        case .pause: [.paused]
        case .shutdown: [.shutDown]
        }
    }
}

/// What was done with a machine so that its node comes to rest.
package enum MaintenanceDeed: String, Sendable, CaseIterable {
    case moved
    case saved
    case paused
    case shutDown
}

/// How far a maintenance is.
package enum MaintenancePhase: String, Sendable, CaseIterable {
    /// The machines are being brought to rest, or some of them could not be.
    case entering
    /// Nothing runs.
    case entered
    /// The machines are being brought back.
    case leaving
}

/// A machine that a maintenance has brought to rest.
package struct MaintainedMachine: Sendable, Equatable {
    /// Its UUID.
    package var uuid: UUID
    /// Its name.
    package var name: String
    /// What was done, or begun, with it.
    package var deed: MaintenanceDeed
    /// Where it was moved.
    package var destination: NodeID?

    /// Notes a machine.
    package init(uuid: UUID, name: String, deed: MaintenanceDeed, destination: NodeID? = nil) {
        self.uuid = uuid
        self.name = name
        self.deed = deed
        self.destination = destination
    }
}

/// The maintenance of a node: while there is one, the node takes no new work.
package struct NodeMaintenance: Sendable, Equatable {
    /// The node.
    package var node: NodeID
    /// Since when.
    package var since: Date
    /// Who began it, for people.
    package var by: String
    /// What becomes of its machines.
    package var policy: MaintenancePolicy
    /// How far it is.
    package var phase: MaintenancePhase
    /// The job that began it or works on it, where one did.
    package var job: JobID?
    /// The machines that it has brought to rest, by name.
    package var machines: [MaintainedMachine]

    /// Begins a maintenance.
    package init(
        node: NodeID, since: Date, by: String, policy: MaintenancePolicy, phase: MaintenancePhase = .entering,
        job: JobID? = nil, machines: [MaintainedMachine] = []
    ) {
        self.node = node
        self.since = since
        self.by = by
        self.policy = policy
        self.phase = phase
        self.job = job
        self.machines = machines
    }
}

/// The maintenances that are kept; each write is carried out to its end even where the caller is cancelled meanwhile.
package protocol MaintenanceRepository: Sendable {
    /// Every node's maintenance.
    func maintenances() async throws -> [NodeMaintenance]
    /// Keeps a maintenance, but for its machines.
    func saveMaintenance(_ maintenance: NodeMaintenance) async throws
    /// Keeps what is done with a machine of a node in maintenance.
    func saveMaintained(_ machine: MaintainedMachine, of node: NodeID) async throws
    /// Forgets what was done with a machine.
    func removeMaintained(_ uuid: UUID, of node: NodeID) async throws
    /// Forgets a maintenance with its machines.
    func removeMaintenance(of node: NodeID) async throws
}
