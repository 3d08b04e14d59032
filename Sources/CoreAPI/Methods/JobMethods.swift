// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

private let jobParameter = Parameter.required("job", .int(1...Int64.max), "The job's number.")
private let fenceParameter = Parameter.required(
    "fence", .int(1...Int64.max), "The number under which the job was handed out.")

extension CoreAPI {
    /// The methods of jobs; what a job can be is in the table.
    static func jobMethods(_ table: [Method]) -> [Method] {
        let kinds = Dictionary(table.filter(\.isKindOfJob).map { ($0.name, $0) }) { first, _ in first }
        return [submitMethod(kinds)] + jobViewMethods + schedulerMethods
    }

    private static func submitMethod(_ kinds: [String: Method]) -> Method {
        Method(
            "job.submit", "Has a method called later, or by a scheduler, under the caller's rights.", right: .user,
            parameters: [
                .required("kind", .string(maximum: 100), "The method's name, such as machine.start."),
                .optional("parameters", .object(maximumBytes: maximumJobBytes), "The method's parameters."),
                .optional("machine", .string(maximum: 200), "The machine, as among the parameters."),
                .optional("node", .string(maximum: 64), "The node, as among the parameters."),
                .optional("priority", .word(JobPriority.allCases.map(\.word)), "How urgent it is; normal if left out."),
                .optional("notBefore", .string(maximum: 40), "Not to be begun before that time (RFC 3339)."),
                .optional(
                    "cron", .string(maximum: 200), "When to do it again and again, in UTC, as in crontab(5)."),
                .optional("attempts", .int(1...10), "How often it may be tried; 3 if left out."),
                .optional("dependencies", .ints(1...Int64.max, maximum: 100), "Jobs that must complete first."),
            ],
            result: "{job}", isChange: true
        ) { call in
            let job = try await call.core.jobs.submit(try await call.newJob(kinds))
            return ["job": await call.render.job(job)]
        }
    }

    private static let jobViewMethods = [
        Method(
            "job.get", "Shows a job with its history.", right: .user, parameters: [jobParameter],
            result: "{job, events}", isActivity: false
        ) { call in
            let job = try await call.job()
            let events = try await call.core.jobs.events(of: job.id)
            return ["job": await call.render.job(job), "events": .array(events.map(Render.jobEvent))]
        },
        Method(
            "job.list", "Lists the caller's jobs and those of machines that he may see, newest first.", right: .user,
            parameters: [
                .optional("status", .word(JobStatus.allCases.map(\.rawValue)), "Only in that state."),
                .optional("machine", .string(maximum: 200), "Only on that machine."),
                .optional("node", .string(maximum: 64), "Only on that node."),
                .optional("active", .bool, "Only those that are not finished, or only those that are."),
                .optional("held", .bool, "Only those that are on hold, or only those that are not."),
                .optional("before", .int(1...Int64.max), "Only jobs with a lower id."),
                .optional("limit", .int(1...500), "At most that many; 100 if left out."),
            ],
            result: "{jobs, more, scheduler}", isActivity: false
        ) { call in
            let found = try await call.core.jobs.jobs(try await call.jobFilter())
            var jobs: [JSONValue] = []
            for job in found.jobs { jobs.append(await call.render.job(job)) }
            return [
                "jobs": .array(jobs), "more": .bool(found.more),
                "scheduler": await call.core.jobs.hasScheduler ? "on" : "off",
            ]
        },
        Method(
            "job.events", "Shows a job's history.", right: .user,
            parameters: [jobParameter, .optional("after", .int(0...Int64.max), "Only events with a higher id.")],
            result: "{events}", isActivity: false
        ) { call in
            let events = try await call.core.jobs.events(
                of: try await call.job().id, after: call.arguments.optionalInt("after") ?? 0)
            return ["events": .array(events.map(Render.jobEvent))]
        },
        Method(
            "job.cancel", "Cancels a job; one that is being done is asked to end.", right: .user,
            parameters: [jobParameter], result: "{job}", isChange: true
        ) { call in
            let job = try await call.job()
            guard call.mayCancel(job) else {
                throw GatehouseError(.forbidden, "You may look at this job, but not cancel it.")
            }
            let ended = try await call.core.jobs.cancel(job.id, by: call.principal.name ?? "somebody")
            return ["job": await call.render.job(ended)]
        },
        Method(
            "job.release", "Lets a job that is on hold go on, one's own or for a superuser anybody's; or all of those.",
            right: .user,
            parameters: [
                .optional("job", .int(1...Int64.max), "The job's number."),
                .optional("all", .bool, "Every job that is on hold and that the caller may release."),
            ],
            result: "{jobs}", isChange: true
        ) { call in
            let released = try await call.release()
            var jobs: [JSONValue] = []
            for job in released { jobs.append(await call.render.job(job)) }
            return ["jobs": .array(jobs)]
        },
    ]

