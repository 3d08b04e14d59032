// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Logging
package import Model

/// Tells users what is wrong with the nodes and machines that they may see.
///
/// Processors, memory and storage are told from samples, and so only while somebody appends them. Whether
/// a node answers and whether a machine has crashed is told from the inventory, with or without samples.
package actor Alerts {
    /// The most alerts that a user has; the oldest go first.
    package static let maximumPerUser = 1000
    /// How long an alert that is over is kept.
    package static let life: TimeInterval = 90 * 86_400
    /// How long a node may take to tell its machines once it is online.
    private static let settling: TimeInterval = 60

    /// What waits to be written.
    private struct Change {
        /// Whether it is to be raised, and not cleared.
        let isRaise: Bool
        let condition: AlertCondition
        let name: String
        let at: Date
    }

    let inventory: Inventory
    let bus: EventBus
    let time: TimeSource
    let repository: any AlertRepository
    private let settings: any SettingRepository
    let access: AccessRegistry
    private let logger: Logger

    private var thresholds: [AlertKind: Threshold] = [:]
    private var watches: [AlertCondition: ConditionWatch] = [:]
    /// The alerts that are not over.
    private var open: [AlertCondition: Alert] = [:]
    private var changes: [Change] = []
    private var isWriting = false

    /// Makes the keeper of alerts; `load` must be called before use.
    package init(
        repository: any AlertRepository, settings: any SettingRepository, access: AccessRegistry,
        inventory: Inventory, bus: EventBus, time: TimeSource, logger: Logger
    ) {
        self.repository = repository
        self.settings = settings
        self.access = access
        self.inventory = inventory
        self.bus = bus
        self.time = time
        self.logger = logger
    }

    /// Takes up what was kept.
    package func load() async throws {
        let kept = try await settings.settings()
        for kind in AlertKind.allCases {
            thresholds[kind] = Threshold(kind: kind, kept: kept[Self.settingName(kind)])
        }
        for alert in try await repository.openAlerts() {
            open[alert.condition] = alert
            watches[alert.condition] = ConditionWatch(isRaised: true)
        }
        try await prune()
    }

    /// Forgets what has long been over, a thousand alerts at a time.
    func prune() async throws {
        _ = try await repository.pruneAlerts(clearedBefore: time.now().addingTimeInterval(-Self.life))
    }

    /// The alerts that are not over, for tests and figures.
    package var openConditions: Set<AlertCondition> { Set(open.keys) }
}

// MARK: - Thresholds

extension Alerts {
    /// What makes an alert, for each kind.
    package func allThresholds() -> [Threshold] { AlertKind.allCases.map(threshold) }

    /// Sets what makes an alert of a kind; what is nil stays as it is.
    ///
    /// - Throws: `invalidParameters` for a percentage of a kind that is not measured; `storageFailed`.
    package func setThreshold(
        _ kind: AlertKind, percent: Int?, minutes: Int?, isEnabled: Bool?
    ) async throws -> Threshold {
        guard kind.isMeasured || percent == nil else {
            throw GatehouseError.invalidParameter("percent", "Alerts of the kind \(kind.rawValue) have no percentage.")
        }
        var fresh = threshold(kind)
        fresh.percent = percent ?? fresh.percent
        fresh.minutes = minutes ?? fresh.minutes
        fresh.isEnabled = isEnabled ?? fresh.isEnabled
        try await settings.setSetting(Self.settingName(kind), to: fresh.json)
        thresholds[kind] = fresh
        if !fresh.isEnabled {
            for condition in watches.keys where condition.kind == kind { note(condition, .unknown, name: "") }
            await write()
        }
        return fresh
    }

    func threshold(_ kind: AlertKind) -> Threshold { thresholds[kind] ?? .standard(kind) }

    private static func settingName(_ kind: AlertKind) -> String { "threshold.\(kind.rawValue)" }
}

// MARK: - What is seen

extension Alerts {
    /// Takes note of a report.
    package func note(_ report: NodeReport, nodeName: String, machineNames: [UUID: String]) async {
        let host = report.host
        let node = SampleSubject.node(report.node)
        measure(.cpu, node, host.cpuPercent, name: nodeName, at: report.at)
        measure(.memory, node, host.memoryPercent, name: nodeName, at: report.at)
        measure(.disk, node, host.diskPercent, name: nodeName, at: report.at)
        for machine in report.machines {
            guard let name = machineNames[machine.uuid] else { continue }
            let subject = SampleSubject.machine(MachineID(node: report.node, uuid: machine.uuid))
            measure(.cpu, subject, machine.cpuPercent, name: name, at: report.at)
            measure(.memory, subject, machine.memoryPercent, name: name, at: report.at)
            measure(.disk, subject, machine.diskPercent, name: name, at: report.at)
        }
        await write()
    }

    private func measure(_ kind: AlertKind, _ subject: SampleSubject, _ value: Double?, name: String, at date: Date) {
        let condition = AlertCondition(kind: kind, subject: subject)
        let look = ConditionWatch.look(value, threshold: threshold(kind).percent)
        note(condition, look, name: name, at: date)
    }

