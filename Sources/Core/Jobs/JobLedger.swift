// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Logging
package import Model

/// Every job: takes them in, hands them out one at a time for each machine, and decides what became of them.
///
/// One change follows the other: each is worked out from what is in memory, written in one transaction, and only
/// then counts. What has to outlast the host is in the store; who holds a job and until when is not, because every
/// plugin ends with the host. A change is told only after it was written.
package actor JobLedger {
    /// How long a scheduler keeps a job.
    struct Lease {
        /// The plugin.
        let holder: String
        /// Its process; nil where that is not known.
        let process: Int?
        /// Until when, in uptime.
        var until: Duration
        /// Whether it can not be made longer any more.
        var isLast = false
        /// When the history got its last line about progress, in uptime.
        var toldAt: Duration?
    }

    /// An attempt that ended without an outcome, which the node has to tell.
    struct Interruption {
        /// What happened.
        let reason: String
        /// Since when nobody knows, in uptime.
        let since: Duration
    }

    let repository: any JobRepository
    let inventory: Inventory
    let access: AccessRegistry
    let plugins: any PluginControl
    let bus: EventBus
    let time: TimeSource
    /// What is set of jobs.
    package nonisolated let limits: JobLimits
    let logger: Logger

    /// Every job that is not finished.
    var active: [JobID: Job] = [:]
    /// The jobs that others still wait for.
    var pending: [JobID: Set<JobID>] = [:]
    var leases: [JobID: Lease] = [:]
    /// Jobs whose call is being made.
    var calls: Set<JobID> = []
    var interruptions: [JobID: Interruption] = [:]
    /// Those of them about which a node is being asked.
    var asking: Set<JobID> = []
    /// Wakes whoever asks the nodes.
    let (questions, asker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// Jobs that have just ended, for those who are told so.
    var recent: [JobID: Job] = [:]
    var lastRetention: Duration?

    private var isChanging = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    /// Makes a ledger; `load` must be called before use.
    package init(
        repository: any JobRepository, inventory: Inventory, access: AccessRegistry, plugins: any PluginControl,
        bus: EventBus, time: TimeSource, limits: JobLimits, logger: Logger
    ) {
        self.repository = repository
        self.inventory = inventory
        self.access = access
        self.plugins = plugins
        self.bus = bus
        self.time = time
        self.limits = limits
        self.logger = logger
    }

    /// Takes up what was kept; whatever was being done when the host ended is decided.
    package func load() async throws {
        for job in try await repository.unfinishedJobs() { active[job.id] = job }
        let wanted = Set(active.values.flatMap(\.dependencies))
        let statuses = try await repository.jobStatuses(wanted)
        for job in active.values where job.status.isWaiting {
            let open = job.dependencies.filter { statuses[$0] != nil && statuses[$0] != .completed }
            if !open.isEmpty { pending[job.id] = Set(open) }
        }
        try await exclusively {
            var changes = Changes()
            for job in active.values.sorted(by: { $0.id < $1.id }) {
                if job.status.isHeld {
                    if let machine = job.machine { _ = await inventory.lock(machine, for: job) }
                    interrupt(job, "Gatehouse ended while the job was being done.", &changes)
                } else if job.status == .fetched, pending[job.id] == nil {
                    // What it waited for is forgotten.
                    var job = job
                    job.wait(forOthers: false, at: time.now())
                    changes.add(job)
                } else if let failed = pending[job.id]?.first(where: { statuses[$0]?.isFinished == true }) {
                    changes.add(job) { $0.failDependency(failed, at: time.now()) }
                }
            }
            try await save(changes)
        }
    }

    /// Makes one change after the other.
    func exclusively<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        if isChanging {
            await withCheckedContinuation { queue.append($0) }
        } else {
            isChanging = true
        }
        defer {
            if queue.isEmpty { isChanging = false } else { queue.removeFirst().resume() }
        }
        return try await body()
    }
}

// MARK: - Writing

extension JobLedger {
    /// Jobs as they are to be, with lines for their histories.
    struct Changes {
        var jobs: [Job] = []
        var events: [JobEvent] = []

        /// Adds a job after a move that gives a line for its history.
        mutating func add(_ job: Job, _ move: (inout Job) -> String) {
            var job = job
            let message = move(&job)
            add(job)
            events.append(JobEvent(job: job.id, at: .distantPast, status: job.status, message: message))
        }

        /// Adds a job of which there is nothing to tell.
        mutating func add(_ job: Job) {
            jobs.removeAll { $0.id == job.id }
            jobs.append(job)
        }
    }

    /// Writes changes with all that follows from them, then tells everybody.
    func save(_ changes: Changes) async throws {
        var changes = changes
        guard !changes.jobs.isEmpty else { return }
        let now = time.now()
        let open = follow(&changes)
        for index in changes.events.indices { changes.events[index].at = now }
        try await repository.saveJobs(changes.jobs, events: changes.events)
        for id in open.keys { pending[id] = open[id].flatMap { $0.isEmpty ? nil : $0 } }
        for job in changes.jobs { await take(job) }
        tellReady(changes.jobs)
    }

    /// Works out what the end of jobs means for those that wait for them.
    private func follow(_ changes: inout Changes) -> [JobID: Set<JobID>] {
        var open: [JobID: Set<JobID>] = [:]
        var ended = changes.jobs.filter(\.status.isFinished)
        let now = time.now()
        while let other = ended.popLast() {
            open[other.id] = []
            for (id, all) in pending where all.contains(other.id) {
                guard var job = changes.jobs.first(where: { $0.id == id }) ?? active[id], job.status.isWaiting else {
                    continue
                }
                if other.status == .completed {
                    let rest = (open[id] ?? all).subtracting([other.id])
                    open[id] = rest
                    if rest.isEmpty {
                        job.wait(forOthers: false, at: now)
                        changes.add(job)
                    }
                } else {
                    changes.add(job) { $0.failDependency(other.id, at: now) }
                    changes.jobs.last.map { ended.append($0) }
                }
            }
        }
        return open
    }

    /// Takes up a job as it was written.
    private func take(_ job: Job) async {
        let wasHeld = active[job.id]?.status.isHeld ?? false
        active[job.id] = job.status.isFinished ? nil : job
        if job.status.isFinished { remember(job) }
        if !job.status.isHeld {
            leases[job.id] = nil
            interruptions[job.id] = nil
            if wasHeld, let machine = job.machine { await inventory.unlock(machine, from: job.id) }
        }
        bus.publish(.jobChanged(job.id))
    }

    func remember(_ job: Job) {
        recent[job.id] = job
        if recent.count > 400 { for id in recent.keys.sorted().prefix(200) { recent[id] = nil } }
    }

    /// Tells schedulers where there may be something for them.
    func tellReady(_ changed: [Job]) {
        let hasNew = changed.contains(where: \.isReady)
        let freed = Set(changed.filter { !$0.status.isHeld }.compactMap(\.machine))
        guard
            hasNew
                || active.values.contains(where: { job in
                    job.isReady && (job.machine.map(freed.contains) ?? false)
                })
        else { return }
        bus.publish(.jobReady)
    }
}
