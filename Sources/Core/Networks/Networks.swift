// SPDX-License-Identifier: Apache-2.0

package import Model

/// A network with what is kept of it.
package struct NetworkEntry: Sendable {
    /// What is kept of it.
    package let record: NetworkRecord
    /// The network as its node describes it.
    package let snapshot: NetworkSnapshot
}

/// The networks of the nodes, and which machines are plugged into them.
///
/// What a network is, its node says each time anew; kept are its number, what people wrote about it, and whether
/// it is its node's default.
package actor Networks {
    let repository: any NetworkRepository
    let inventory: Inventory
    let time: TimeSource
    /// Addresses that are being given to machines right now.
    var reserved: Set<MACAddress> = []
    /// How many are reading what addresses there are, to take one.
    var readers = 0
    /// Addresses that machines were given while somebody was reading.
    var given: Set<MACAddress> = []
    /// The addresses that each node's machines had when they were last read, and when that was.
    var addresses: [NodeID: (found: Set<MACAddress>, at: Duration)] = [:]
    private var isChanging: Set<NodeID> = []
    private var queues: [NodeID: [CheckedContinuation<Void, Never>]] = [:]

    /// Makes the use cases.
    package init(repository: any NetworkRepository, inventory: Inventory, time: TimeSource) {
        self.repository = repository
        self.inventory = inventory
        self.time = time
    }

    /// Runs one change of a node's networks after the other, so that none is removed while a machine is plugged in.
    func exclusively<Value>(on node: NodeID, _ body: () async throws -> Value) async rethrows -> Value {
        if isChanging.contains(node) {
            await withCheckedContinuation { queues[node, default: []].append($0) }
        } else {
            isChanging.insert(node)
        }
        defer {
            if queues[node]?.isEmpty ?? true {
                isChanging.remove(node)
            } else {
                queues[node]?.removeFirst().resume()
            }
        }
        return try await body()
    }
}

// MARK: - Looking

extension Networks {
    /// Every network of a node, by name.
    package func all(on node: NodeID) async throws -> [NetworkEntry] {
        let found = try await inventory.hypervisor(on: node).networks()
        let records = try await repository.declareNetworks(found.map(\.name), on: node)
        return zip(records, found).map { NetworkEntry(record: $0, snapshot: $1) }
    }

    /// The network of that name.
    ///
    /// - Throws: `notFound`; what the node throws.
    package func network(_ name: String, on node: NodeID) async throws -> NetworkEntry {
        guard let found = try await all(on: node).first(where: { $0.snapshot.name == name }) else {
            throw GatehouseError.networkNotFound
        }
        return found
    }

    /// The name of a node's default network, whether the node can be asked or not; nil where none was chosen.
    package func defaultNetwork(of node: NodeID) async throws -> String? {
        try await repository.networks(of: node).first { $0.isDefault }?.name
    }

    /// The machines with an interface in a network, now or at their next start.
    package func machines(using name: String, on node: NodeID) async throws -> [MachineEntry] {
        let network = try await network(name, on: node).snapshot
        let users = try await users(of: network, on: node)
        let machines = await inventory.machines(on: node)
        return users.compactMap { machines[$0.uuid] }.sorted { $0.snapshot.name < $1.snapshot.name }
    }

    private func users(of network: NetworkSnapshot, on node: NodeID) async throws -> [MachineWiring] {
        let hypervisor = try await inventory.hypervisor(on: node)
        let others = try await hypervisor.networks()
        return try await hypervisor.wirings().filter { wiring in
            wiring.all.contains { network.isUsed(by: $0, among: others) }
        }
    }
}

// MARK: - Changing

extension Networks {
    /// The most characters that people write about a network.
    package static let maximumDescription = 1000

