// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Model

/// Reads counters in the way that a node's driver knows.
struct StatisticsReader: Sendable {
    /// The node.
    let node: LibvirtNode
    /// How long a sample may ask machine by machine for what the driver does not tell of all at once.
    private static let patience: Duration = .seconds(4)

    /// The host and every machine.
    func sample(_ connection: borrowing Connection) throws -> NodeSample {
        let start = Date()
        var host = try connection.hostCounters(freeMemoryIsKiB: node.uri.driver == .test)
        host.load = load()
        // A node without storage of its own, or whose storage daemon is away, is measured all the same.
        host.storage = try? connection.storage()
        var machines: [UUID: MachineCounters] = [:]
        do {
            for figures in try connection.allFigures() { machines[figures.uuid] = figures.counters }
        } catch {
            guard error.isUnsupported else { throw error }
        }
        // Half-way between the first answer and the last.
        var at = start.addingTimeInterval(Date().timeIntervalSince(start) / 2)
        // QEMU's driver tells everything of whatever runs; where it tells little the machine is busy.
        if node.uri.driver != .qemu {
            at = Date()
            try complete(&machines, connection)
        }
        return NodeSample(at: at, host: host, machines: Array(machines.values))
    }

    /// Asks machine by machine for what is missing, as long as there is time.
    private func complete(_ machines: inout [UUID: MachineCounters], _ connection: borrowing Connection) throws {
        let end = ContinuousClock.now + Self.patience
        for reference in try connection.domains() {
            guard ContinuousClock.now < end else { return }
            if machines[reference.uuid] == nil {
                guard let activity = try? reference.domain.activity() else { continue }
                machines[reference.uuid] = MachineCounters(
                    uuid: reference.uuid, state: DomainReading.state(activity, hasSavedImage: false))
            }
            guard let known = machines[reference.uuid], known.state.isActive, known.cpuNanoseconds == nil,
                let statistics = try? singly(reference.domain, state: known.state, uuid: known.uuid)
            else { continue }
            machines[reference.uuid] = statistics.counters
        }
    }

    /// One machine.
    func statistics(_ domain: borrowing Domain) throws -> MachineStatistics {
        let uuid = try domain.uuid()
        var figures: DomainFigures?
        do {
            figures = try domain.figures()
        } catch {
            guard error.isUnsupported else { throw error }
        }
        let state = DomainReading.state(try domain.activity(), hasSavedImage: false)
        guard let figures, figures.numbers["cpu.time"] != nil || !state.isActive || node.uri.driver == .qemu else {
            return try singly(domain, state: state, uuid: uuid)
        }
        var counters = figures.counters
        counters.state = state
        return MachineStatistics(
            at: Date(), counters: counters, maxMemoryKiB: figures.maxMemoryKiB, disks: figures.disks,
            interfaces: figures.interfaces)
    }

    /// What the calls for single machines and devices tell; a device that can not be measured is left out.
    private func singly(
        _ domain: borrowing Domain, state: MachineState, uuid: UUID
    ) throws -> MachineStatistics {
        var counters = MachineCounters(uuid: uuid, state: state)
        let usage = try domain.usage()
        counters.vcpus = usage.vcpus
        counters.memoryKiB = usage.memoryKiB
        var found = MachineStatistics(at: Date(), counters: counters, maxMemoryKiB: usage.maxMemoryKiB)
        guard state.isActive else { return found }
        found.counters.cpuNanoseconds = usage.cpuNanoseconds
        let description = try DomainDescription(xml: try domain.xml())
        for disk in description.disks {
            if let disk = try? domain.disk(disk.target) { found.disks.append(disk) }
        }
        for interface in description.interfaces {
            // Without a device on the node there is only the hardware address to ask by.
            if let interface = try? domain.interface(interface.target ?? interface.mac) {
                found.interfaces.append(interface)
            }
        }
        found.counters.diskReadBytes = DomainFigures.sum(found.disks.map(\.readBytes))
        found.counters.diskWriteBytes = DomainFigures.sum(found.disks.map(\.writeBytes))
        found.counters.netReceivedBytes = DomainFigures.sum(found.interfaces.map(\.receivedBytes))
        found.counters.netSentBytes = DomainFigures.sum(found.interfaces.map(\.sentBytes))
        return found
    }

    /// The load of this host, where the node is this host; libvirt has no call for it.
    private func load() -> [Double]? {
        guard node.isThisHost, let text = try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        else { return nil }
        let numbers = text.split(separator: " ").prefix(3).compactMap { Double($0) }
        return numbers.count == 3 ? numbers : nil
    }
}
