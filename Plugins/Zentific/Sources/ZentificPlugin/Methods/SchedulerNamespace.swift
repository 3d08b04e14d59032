// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let scheduler = [
        ZentificMethod("Scheduler.getJob", [.int("id")], returns: "JOB") { call in
            let job = try await call.job(call.arguments.int("id"))
            return try await call.structs([job]).first ?? .members([:])
        },
        ZentificMethod("Scheduler.getJobs", returns: "array of int, jobs that are not finished") { call in
            .array(try await call.jobs(["active": true]).map { .int($0["id"]?.intValue ?? 0) })
        },
        ZentificMethod("Scheduler.getJobStatus", [.int("id")], returns: "int, a status") { call in
            .int(JobStruct.status(try await call.job(call.arguments.int("id"))))
        },
        ZentificMethod("Scheduler.getJobsStatus", [.ints("ids")], returns: "array of int, statuses") { call in
            var statuses: [XMLRPCValue] = []
            for id in call.arguments.ints("ids") { statuses.append(.int(JobStruct.status(try await call.job(id)))) }
            return .array(statuses)
        },
        ZentificMethod("Scheduler.getJobsByUID", [.int("uid")], returns: "array of JOB, newest first") { call in
            let name = try await call.name(of: call.arguments.int("uid"))
            return .array(try await call.structs(try await call.jobs().filter { $0["submitter"]?.stringValue == name }))
        },
        ZentificMethod("Scheduler.getJobsByUUID", [.uuid()], returns: "array of JOB, newest first") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            return .array(try await call.structs(try await call.jobs(["machine": machine])))
        },
        // The later server's.
        ZentificMethod("Scheduler.cancelJob", [.int("id")], returns: "boolean") { call in
            let job = try await call.job(call.arguments.int("id"))["id"] ?? .null
            _ = try await call.core("job.cancel", ["job": job])
            return true
        },
    ]
}

extension ZentificCall {
    /// How many jobs are looked at, the newest ones.
    private static let mostJobs = 5000

    /// A job that the caller may see.
    fileprivate func job(_ id: Int64) async throws -> JSONValue {
        guard id > 0 else {
            throw GatehouseError(.notFound, "There is no such job.", details: ["parameter": "id"])
        }
        return try await core("job.get", ["job": .int(id)])["job"] ?? .null
    }

    /// The jobs that the caller may see, newest first.
    fileprivate func jobs(_ parameters: [String: JSONValue] = [:]) async throws -> [JSONValue] {
        try await pages("job.list", parameters, list: "jobs", most: Self.mostJobs)
    }

    /// The structs of jobs, with the numbers of those who submitted them as far as the caller may know them.
    fileprivate func structs(_ jobs: [JSONValue]) async throws -> [XMLRPCValue] {
        guard !jobs.isEmpty else { return [] }
        var numbers = [user["name"]?.stringValue ?? "": user["id"]?.intValue ?? -1]
        if isSuperUser {
            for user in try await users() { numbers[user["name"]?.stringValue ?? ""] = user["id"]?.intValue ?? -1 }
        }
        let nodes = try await nodes()
        return jobs.map { job in
            let node = nodes.first { !($0["name"]?.isNull ?? true) && $0["name"] == job["node"] }
            return JobStruct.value(
                job, uid: numbers[job["submitter"]?.stringValue ?? ""] ?? -1,
                node: node?["id"]?.intValue.map(NodeUUID.text) ?? "")
        }
    }
}
