// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSONRPC
import Model
import XMLRPC

/// JOB: something that a scheduler does.
enum JobStruct {
    private static let statuses = [
        "inserted", "fetched", "enqueued", "executing", "completed", "cancelled", "error", "launching", "rescheduled",
        "dependencyFailed",
    ]

    /// The number of a status.
    static func status(_ job: JSONValue) -> Int64 {
        statuses.firstIndex(of: job["status"]?.stringValue ?? "").map(Int64.init) ?? 6
    }

    /// The struct for a job of the core.
    ///
    /// - Parameter uid: the number of whoever submitted it; -1 where that is not known.
    static func value(_ job: JSONValue, uid: Int64, node: String) -> XMLRPCValue {
        let text = { (name: String) in job[name]?.stringValue ?? "" }
        let kind = text("kind").split(separator: ".", maxSplits: 1)
        let machine = text("machine")
        let status = status(job)
        let hasFailed = status == 6 || status == 9
        return .members([
            "id": .int(job["id"]?.intValue ?? 0), "uid": .int(uid), "status": .int(status),
            "resource": .string(machine.isEmpty ? node : machine),
            "module_name": .string(kind.first.map(String.init) ?? ""),
            "module_function": .string(kind.dropFirst().first.map(String.init) ?? ""),
            "input_string": .string(json(job["parameters"])),
            "output_string": .string(hasFailed ? text("error") : json(job["output"])),
            "target_vm": .string(machine), "target_node": .string(node), "target_host": "",
            "extra": .string(text("message")), "time_started": .int(seconds(job["startedAt"])),
            "time_finished": .int(seconds(job["finishedAt"])), "time_queued": .int(seconds(job["createdAt"])),
            "dependencies": .array(job["dependencies"]?.arrayValue?.map { .int($0.intValue ?? 0) } ?? []),
            "timestamp": .int(seconds(job["createdAt"])), "return_value": hasFailed ? 1 : 0, "pid": 0,
        ])
    }

    private static func json(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        return JSONWriter.text(value)
    }

    /// The seconds since 1970; -1 for what has not come.
    private static func seconds(_ value: JSONValue?) -> Int64 {
        guard let text = value?.stringValue,
            let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        else { return -1 }
        return Int64(date.timeIntervalSince1970)
    }
}