    /// Makes a network.
    ///
    /// - Throws: `conflict` where its name or its bridge is taken; `unsupported`; what the node throws.
    package func create(_ network: NewNetwork, description: String, on node: NodeID) async throws -> NetworkEntry {
        try await exclusively(on: node) {
            let hypervisor = try await inventory.hypervisor(on: node)
            try await checkNames(of: network, on: hypervisor)
            try await hypervisor.createNetwork(network)
            let made = try await self.network(network.name, on: node)
            guard made.record.description != description else { return made }
            try await repository.setDescription(description, of: made.record.id)
            return try await self.network(network.name, on: node)
        }
    }

    private func checkNames(of network: NewNetwork, on hypervisor: any Hypervisor) async throws {
        let others = try await hypervisor.networks()
        guard !others.contains(where: { $0.name == network.name }) else {
            throw GatehouseError(.conflict, "The node has a network of that name already; choose another name.")
        }
        let bridge = network.bridge ?? (network.uplink == nil ? nil : network.name)
        // Lists of interfaces are not there on every node; the node itself refuses what it must.
        let interfaces = (try? await hypervisor.hostInterfaces()) ?? []
        if let bridge {
            guard !others.contains(where: { $0.bridge == bridge }), !interfaces.contains(where: { $0.name == bridge })
            else {
                throw GatehouseError(.conflict, "The node has a device called \(bridge) already; choose another name.")
            }
        }
        guard let uplink = network.uplink else { return }
        guard interfaces.isEmpty || interfaces.contains(where: { $0.name == uplink && !$0.isLoopback }) else {
            throw GatehouseError.invalidParameter(
                "uplink", "The node has no interface \(uplink) that leads out; interface.list lists them.")
        }
    }

    /// Stops a network and forgets it.
    ///
    /// - Throws: `notFound`; `conflict` while a machine is plugged in, or the host's own way out goes through it.
    package func remove(_ name: String, on node: NodeID) async throws {
        try await exclusively(on: node) {
            let hypervisor = try await inventory.hypervisor(on: node)
            let network = try await self.network(name, on: node)
            guard !network.snapshot.carriesDefaultRoute else {
                throw GatehouseError(
                    .conflict, "The host reaches everything else through this bridge; Gatehouse does not remove it.")
            }
            let users = try await users(of: network.snapshot, on: node)
            guard users.isEmpty else {
                throw GatehouseError(
                    .conflict,
                    "Machines with an interface in this network, running or in what they start with: \(users.count); "
                        + "detach or move those first.",
                    details: ["machines": .int(Int64(users.count))])
            }
            let others = try await hypervisor.networks()
            guard
                network.snapshot.kind == .virtual || !others.contains(where: { $0.borrowsBridge && $0.bridge == name })
            else {
                throw GatehouseError(.conflict, "A network of the hypervisor uses this bridge; remove that one first.")
            }
            try await hypervisor.removeNetwork(name, kind: network.snapshot.kind)
            try await repository.removeNetwork(network.record.id)
        }
    }

    /// Makes a network the default of its node.
    ///
    /// - Throws: `notFound`; what the node throws.
    package func setDefault(_ name: String, on node: NodeID) async throws -> NetworkEntry {
        try await repository.setDefaultNetwork(try await network(name, on: node).record.id)
        return try await network(name, on: node)
    }

    /// Has a network hold a VLAN apart, or no longer; nothing happens where that is so already.
    ///
    /// - Throws: `notFound`; `unsupported` for a network that can not.
    package func setVLAN(
        _ vlan: Int, isHeldApart: Bool, on name: String, node: NodeID
    ) async throws -> NetworkEntry {
        try await exclusively(on: node) {
            let found = try await network(name, on: node)
            guard found.snapshot.separatesVLANs, found.snapshot.kind == .virtual else {
                throw GatehouseError(
                    .unsupported,
                    "This network is a plain Linux bridge, which passes every VLAN on; only networks of Open vSwitch "
                        + "hold them apart.")
            }
            try await inventory.hypervisor(on: node).setVLAN(vlan, isHeldApart: isHeldApart, on: name)
            return try await network(name, on: node)
        }
    }
}
