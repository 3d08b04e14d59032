// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
package import Model
import ServiceLifecycle

extension Inventory: Service {
    /// Keeps every node that is switched on connected, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for id in await self.nodeIDs() {
                    group.addTask(name: "node \(id)") { await self.keepConnected(id) }
                }
            }
        }
        // Without nodes there was nothing to wait for; a service that ends early would end the host.
        try? await gracefulShutdown()
    }

    private func nodeIDs() -> [NodeID] { Array(nodes.keys) }

    /// Switches a node on or off; what is off is disconnected, and its machines are not listed.
    package func setNode(_ id: NodeID, enabled: Bool) async throws {
        guard nodes[id] != nil else { throw GatehouseError(.notFound, "There is no such node.") }
        try await repository.setNode(id, enabled: enabled)
        guard nodes[id]?.record.isEnabled != enabled else { return }
        nodes[id]?.record.isEnabled = enabled
        setState(enabled ? .connecting : .disabled, of: id)
        if !enabled { removeMachines(of: id) }
        nodes[id]?.switches?.yield(enabled)
    }

    private func keepConnected(_ id: NodeID) async {
        let (switches, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        nodes[id]?.switches = continuation
        var isEnabled = nodes[id]?.record.isEnabled
        while let isOn = isEnabled, !Task.isCancelled {
            isEnabled = isOn ? await connect(id, until: switches) : await Self.next(of: switches)
        }
    }

    /// Keeps a node connected until it is switched, and gives what it was switched to; nil when cancelled.
    private func connect(_ id: NodeID, until switches: AsyncStream<Bool>) async -> Bool? {
        // A group of its own each time: one that was cancelled cancels whatever is added later.
        await withTaskGroup(of: Bool??.self) { group in
            group.addTask {
                await self.connect(id)
                return .none
            }
            group.addTask { .some(await Self.next(of: switches)) }
            for await switched in group {
                guard let switched else { continue }
                group.cancelAll()
                return switched
            }
            return nil
        }
    }

    private static func next(of switches: AsyncStream<Bool>) async -> Bool? {
        await switches.first { _ in true }
    }

    private func connect(_ id: NodeID) async {
        guard let hypervisor = nodes[id]?.hypervisor else { return }
        do {
            try await hypervisor.run { event in await self.handle(event, from: id) }
        } catch is CancellationError {
            return
        } catch {
            logger.error("node gave up", metadata: ["node": "\(id)", "error": "\(error)"])
            setState(.unreachable(reason: (error as? GatehouseError)?.message ?? "\(error)"), of: id)
        }
    }

    private func handle(_ event: HypervisorEvent, from id: NodeID) async {
        guard nodes[id]?.record.isEnabled == true else { return }
        switch event {
        case .node(let state): setState(state, of: id)
        case .inventory(let machines):
            await replaceMachines(of: id, with: machines)
            if case .online? = nodes[id]?.state { nodes[id]?.hasReported = true }
        case .machine(let machine): await note(machine, on: id)
        case .removed(let uuid): remove(MachineID(node: id, uuid: uuid))
        }
    }

    private func setState(_ state: NodeState, of id: NodeID) {
        guard let node = nodes[id], node.state != state else { return }
        logger.info("node changed", metadata: ["node": "\(node.record.name)", "state": "\(state.word)"])
        let wasOnline = if case .online = node.state { true } else { false }
        let isOnline = if case .online = state { true } else { false }
        nodes[id]?.state = state
        nodes[id]?.since = time.now()
        nodes[id]?.hasReported = false
        bus.publish(.nodeChanged(id))
        guard wasOnline != isOnline else { return }
        for machine in present.keys where machine.node == id { bus.publish(.machineChanged(machine)) }
    }
}

// MARK: - What nodes report

extension Inventory {
    private func replaceMachines(of node: NodeID, with snapshots: [MachineSnapshot]) async {
        let reported = Set(snapshots.map(\.uuid))
        for id in present.keys where id.node == node && !reported.contains(id.uuid) { remove(id) }
        await keep(snapshots, on: node)
    }

    /// Takes up what a node reports of one machine.
    func note(_ snapshot: MachineSnapshot, on node: NodeID) async {
        await keep([snapshot], on: node)
    }

    private func keep(_ snapshots: [MachineSnapshot], on node: NodeID) async {
        let now = time.now()
        var changed: [MachineRecord] = []
        for snapshot in snapshots {
            let id = MachineID(node: node, uuid: snapshot.uuid)
            guard !coming.contains(id) else { continue }
            let record = self.record(for: id, name: snapshot.name, now: now)
            // A write a day is enough to know that it is still seen.
            let isStale = records[id].map { now.timeIntervalSince($0.lastSeenAt) > 86_400 } ?? true
            if isStale || records[id]?.name != record.name || records[id]?.isDuplicate != record.isDuplicate {
                changed.append(record)
                records[id] = record
            }
            let before = present[id]
            guard before?.snapshot != snapshot else { continue }
            let since = before.map { $0.snapshot.state == snapshot.state ? $0.since : now } ?? nil
            present[id] = Machine(snapshot: snapshot, since: since)
            bus.publish(.machineChanged(id))
        }
        guard !changed.isEmpty else { return }
        do {
            try await repository.upsertMachines(changed)
        } catch is CancellationError {
            // The host is stopping; the next start gets them from the node again.
        } catch {
            logger.error("machines could not be written to the store", metadata: ["error": "\(error)"])
        }
    }

    private func record(for id: MachineID, name: String, now: Date) -> MachineRecord {
        let hasElder = nodes.keys.contains { other in
            guard other != id.node, let rival = records[MachineID(node: other, uuid: id.uuid)] else { return false }
            return !rival.isDuplicate
        }
        var record = records[id] ?? MachineRecord(id: id, name: name, isDuplicate: hasElder, lastSeenAt: now)
        if record.isDuplicate, !hasElder { record.isDuplicate = false }
        record.name = name
        record.lastSeenAt = now
        return record
    }

    private func removeMachines(of node: NodeID) {
        for id in present.keys where id.node == node { remove(id) }
    }

    /// Takes a machine out that its node does not have any more.
    func remove(_ id: MachineID) {
        guard let entry = machine(id) else { return }
        present[id] = nil
        bus.publish(.machineRemoved(id, address: entry.address.description))
    }
}