    /// Looks at every node and machine.
    package func check() async {
        let (nodes, machines) = await (inventory.allNodes(), inventory.allMachines())
        for node in nodes { look(at: node) }
        for machine in machines { look(at: machine) }
        forget(nodes, machines: Set(machines.map(\.id)))
        await write()
    }

    /// Looks at one node or machine, because something about it has changed.
    func check(_ subject: SampleSubject) async {
        switch subject {
        case .node(let id): if let node = await inventory.node(id) { look(at: node) }
        case .machine(let id): if let machine = await inventory.machine(id) { look(at: machine) }
        }
        await write()
    }

    private func look(at node: NodeEntry) {
        let condition = AlertCondition(kind: .unreachable, subject: .node(node.record.id))
        let look: ConditionWatch.Look =
            switch node.state {
            case .unreachable: .bad
            case .online, .disabled: .good
            // Each attempt to connect again goes through this state.
            case .connecting: watches[condition] == nil ? .unknown : .bad
            }
        note(condition, look, name: node.record.name)
    }

    private func look(at machine: MachineEntry) {
        let condition = AlertCondition(kind: .crashed, subject: .machine(machine.id))
        let look: ConditionWatch.Look =
            switch machine.snapshot.state {
            case .crashed: .bad
            case .unknown: .unknown
            default: .good
            }
        note(condition, look, name: machine.snapshot.name)
    }

    /// What is gone is no longer wrong; but a node that has just come online may not have told its machines yet.
    private func forget(_ nodes: [NodeEntry], machines: Set<MachineID>) {
        let now = time.now()
        var settled: [NodeID: Bool] = [:]
        for node in nodes {
            settled[node.record.id] =
                switch node.state {
                case .online: now.timeIntervalSince(node.since) > Self.settling
                case .disabled: true
                case .connecting, .unreachable: false
                }
        }
        for (condition, watch) in watches {
            let isGone =
                switch condition.subject {
                case .node(let id): settled[id] == nil
                case .machine(let id): !machines.contains(id) && settled[id.node] ?? true
                }
            guard isGone else { continue }
            watches[condition] = nil
            if watch.isRaised { changes.append(Change(isRaise: false, condition: condition, name: "", at: now)) }
        }
    }

    private func note(_ condition: AlertCondition, _ look: ConditionWatch.Look, name: String, at date: Date? = nil) {
        let date = date ?? time.now()
        // Whatever is well needs no watch.
        guard var watch = watches[condition] ?? (look == .bad ? ConditionWatch() : nil) else { return }
        let verdict = watch.note(look, at: date, threshold: threshold(condition.kind))
        watches[condition] = watch.isRaised || look != .good ? watch : nil
        guard let verdict else { return }
        changes.append(Change(isRaise: verdict == .raise, condition: condition, name: name, at: date))
    }
}

// MARK: - Writing

extension Alerts {
    /// Writes what waits; whoever comes while somebody writes leaves it to him.
    private func write() async {
        guard !isWriting else { return }
        isWriting = true
        defer { isWriting = false }
        var told: Set<UserID> = []
        while !changes.isEmpty {
            let batch = changes
            changes = []
            // A condition may come and go within a batch, so the order counts.
            var rest = batch[...]
            while let first = rest.first {
                let alike = rest.prefix { $0.isRaise == first.isRaise }
                rest = rest.dropFirst(alike.count)
                told.formUnion(first.isRaise ? await raise(Array(alike)) : await clear(Array(alike)))
            }
        }
        for user in told.sorted() { bus.publish(.alertsChanged(user)) }
    }

    private func raise(_ changes: [Change]) async -> [UserID] {
        var alerts: [NewAlert] = []
        for change in changes {
            let condition = change.condition
            alerts.append(
                NewAlert(
                    at: change.at, condition: condition, name: change.name,
                    message: AlertText.message(condition, name: change.name, threshold: threshold(condition.kind)),
                    users: await audience(of: condition)))
        }
        do {
            let kept = try await repository.insertAlerts(alerts, maximumPerUser: Self.maximumPerUser)
            for (new, kept) in zip(alerts, kept) {
                guard let kept else {
                    watches[new.condition] = nil
                    continue
                }
                open[new.condition] = kept
                logger.notice(
                    "alert raised", metadata: ["kind": "\(new.condition.kind.rawValue)", "name": "\(new.name)"])
            }
            return alerts.flatMap(\.users)
        } catch {
            for change in changes { watches[change.condition] = nil }
            report(error)
            return []
        }
    }

    private func clear(_ changes: [Change]) async -> [UserID] {
        let alerts = changes.compactMap { open[$0.condition] }
        guard let at = changes.last?.at, !alerts.isEmpty else { return [] }
        do {
            let users = try await repository.clearAlerts(alerts.map(\.id), at: at)
            for alert in alerts {
                open[alert.condition] = nil
                logger.info(
                    "alert over", metadata: ["kind": "\(alert.condition.kind.rawValue)", "name": "\(alert.name)"])
            }
            return users
        } catch {
            // The next look tries again.
            for alert in alerts { watches[alert.condition] = ConditionWatch(isRaised: true) }
            report(error)
            return []
        }
    }

    private func report(_ error: any Error) {
        if error is CancellationError { return }
        logger.error("an alert could not be written", metadata: ["error": "\(error)"])
    }
}
