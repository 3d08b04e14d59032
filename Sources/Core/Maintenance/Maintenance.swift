// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Logging
package import Model

/// Who has a node enter or leave maintenance.
package struct MaintenanceActor: Sendable {
    /// The name.
    package var name: String
    /// The job that does it, where one does.
    package var job: JobID?

    /// Names somebody.
    package init(name: String, job: JobID? = nil) {
        self.name = name
        self.job = job
    }
}

/// How long a maintenance waits.
package struct MaintenanceLimits: Sendable {
    /// For something else that is being done on the node.
    package var patience: Duration = .seconds(600)
    /// For a guest that was asked to shut down.
    package var shutdown: Duration = .seconds(300)
    /// Between two looks.
    package var pause: Duration = .seconds(1)
    /// How many nodes a machine is offered to.
    package var targets = 4

    /// The standard limits.
    package init() {}
}

/// Brings nodes to rest so that their hosts can be worked on, and their machines back afterwards.
///
/// One thing at a time happens to a node, and one machine at a time is brought to rest. What is done with a machine is
/// kept before it is done, so that a host that ends meanwhile finds everything again.
package actor Maintenance {
    let inventory: Inventory
    let jobs: JobLedger
    let accounts: Accounts
    let time: TimeSource
    let limits: MaintenanceLimits
    let logger: Logger
    /// The nodes that are being brought to rest, or back.
    private var busy: Set<NodeID> = []

    /// Makes the use case.
    package init(
        inventory: Inventory, jobs: JobLedger, accounts: Accounts, time: TimeSource, limits: MaintenanceLimits,
        logger: Logger
    ) {
        self.inventory = inventory
        self.jobs = jobs
        self.accounts = accounts
        self.time = time
        self.limits = limits
        self.logger = logger
    }

    /// Does one thing at a time to a node.
    ///
    /// - Throws: `conflict` where something is being done, `notFound`, or what the body throws; `timeout` where the job
    ///   was cancelled, for a job that may be done again then ends as cancelled.
    func alone(_ id: NodeID, _ body: @Sendable (NodeEntry) async throws -> Void) async throws {
        guard busy.insert(id).inserted else {
            throw GatehouseError(
                .conflict, "The node is being brought to rest or back now; wait until that has ended.")
        }
        defer { busy.remove(id) }
        // Read no sooner: what held it until now may have changed its maintenance.
        guard let node = await inventory.node(id) else { throw GatehouseError(.notFound, "There is no such node.") }
        do {
            try await body(node)
        } catch is MaintenanceCancel {
            throw GatehouseError(.timeout, "It was given up; what was done with machines until then stays so.")
        }
    }

    /// Waits, some seconds at most, for a node that has just come online to tell its machines.
    ///
    /// - Throws: `nodeUnreachable`.
    nonisolated func awaitReport(of id: NodeID) async throws {
        let end = ContinuousClock.now + .seconds(5)
        // A node that has told its machines knows what it has not.
        while await !inventory.isKnown(MachineID(node: id, uuid: UUID())), ContinuousClock.now < end {
            _ = try await inventory.hypervisor(on: id)
            try await Task.sleep(for: .milliseconds(20))
        }
        _ = try await inventory.unrest(on: id)
    }

    /// Throws where somebody cancelled the job.
    nonisolated func checkCancel(_ actor: MaintenanceActor) async throws {
        if await isCancelled(actor) { throw MaintenanceCancel() }
    }

    /// Whether somebody cancelled the job.
    nonisolated func isCancelled(_ actor: MaintenanceActor) async -> Bool {
        guard let job = actor.job else { return false }
        return await jobs.isCancelRequested(job)
    }

    /// Tells the job what is being done, and with what part of all machines it is done.
    nonisolated func tell(
        _ actor: MaintenanceActor, _ message: String, done: Int = 0, of all: Int = 0, isLine: Bool = true
    ) async {
        if isLine { logger.info("maintenance", metadata: ["message": "\(message)"]) }
        guard let job = actor.job else { return }
        await jobs.tell(job, percent: all == 0 ? nil : min(99, done * 100 / all), message: message, isLine: isLine)
    }

    /// Takes up machines whose move had come to an end on their nodes, but not here, when the host ended.
    nonisolated func completeMoves(of id: NodeID) async throws {
        for move in await inventory.incompleteMoves(of: id) {
            try await inventory.moveMachine(move.machine, to: move.node, as: move.snapshot) {
                try await self.accounts.machineMoved()
            }
            await jobs.machineMoved(move.machine, to: move.node)
        }
    }
}

/// Somebody cancelled the job.
struct MaintenanceCancel: Error {}

/// A machine with which something did not succeed.
struct MaintenanceFailure: Sendable {
    let name: String
    let reason: String

    /// A machine that another node still sends; only its coming is known.
    static let awaited = MaintenanceFailure(name: "a machine on its way to the node", reason: "its move has not ended")

    /// Names machines with their reasons, as many as fit into a message.
    static func text(_ failures: [MaintenanceFailure]) -> String {
        let named = failures.prefix(10).map { "\($0.name) (\($0.reason.prefix(200)))" }.joined(separator: "; ")
        return failures.count > 10 ? "\(named); and \(failures.count - 10) more" : named
    }
}
