// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model

/// Jobs in words for people.
enum JobText {
    /// Where a job stands, in a word or two.
    static func status(_ job: JSONValue?) -> String {
        guard job?["held"]?.boolValue == true else { return Cell.text(job?["status"]) }
        return "held (\(Cell.text(job?["status"])))"
    }

    /// What became of a job, in a sentence.
    static func finding(_ result: JSONValue) -> Finding {
        let line = "Job \(Cell.text(result["job"]?["id"])) is \(Cell.text(result["job"]?["status"]))."
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }

    /// All of a job.
    static func fields(_ job: JSONValue?) -> String {
        func text(_ key: String) -> String { Cell.text(job?[key]) }
        func time(_ key: String) -> String { Cell.time(job?[key]) }
        func json(_ key: String) -> String {
            guard let value = job?[key], !value.isNull else { return Cell.nothing }
            return HarmlessText.json(JSONWriter.text(value))
        }
        let percent = job?["percent"]?.intValue.map { ", \($0) %" } ?? ""
        return Table.fields([
            ("job", text("id")), ("kind", text("kind")), ("parameters", json("parameters")),
            ("status", status(job) + percent), ("message", text("message")), ("error", text("error")),
            ("machine", text("machineName")), ("node", text("node")), ("submitted by", text("submitter")),
            ("priority", text("priority")), ("attempt", "\(text("attempt")) of \(text("attempts"))"),
            ("after jobs", text("dependencies")), ("not before", time("notBefore")), ("times", text("cron")),
            ("next", time("nextAt")), ("created", time("createdAt")), ("started", time("startedAt")),
            ("finished", time("finishedAt")), ("output", json("output")),
        ])
    }
}
