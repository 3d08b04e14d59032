// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Logging
package import Model

/// A node with its connection's state.
package struct NodeEntry: Sendable {
    /// The node as it is kept.
    package var record: NodeRecord
    /// Where it is, for people; nil for a static node.
    package var uri: String?
    /// Where the connection stands.
    package var state: NodeState
    /// Since when it stands there.
    package var since: Date
    /// How many machines it has.
    package var machineCount: Int
    /// Its maintenance, while there is one.
    package var maintenance: NodeMaintenance?
}

/// A machine with what is known of it now.
package struct MachineEntry: Sendable {
    /// The machine as it is kept.
    package var record: MachineRecord
    /// The machine as its node last reported it; its state is `unknown` while the node is not online.
    package var snapshot: MachineSnapshot
    /// Since when it is in its state; nil where that was before Gatehouse started.
    package var since: Date?
    /// The operation under way, if any.
    package var operation: RunningOperation?
    /// The name of its node.
    package var nodeName: String

    /// What names it.
    package var id: MachineID { record.id }
    /// How callers write it.
    package var address: MachineAddress {
        MachineAddress(uuid: record.id.uuid, node: record.isDuplicate ? nodeName : nil)
    }
}

/// The machine lock: what is being done to a machine, and by whom.
package struct RunningOperation: Sendable, Equatable {
    /// The operation's name.
    package let name: String
    /// When it began.
    package let since: Date
    /// Who asked for it.
    package let by: String
    /// The job that holds the lock; nil for an operation that somebody asked for directly.
    package var job: JobID?
    /// Whether an earlier attempt of the job may have done it already.
    package var mayBeDone = false
}

/// What nodes there are to connect to.
package struct NodeDeclaration: Sendable {
    /// The name in the configuration.
    package let name: String
    /// What kind it is.
    package let kind: NodeKind
    /// Where it is, for people.
    package let uri: String?
    /// The connection.
    package let hypervisor: any Hypervisor

    /// Declares a node.
    package init(name: String, kind: NodeKind, uri: String?, hypervisor: any Hypervisor) {
        self.name = name
        self.kind = kind
        self.uri = uri
        self.hypervisor = hypervisor
    }
}

/// Every node and machine, as the nodes report them.
package actor Inventory {
    struct Node {
        var record: NodeRecord
        let uri: String?
        let hypervisor: any Hypervisor
        var state: NodeState
        var since: Date
        /// Whether it has told its machines since it came online.
        var hasReported = false
        var maintenance: NodeMaintenance?
        var switches: AsyncStream<Bool>.Continuation?
    }

    struct Machine {
        var snapshot: MachineSnapshot
        var since: Date?
    }

    let repository: any InventoryRepository
    let access: AccessRegistry
    let bus: EventBus
    let time: TimeSource
    let logger: Logger
    let declarations: [NodeDeclaration]
    let forgetAfterDays: Int

    var nodes: [NodeID: Node] = [:]
    /// Every machine that is kept, present or not.
    var records: [MachineID: MachineRecord] = [:]
    /// The machines that their nodes have now.
    var present: [MachineID: Machine] = [:]
    var operations: [MachineID: RunningOperation] = [:]
    /// What is on its way to a node; until it has come, what its node tells of it does not count.
    var coming: Set<MachineID> = []

    /// Makes an inventory of declared nodes; `load` must be called before use.
    package init(
        declarations: [NodeDeclaration], forgetAfterDays: Int = 90, repository: any InventoryRepository,
        access: AccessRegistry, bus: EventBus, time: TimeSource, logger: Logger
    ) {
        self.forgetAfterDays = forgetAfterDays
        self.declarations = declarations
        self.repository = repository
        self.access = access
        self.bus = bus
        self.time = time
        self.logger = logger
    }

    /// Takes up what was kept, and forgets machines that nobody has seen for long.
    package func load() async throws {
        let now = time.now()
        let kept = try await repository.declareNodes(declarations.map { ($0.name, $0.kind) })
        for (record, declaration) in zip(kept, declarations) {
            nodes[record.id] = Node(
                record: record, uri: declaration.uri, hypervisor: declaration.hypervisor,
                state: record.isEnabled ? .connecting : .disabled, since: now)
        }
        _ = try await repository.forgetMachines(notSeenSince: now.addingTimeInterval(-86_400 * Double(forgetAfterDays)))
        for record in try await repository.machines() { records[record.id] = record }
        for maintenance in try await repository.maintenances() { nodes[maintenance.node]?.maintenance = maintenance }
    }
}

// MARK: - Looking

extension Inventory {
    /// Every node, by name.
    package func allNodes() -> [NodeEntry] {
        var counts: [NodeID: Int] = [:]
        for id in present.keys { counts[id.node, default: 0] += 1 }
        return nodes.values.map { entry($0, count: counts[$0.record.id] ?? 0) }
            .sorted { $0.record.name < $1.record.name }
    }

