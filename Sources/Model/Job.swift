// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The number of a job.
package typealias JobID = RowID<Job>

/// Where a job stands (Zentific's ten job states, in the order of their numbers).
package enum JobStatus: String, Sendable, CaseIterable {
    /// Kept; its time has not come.
    case inserted
    /// Kept; it waits for other jobs.
    case fetched
    /// Ready; it waits for a scheduler and for its machine.
    case enqueued
    /// Its call has been made; what comes of it may show on the node at any moment.
    case executing
    case completed
    case cancelled
    case error
    /// Handed to a scheduler, which has not called anything yet: nothing was done.
    case launching
    /// It waits for another attempt, or for the next time of its cron entry.
    case rescheduled
    /// A job that it waited for did not complete.
    case dependencyFailed

    /// Whether nothing more will happen.
    package var isFinished: Bool {
        switch self {
        case .completed, .cancelled, .error, .dependencyFailed: true
        default: false
        }
    }

    /// Whether a scheduler holds it.
    package var isHeld: Bool { self == .launching || self == .executing }

    /// Whether it waits for something.
    package var isWaiting: Bool { !isFinished && !isHeld }
}

/// How urgent a job is; the order is that of urgency.
package enum JobPriority: Int, Sendable, CaseIterable, Comparable {
    case low
    case normal
    case high
    case immediate

    /// The word that JSON uses.
    package var word: String { String(describing: self) }

    /// The priority of that word, or nil.
    package init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }

    /// Orders by urgency.
    package static func < (left: JobPriority, right: JobPriority) -> Bool { left.rawValue < right.rawValue }
}

/// On whose behalf a job is done.
package struct JobSubmitter: Sendable, Equatable {
    /// The user; nil for an administrator on the machine itself and for a plugin.
    package var user: UserID?
    /// The plugin, where one submitted it for itself.
    package var plugin: String?
    /// The name at that time, for people.
    package var name: String

    /// Names a submitter.
    package init(user: UserID?, plugin: String? = nil, name: String) {
        self.user = user
        self.plugin = plugin
        self.name = name
    }
}

/// What is known of the one call that an attempt makes.
package enum JobCall: String, Sendable, CaseIterable {
    /// It was not made.
    case none
    /// It was made; what came of it is not known.
    case begun
    /// It succeeded; the job's output is its result.
    case done
    /// It was refused or failed, and for certain did nothing; the job's error says why.
    case refused
}

/// Work that is to be done later, or by somebody else: a call of a core method under its submitter's rights.
package struct Job: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: JobID
    /// The core method, such as `machine.start`.
    package var kind: String
    /// The method's parameters; always an object.
    package var parameters: [String: JSONValue]
    /// Whether doing it twice is the same as doing it once.
    package var isRepeatable: Bool
    /// On whose behalf.
    package var submitter: JobSubmitter
    /// The machine it is about; one job at a time is carried out on a machine.
    package var machine: MachineID?
    /// The machine's name when the job was submitted.
    package var machineName: String?
    /// The node it is about, also by its machine.
    package var node: NodeID?
    /// How urgent it is.
    package var priority = JobPriority.normal
    /// Not to be begun before that.
    package var notBefore: Date?
    /// When it is to be done again and again, in UTC.
    package var cron: Cron?
    /// How often it may be tried for each run.
    package var attempts = 3
    /// Jobs that must complete first.
    package var dependencies: [JobID] = []
    /// When it was submitted.
    package var createdAt: Date

    /// Where it stands.
    package var status = JobStatus.inserted
    /// Whether it waits until somebody releases it, whatever its state and time.
    package var isOnHold = false
    /// When it can be begun; nil for at once.
    package var dueAt: Date?
    /// Attempts that were begun, for this run.
    package var attempt = 0
    /// Times that an attempt ended without an outcome, for this run.
    package var interruptions = 0
    /// What is known of the attempt's call.
    package var call = JobCall.none
    /// Rises whenever the job is handed out or taken away; writes with a lower number are refused.
    package var fence: Int64 = 0
    /// The plugin that holds it.
    package var holder: String?
    /// Whether it is to end as soon as it can.
    package var isCancelRequested = false
    /// How far it is, 0 to 100.
    package var percent: Int?
    /// What the scheduler says about it.
    package var message: String?
    /// What the call gave.
    package var output: JSONValue?
    /// Why it, or for a cron entry its last run, did not complete.
    package var error: String?
    /// When it, or for a cron entry its last run, was first handed to a scheduler.
    package var startedAt: Date?
    /// When it, or for a cron entry its last run, ended.
    package var finishedAt: Date?

    /// Makes a job that was just submitted.
    package init(
        id: JobID = JobID(0), kind: String, parameters: [String: JSONValue] = [:], isRepeatable: Bool = false,
        submitter: JobSubmitter, createdAt: Date
    ) {
        self.id = id
        self.kind = kind
        self.parameters = parameters
        self.isRepeatable = isRepeatable
        self.submitter = submitter
        self.createdAt = createdAt
    }

    /// Whether a scheduler may take it up now.
    package var isReady: Bool { status == .enqueued && !isOnHold }

    /// The operation on a machine that it is, if it is one.
    package var operation: MachineOperation? {
        guard machine != nil, kind.hasPrefix("machine.") else { return nil }
        return MachineOperation(rawValue: String(kind.dropFirst("machine.".count)))
    }
}

