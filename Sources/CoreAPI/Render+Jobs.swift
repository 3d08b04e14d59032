// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
package import Model

extension Render {
    /// A job; what it was given and what it gave is for its submitter and for superusers.
    package func job(_ job: Job) async -> JSONValue {
        let isOwn = core.isOwn(job, principal)
        var machine: String?
        if let id = job.machine {
            machine = await core.inventory.machine(id)?.address.description ?? id.uuid.uuidString.lowercased()
        }
        var members: [String: JSONValue] = [
            "id": .int(job.id.number), "kind": .string(job.kind), "status": .string(job.status.rawValue),
            "held": .bool(job.isOnHold), "parameters": .object(isOwn ? job.parameters : [:]),
            "priority": .string(job.priority.word),
            "submitter": .string(job.submitter.name), "machine": .optional(machine),
            "machineName": .optional(job.machineName), "node": nil, "notBefore": Self.time(job.notBefore),
            "cron": .optional(job.cron?.description),
            "nextAt": job.status.isWaiting && job.status != .enqueued && !job.isOnHold ? Self.time(job.dueAt) : .null,
            "attempts": .int(Int64(job.attempts)), "attempt": .int(Int64(job.attempt)),
            "dependencies": .array(job.dependencies.map { .int($0.number) }), "percent": .optional(job.percent),
            "message": .optional(job.message), "output": isOwn ? job.output ?? .null : .null,
            "error": .optional(job.error), "cancelRequested": .bool(job.isCancelRequested),
            "createdAt": Self.time(job.createdAt), "startedAt": Self.time(job.startedAt),
            "finishedAt": Self.time(job.finishedAt),
        ]
        if let node = job.node { members["node"] = .optional(await core.inventory.node(node)?.record.name) }
        return .object(members)
    }

    /// A line of a job's history.
    package static func jobEvent(_ event: JobEvent) -> JSONValue {
        [
            "id": .int(event.id), "at": time(event.at), "status": .string(event.status.rawValue),
            "message": .string(event.message),
        ]
    }
}
