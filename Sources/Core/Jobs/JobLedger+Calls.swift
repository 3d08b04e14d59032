// SPDX-License-Identifier: Apache-2.0

import Logging
package import Model

extension JobLedger {
    /// Makes a call under a job's rights.
    ///
    /// A job may look at anything that its submitter may see, and makes the one call that it is, once for each attempt.
    /// That it begins is written before, and what came of it after, so that nothing is done twice unknowingly.
    /// - Throws: `conflict` where the job was taken away or has made its call, `forbidden` for another change,
    ///   or what the call throws.
    package func carryOut(
        _ work: WorkIdentity, method: String, parameters: [String: JSONValue], isChange: Bool,
        kept: @Sendable (JSONValue) -> JSONValue, _ body: @escaping @Sendable () async throws -> JSONValue
    ) async throws -> JSONValue {
        let id = JobID(work.job)
        let job = try held(id, work.fence)
        if job.kind != method {
            guard !isChange else {
                throw GatehouseError(.forbidden, "Job \(id) is for \(job.kind) and may change nothing else.")
            }
            return try await body()
        }
        guard isChange || parameters == job.parameters else { return try await body() }
        guard parameters == job.parameters else {
            throw GatehouseError(.forbidden, "Job \(id) has other parameters than these; job.claim gave them.")
        }
        try await exclusively { try await beginCall(id, work.fence) }
        // What is begun is seen through: its end is awaited here, and giving up the call does not reach it.
        let call = Task(name: "call of job \(id)") { @concurrent in try await body() }
        do {
            let result = try await call.value
            await exclusively { await endCall(id, .success(kept(result))) }
            return result
        } catch {
            await exclusively { await endCall(id, .failure(error)) }
            throw error
        }
    }

    private func beginCall(_ id: JobID, _ fence: Int64) async throws {
        var job = try held(id, fence)
        guard job.call == .none else {
            throw GatehouseError(.conflict, "Job \(id) has made its call in this attempt already.")
        }
        // A node that is away is no call at all.
        if job.operation != nil, let machine = job.machine { _ = try await inventory.hypervisor(of: machine) }
        var changes = Changes()
        job.status = .executing
        job.call = .begun
        changes.add(job) { "Calls \($0.kind)." }
        try await save(changes)
        calls.insert(id)
    }

    private func endCall(_ id: JobID, _ result: Result<JSONValue, any Error>) async {
        calls.remove(id)
        guard var job = active[id], job.status == .executing, job.call == .begun else { return }
        if leases[id]?.isLast == false { leases[id]?.until = time.uptime() + limits.lease }
        switch result {
        case .success(let value):
            job.call = .done
            job.output = value
        case .failure(let error as GatehouseError) where error.isWithoutEffect:
            job.call = .refused
            job.error = error.message
        case .failure(let error):
            job.error = (error as? GatehouseError)?.message ?? "The call was given up."
        }
        var changes = Changes()
        if leases[id] == nil {
            // Its scheduler is gone; there is nobody else to say how it ended.
            interrupt(job, "The scheduler ended while the call was being made.", &changes)
        } else {
            changes.add(job)
        }
        do {
            try await save(changes)
        } catch {
            logger.error("what a job's call gave was not written", metadata: ["job": "\(id)", "error": "\(error)"])
        }
    }
}

extension GatehouseError {
    /// Whether a call that threw this has certainly changed nothing.
    var isWithoutEffect: Bool {
        switch code {
        case .parseError, .invalidRequest, .methodNotFound, .invalidParameters, .unauthenticated, .forbidden, .notFound,
            .conflict, .consoleLocked, .machineLocked, .unsupported, .limitExceeded, .rateLimited, .expired,
            .hypervisorFailed:
            true
        case .internal, .consoleUnreachable, .nodeUnreachable, .timeout, .storageFailed, .pluginFailed: false
        }
    }
}