/// A line of a job's history.
package struct JobEvent: Sendable, Equatable {
    /// Its number; zero until it is kept.
    package var id: Int64
    /// The job.
    package var job: JobID
    /// When.
    package var at: Date
    /// Where the job stood then.
    package var status: JobStatus
    /// What happened, at most 500 characters.
    package var message: String

    /// Makes a line.
    package init(id: Int64 = 0, job: JobID, at: Date, status: JobStatus, message: String) {
        self.id = id
        self.job = job
        self.at = at
        self.status = status
        self.message = String(message.prefix(500))
    }
}

/// Which jobs to list.
package struct JobFilter: Sendable, Equatable {
    /// Only jobs with a lower number.
    package var before: Int64?
    /// At most that many, 1 to 500.
    package var limit: Int
    /// Only in that state.
    package var status: JobStatus?
    /// Only those that are finished, or that are not.
    package var isFinished: Bool?
    /// Only those that are on hold, or that are not.
    package var isOnHold: Bool?
    /// Only on that machine.
    package var machine: MachineID?
    /// Only on that node.
    package var node: NodeID?
    /// Only those that somebody may see; nil for all.
    package var visible: JobVisibility?

    /// Makes a filter.
    package init(
        before: Int64? = nil, limit: Int = 100, status: JobStatus? = nil, isFinished: Bool? = nil,
        machine: MachineID? = nil, node: NodeID? = nil, visible: JobVisibility? = nil
    ) {
        self.before = before
        self.limit = limit
        self.status = status
        self.isFinished = isFinished
        self.machine = machine
        self.node = node
        self.visible = visible
    }
}

/// Which jobs somebody may see: his own, and those of some machines.
package struct JobVisibility: Sendable, Equatable {
    /// Who.
    package var user: UserID
    /// The machines.
    package var machines: Set<MachineID>

    /// Makes a choice.
    package init(user: UserID, machines: Set<MachineID>) {
        self.user = user
        self.machines = machines
    }
}

/// The jobs that are kept.
///
/// Every write is one transaction that has reached the disk when the method returns, and is carried out to its end
/// even where the caller is cancelled meanwhile.
package protocol JobRepository: Sendable {
    /// Keeps a new job with its first line, and gives it its number.
    func insertJob(_ job: Job, message: String) async throws -> Job
    /// Replaces jobs and adds lines to their histories, all or nothing.
    func saveJobs(_ jobs: [Job], events: [JobEvent]) async throws
    /// Every job that is not finished, by number.
    func unfinishedJobs() async throws -> [Job]
    /// The job of that number, if it is kept.
    func job(_ id: JobID) async throws -> Job?
    /// Where jobs stand; what is not kept is left out.
    func jobStatuses(_ ids: Set<JobID>) async throws -> [JobID: JobStatus]
    /// Jobs, newest first, and whether there are more.
    func jobs(_ filter: JobFilter) async throws -> (jobs: [Job], more: Bool)
    /// A job's lines with a higher number, oldest first.
    func jobEvents(of id: JobID, after: Int64) async throws -> [JobEvent]
    /// Forgets jobs that finished before that time, and of the others all but the newest; returns how many.
    func removeFinishedJobs(before date: Date, keeping most: Int) async throws -> Int
}

extension GatehouseError {
    /// The one answer for "no such job" and "not yours", so that the two can not be told apart.
    package static let jobNotFound = GatehouseError(
        .notFound, "There is no such job, or you have no rights on it.")
}