    private static let schedulerMethods = [
        Method(
            "job.claim", "Hands a job to a scheduler plugin, with a lease.", right: .superUser,
            parameters: [.optional("kinds", .texts(maximum: 500), "Only of these kinds.")],
            result: "{job: null or {id, kind, parameters, attempt, fence, leaseSeconds}}", isActivity: false
        ) { call in try await call.claim() },
        Method(
            "job.progress", "Tells how far a job is, and keeps its lease.", right: .superUser,
            parameters: [
                jobParameter, fenceParameter, .optional("percent", .int(0...100), "How far it is."),
                .optional("message", .string(maximum: 2000), "What is being done."),
            ],
            result: "{cancelled}", isActivity: false
        ) { call in
            let arguments = call.arguments
            let isCancelled = try await call.core.jobs.progress(
                call.jobID, fence: call.fence, by: call.schedulerName(),
                percent: arguments.optionalInt("percent").map { Int($0) },
                message: arguments.optionalString("message"))
            return ["cancelled": .bool(isCancelled)]
        },
        Method(
            "job.finish", "Tells how a job ended.", right: .superUser,
            parameters: [
                jobParameter, fenceParameter,
                .required("outcome", .word(JobOutcome.allCases.map(\.rawValue)), "How it ended."),
                .optional(
                    "output", .any(maximumBytes: maximumJobBytes), "What it gave; its call's result if left out."),
                .optional("message", .string(maximum: 2000), "Why it ended so."),
            ],
            result: "{job}", isActivity: false
        ) { call in
            let arguments = call.arguments
            let job = try await call.core.jobs.finish(
                call.jobID, fence: call.fence, by: call.schedulerName(),
                outcome: JobOutcome(rawValue: arguments.string("outcome")) ?? .error,
                output: arguments.value("output"), message: arguments.optionalString("message"))
            return ["job": await call.render.job(job)]
        },
    ]
}

extension Method {
    /// Whether a job can be a call of it: not what is bound to a session, handles secrets, or handles jobs.
    var isKindOfJob: Bool {
        guard right != .anonymous, right != .local, !name.hasPrefix("console.open"),
            name != "console.revealPassword", !name.hasPrefix("session.")
        else { return false }
        return !parameters.contains { ["password", "token", "secret"].contains($0.name) }
    }
}

extension Call {
    fileprivate var jobID: JobID { JobID(arguments.optionalInt("job") ?? 0) }
    fileprivate var fence: Int64 { arguments.optionalInt("fence") ?? 0 }

    /// The job that is named, if the caller may see it.
    fileprivate func job() async throws -> Job {
        let job = try await core.jobs.job(jobID)
        guard core.maySee(job, principal) else { throw GatehouseError.jobNotFound }
        return job
    }

    fileprivate func mayCancel(_ job: Job) -> Bool {
        if core.isOwn(job, principal) { return true }
        return job.machine.map { core.access.level(of: principal, on: $0).mayOperate } ?? false
    }

    fileprivate func release() async throws -> [Job] {
        let (core, principal) = (self.core, self.principal)
        let name = principal.name ?? "somebody"
        let isAll = arguments.optionalBool("all") == true
        guard isAll != (arguments.optionalInt("job") != nil) else {
            throw GatehouseError(.invalidParameters, "Name a job, or say all.")
        }
        guard !isAll else { return try await core.jobs.release(by: name) { core.isOwn($0, principal) } }
        let job = try await self.job()
        guard core.isOwn(job, principal) else {
            throw GatehouseError(.forbidden, "You may look at this job, but not release it.")
        }
        let released = try await core.jobs.release(by: name) { $0.id == job.id }
        guard !released.isEmpty else { throw GatehouseError(.conflict, "Job \(job.id) is not on hold.") }
        return released
    }

    fileprivate func jobFilter() async throws -> JobFilter {
        var filter = JobFilter(
            before: arguments.optionalInt("before"), limit: Int(arguments.optionalInt("limit") ?? 100))
        filter.status = arguments.optionalString("status").flatMap(JobStatus.init(rawValue:))
        filter.isFinished = arguments.optionalBool("active").map { !$0 }
        filter.isOnHold = arguments.optionalBool("held")
        if let machine = arguments.optionalString("machine") {
            filter.machine = try await core.visibleMachine(machine, for: principal).id
        }
        if let name = arguments.optionalString("node") { filter.node = try await visibleNode(name).record.id }
        if !core.access.isSuperUser(principal) {
            let machines = await core.inventory.allMachines().map(\.id)
                .filter { core.access.level(of: principal, on: $0).mayView }
            filter.visible = JobVisibility(user: principal.user?.id ?? UserID(0), machines: Set(machines))
        }
        return filter
    }

    func visibleNode(_ name: String) async throws -> NodeEntry {
        guard let node = await core.inventory.node(named: name), await core.maySee(node, principal) else {
            throw GatehouseError(.notFound, "There is no such node, or you have no rights on it.")
        }
        return node
    }

    /// The plugin that calls.
    fileprivate func schedulerName() throws -> String {
        guard case .plugin(let plugin) = principal.identity else {
            throw GatehouseError(.forbidden, "Only a plugin with a scheduler part is handed jobs.")
        }
        return plugin.name
    }

    fileprivate func claim() async throws -> JSONValue {
        let kinds = arguments.optionalTexts("kinds")
        guard let job = try await core.jobs.claim(kinds: kinds, by: try schedulerName()) else { return ["job": nil] }
        effects.note(.work(await core.jobs.principal(of: job)))
        return [
            "job": [
                "id": .int(job.id.number), "kind": .string(job.kind), "parameters": .object(job.parameters),
                "attempt": .int(Int64(job.attempt)), "fence": .int(job.fence),
                "leaseSeconds": .int(core.jobs.limits.lease.components.seconds),
            ]
        ]
    }
}

extension CoreServices {
    /// Whether a job is the caller's own, or he may do everything.
    func isOwn(_ job: Job, _ principal: Principal) -> Bool {
        if access.isSuperUser(principal) { return true }
        return job.submitter.user != nil && job.submitter.user == principal.user?.id
    }

    /// Whether a caller may see a job: his own, and those of machines that he may see.
    func maySee(_ job: Job, _ principal: Principal) -> Bool {
        if isOwn(job, principal) { return true }
        return job.machine.map { access.level(of: principal, on: $0).mayView } ?? false
    }
}
