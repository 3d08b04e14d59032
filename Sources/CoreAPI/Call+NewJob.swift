// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension Call {
    /// The job that the caller describes, once it is known that he may do that himself.
    func newJob(_ kinds: [String: Method]) async throws -> Job {
        // First, so that a machine that is not his looks like none whatever the kind.
        var target = try await optionalMachine(arguments.optionalString("machine"))
        guard let method = kinds[arguments.string("kind")] else {
            throw GatehouseError.invalidParameter(
                "kind", "kind must be a method that a job can call, such as machine.start; api.describe lists them.")
        }
        let parameters = try jobParameters(method)
        let admitted = try await method.admit(parameters, principal: principal, core: core)
        if target == nil { target = admitted.named }
        if target == nil { target = try await optionalMachine(admitted.arguments.optionalString("machine")) }
        var job = Job(
            kind: method.name, parameters: parameters, isRepeatable: method.isRepeatable, submitter: submitter,
            createdAt: core.time.now())
        job.machine = target?.id
        job.machineName = target?.snapshot.name
        job.node = target?.id.node
        if let name = admitted.arguments.optionalString("node") { job.node = try await visibleNode(name).record.id }
        try await setTerms(&job)
        return job
    }

    private func optionalMachine(_ text: String?) async throws -> MachineEntry? {
        guard let text else { return nil }
        return try await core.visibleMachine(text, for: principal)
    }

    /// The method's parameters, with the machine and the node that are named beside them.
    private func jobParameters(_ method: Method) throws -> [String: JSONValue] {
        var parameters = arguments.value("parameters")?.objectValue ?? [:]
        for name in ["machine", "node"] {
            guard let value = arguments.value(name) else { continue }
            guard method.parameters.contains(where: { $0.name == name }) else {
                throw GatehouseError.invalidParameter(name, "\(method.name) takes no \(name); leave it out.")
            }
            guard parameters[name].map({ $0.isNull || $0 == value }) ?? true else {
                throw GatehouseError.invalidParameter(name, "\(name) differs from the one among the parameters.")
            }
            parameters[name] = value
        }
        return core.normal(parameters)
    }

    private var submitter: JobSubmitter {
        if case .plugin(let plugin) = principal.identity {
            return JobSubmitter(user: nil, plugin: plugin.name, name: principal.name ?? plugin.name)
        }
        return JobSubmitter(user: principal.user?.id, name: principal.name ?? "nobody")
    }

    private func setTerms(_ job: inout Job) async throws {
        job.priority = arguments.optionalString("priority").flatMap { JobPriority(word: $0) } ?? .normal
        job.attempts = Int(arguments.optionalInt("attempts") ?? 3)
        job.cron = try arguments.optionalString("cron").map { try Cron($0) }
        if let text = arguments.optionalString("notBefore") {
            guard let date = Self.date(text) else {
                throw GatehouseError.invalidParameter(
                    "notBefore", "notBefore must be a time such as 2030-01-31T12:00:00Z.")
            }
            job.notBefore = date
        }
        for number in Set(arguments.ints("dependencies")).sorted() {
            guard let other = try? await core.jobs.job(JobID(number)), core.maySee(other, principal) else {
                throw GatehouseError.invalidParameter(
                    "dependencies", "There is no job \(number), or you have no rights on it.")
            }
            job.dependencies.append(other.id)
        }
    }

    private static func date(_ text: String) -> Date? {
        let styles = [
            Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle(),
        ]
        return styles.lazy.compactMap { try? $0.parse(text) }.first
    }
}
