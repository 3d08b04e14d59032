// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// What nodes and machines use now, and what they used.
///
/// Gatehouse gathers nothing by itself: whoever samples takes a node's counters with `take`, works out what
/// came about since the last time, and appends that.
package actor Samples {
    /// The most machines of one report.
    package static let maximumMachines = 10_000

    /// When a machine's processor time was read, for the next time.
    private struct Reading {
        var at: Duration
        var nanoseconds: Int64
        var percent: Double?
    }

    private let repository: any SampleRepository
    private let inventory: Inventory
    private let alerts: Alerts
    private let bus: EventBus
    private let time: TimeSource
    private let retention: SampleRetention
    private var last: [NodeID: Date] = [:]
    private var sampling: Set<NodeID> = []
    private var appending: Set<NodeID> = []
    private var readings: [MachineID: Reading] = [:]
    /// How full each node's fullest storage was at its last sample, and when that was taken.
    private var fullest: [NodeID: (percent: Double, at: Duration)] = [:]

    /// Makes the keeper of samples; `load` must be called before use.
    package init(
        repository: any SampleRepository, inventory: Inventory, alerts: Alerts, bus: EventBus, time: TimeSource,
        retention: SampleRetention = SampleRetention()
    ) {
        self.repository = repository
        self.inventory = inventory
        self.alerts = alerts
        self.bus = bus
        self.time = time
        self.retention = retention
    }

    /// Takes up what was kept.
    package func load() async throws { last = try await repository.lastSamples() }
}

// MARK: - Now

extension Samples {
    /// A node's counters with those of its machines.
    ///
    /// - Throws: `conflict` while the node still works at the sample before; what the node throws.
    package func take(from node: NodeID) async throws -> NodeSample {
        let hypervisor = try await inventory.hypervisor(on: node)
        guard sampling.insert(node).inserted else {
            throw GatehouseError(.conflict, "A sample of this node is being taken; try again when that has ended.")
        }
        defer { sampling.remove(node) }
        var sample = try await hypervisor.sample()
        fullest[node] = sample.host.storage?.map(\.percent).max().map { ($0, time.uptime()) }
        let known = await inventory.machines(on: node)
        for index in sample.machines.indices {
            guard let snapshot = known[sample.machines[index].uuid]?.snapshot else { continue }
            sample.machines[index].fill(from: snapshot)
        }
        return sample
    }

    /// A machine's counters, and how much of its processors' time it has used since somebody last asked.
    package func statistics(of id: MachineID) async throws -> (statistics: MachineStatistics, cpuPercent: Double?) {
        var statistics = try await inventory.hypervisor(of: id).statistics(of: id.uuid)
        if let snapshot = await inventory.machine(id)?.snapshot {
            statistics.counters.fill(from: snapshot)
            statistics.maxMemoryKiB = statistics.maxMemoryKiB ?? snapshot.maxMemoryKiB.map(Int64.init)
        }
        return (statistics, percent(of: id, statistics.counters))
    }

    private func percent(of id: MachineID, _ counters: MachineCounters) -> Double? {
        guard let nanoseconds = counters.cpuNanoseconds, let vcpus = counters.vcpus, vcpus > 0 else {
            readings[id] = nil
            return nil
        }
        let now = time.uptime()
        let before = readings[id]
        if let before, before.nanoseconds <= nanoseconds {
            let passed = (now - before.at).seconds
            // Too short a time says nothing; what was worked out last still holds.
            if passed < 0.5 { return before.percent }
            if passed <= 300 {
                let used = Double(nanoseconds - before.nanoseconds) / 1e9
                let percent = min(max(100 * used / (passed * Double(vcpus)), 0), 100)
                readings[id] = Reading(at: now, nanoseconds: nanoseconds, percent: percent)
                return percent
            }
        }
        if readings.count >= 10_000 { readings = readings.filter { (now - $0.value.at).seconds <= 300 } }
        readings[id] = Reading(at: now, nanoseconds: nanoseconds)
        return nil
    }
}

// MARK: - History

extension Samples {
    /// Keeps a report; gives whether it was kept, or dropped because it was there already.
    ///
    /// Machines that the node does not have are left out.
    /// - Throws: `invalidParameters` where its moment is too far from now, `conflict` where a later one is
    ///   kept or another is being kept, `notFound`, `storageFailed`.
    package func append(_ report: NodeReport) async throws -> Bool {
        guard let node = await inventory.node(report.node) else {
            throw GatehouseError(.notFound, "There is no such node.")
        }
        guard report.machines.count <= Self.maximumMachines else {
            throw GatehouseError.invalidParameter(
                "machines", "A sample has at most \(Self.maximumMachines) machines.")
        }
        let names = await inventory.machines(on: report.node).mapValues(\.snapshot.name)
        guard !appending.contains(report.node) else {
            throw GatehouseError(.conflict, "A sample of this node is being kept; append one after the other.")
        }
        let verdict = try SampleOrder.decide(report.at, last: last[report.node], now: time.now())
        guard verdict != .drop else { return false }
        appending.insert(report.node)
        defer { appending.remove(report.node) }
        var kept = report
        kept.machines.removeAll { names[$0.uuid] == nil }
        // It is no rate: whoever works out rates may leave it to us.
        if kept.host.diskPercent == nil, let fullest = fullest[report.node], time.uptime() - fullest.at < .seconds(60) {
            kept.host.diskPercent = fullest.percent
        }
        kept.host.traffic = kept.host.traffic.filled(from: kept.machines.map(\.traffic))
        try await repository.appendSample(kept, keeping: retention)
        last[report.node] = report.at
        bus.publish(.sampleAdded(report.node))
        await alerts.note(kept, nodeName: node.record.name, machineNames: names)
        return true
    }

    /// A part of a history: the last hour where nothing else is said.
    ///
    /// - Throws: `invalidParameters`, `storageFailed`.
    package func history(
        of subject: SampleSubject, from: Date?, to: Date?, resolution: SampleResolution?
    ) async throws -> (window: SampleWindow, points: [SamplePoint]) {
        let window = try SampleWindow(
            from: from, to: to, resolution: resolution, now: time.now(), retention: retention)
        let points = try await repository.samples(
            SampleQuery(
                subject: subject, resolution: window.resolution, from: window.from, to: window.to, step: window.step))
        return (window, points)
    }
}

extension MachineCounters {
    /// Takes what the node's counters do not tell from what is known of the machine.
    fileprivate mutating func fill(from snapshot: MachineSnapshot) {
        // That an image is saved is no part of the counters.
        if state == .off, snapshot.state == .saved { state = .saved }
        vcpus = vcpus ?? snapshot.vcpus
        memoryKiB = memoryKiB ?? snapshot.memoryKiB.map(Int64.init)
    }
}

extension Traffic {
    /// The sum of the parts, where nothing is said of the whole.
    fileprivate func filled(from parts: [Traffic]) -> Traffic {
        func sum(_ whole: Double?, _ part: KeyPath<Traffic, Double?>) -> Double? {
            if let whole { return whole }
            let known = parts.compactMap { $0[keyPath: part] }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
        return Traffic(
            diskRead: sum(diskRead, \.diskRead), diskWrite: sum(diskWrite, \.diskWrite),
            netReceived: sum(netReceived, \.netReceived), netSent: sum(netSent, \.netSent))
    }
}