    /// The node of that name or number.
    package func node(named name: String) -> NodeEntry? {
        let found = nodes.values.first { $0.record.name == name } ?? Int64(name).flatMap { nodes[NodeID($0)] }
        return found.map { node in entry(node, count: present.keys.count { $0.node == node.record.id }) }
    }

    /// The node of that number.
    package func node(_ id: NodeID) -> NodeEntry? {
        nodes[id].map { entry($0, count: present.keys.count { $0.node == id }) }
    }

    private func entry(_ node: Node, count: Int) -> NodeEntry {
        NodeEntry(
            record: node.record, uri: node.uri, state: node.state, since: node.since, machineCount: count,
            maintenance: node.maintenance)
    }

    /// Every machine that is there, by name.
    package func allMachines() -> [MachineEntry] {
        present.keys.compactMap { machine($0) }
            .sorted { ($0.snapshot.name, $0.address.description) < ($1.snapshot.name, $1.address.description) }
    }

    /// The machines of a node, by UUID.
    package func machines(on node: NodeID) -> [UUID: MachineEntry] {
        var found: [UUID: MachineEntry] = [:]
        for id in present.keys where id.node == node { found[id.uuid] = machine(id) }
        return found
    }

    /// The machine, if it is there.
    package func machine(_ id: MachineID) -> MachineEntry? {
        guard let machine = present[id], let record = records[id], let node = nodes[id.node] else { return nil }
        var snapshot = machine.snapshot
        if case .online = node.state {} else { snapshot.state = .unknown }
        return MachineEntry(
            record: record, snapshot: snapshot, since: machine.since, operation: operations[id],
            nodeName: node.record.name)
    }

    /// The machine that an address stands for.
    ///
    /// A UUID alone stands for the machine that had it first, never for one that came later with the same.
    package func resolve(_ address: MachineAddress) -> MachineID? {
        if let name = address.node {
            guard let node = nodes.values.first(where: { $0.record.name == name }) else { return nil }
            let id = MachineID(node: node.record.id, uuid: address.uuid)
            return present[id] == nil ? nil : id
        }
        return nodes.keys.lazy.map { MachineID(node: $0, uuid: address.uuid) }
            .first { self.present[$0] != nil && self.records[$0]?.isDuplicate == false }
    }

    /// The connection to a machine's node, if it is usable.
    ///
    /// - Throws: `nodeUnreachable` with the reason.
    package func hypervisor(of id: MachineID) throws -> any Hypervisor {
        guard nodes[id.node] != nil else { throw GatehouseError.machineNotFound }
        return try hypervisor(on: id.node)
    }

    /// The connection to a node, if it is usable.
    ///
    /// - Throws: `notFound`; `nodeUnreachable` with the reason.
    package func hypervisor(on id: NodeID) throws -> any Hypervisor {
        guard let node = nodes[id] else { throw GatehouseError(.notFound, "There is no such node.") }
        switch node.state {
        case .online: return node.hypervisor
        case .connecting:
            throw GatehouseError(
                .nodeUnreachable, "Gatehouse is still connecting to node \(node.record.name); try again in a moment.")
        case .unreachable(let reason):
            throw GatehouseError(.nodeUnreachable, "Node \(node.record.name) can not be reached: \(reason)")
        case .disabled:
            throw GatehouseError(.nodeUnreachable, "Node \(node.record.name) is switched off in Gatehouse.")
        }
    }
}

// MARK: - Changing

extension Inventory {
    /// Replaces a machine's notes.
    package func setNotes(_ notes: String, of id: MachineID) async throws -> MachineEntry {
        guard notes.utf8.count <= 10_000 else {
            throw GatehouseError.invalidParameter("notes", "Notes have at most 10,000 bytes.")
        }
        try await repository.setNotes(notes, of: id)
        records[id]?.notes = notes
        bus.publish(.machineChanged(id))
        guard let entry = machine(id) else { throw GatehouseError.machineNotFound }
        return entry
    }

    /// Does something to a machine while holding its lock, so that one thing happens to it at a time.
    ///
    /// A job that holds the lock keeps it.
    /// - Throws: `machineLocked`, naming what is under way; `conflict` for what would have a node in maintenance run
    ///   more; or what the work throws.
    package func perform(
        _ operation: MachineOperation, on id: MachineID, by name: String, job: JobID? = nil
    ) async throws {
        try await change(operation.rawValue, on: id, by: name, job: job) { hypervisor, held in
            guard try await !self.isDone(operation, id, held, on: hypervisor) else { return }
            if operation == .start || operation == .resume { try await self.admitWork(on: id.node) }
            try await hypervisor.perform(operation, on: id.uuid)
        }
    }

    /// The machine as its node describes it in full.
    package func fullSnapshot(of id: MachineID) async throws -> MachineSnapshot {
        try await hypervisor(of: id).machine(id.uuid)
    }
}
