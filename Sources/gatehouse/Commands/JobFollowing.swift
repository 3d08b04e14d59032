// SPDX-License-Identifier: Apache-2.0

import Model

/// Has something done as a job, and says on standard error how far it is.
struct JobFollowing {
    private static let ends: Set = ["completed", "cancelled", "error", "dependencyFailed"]
    private let daemon: Daemon

    init(_ daemon: Daemon) { self.daemon = daemon }

    /// Submits a job, and waits for its end where that is wished and a scheduler is on.
    ///
    /// - Throws: why it did not complete.
    func submit(
        _ kind: String, _ parameters: [String: JSONValue], waits: Bool, text: (JSONValue) -> String
    ) async throws -> Finding {
        let submitted = try await daemon.call(
            "job.submit", ["kind": .string(kind), "parameters": .object(parameters)])
        guard waits else { return JobText.finding(submitted) }
        guard try await daemon.call("job.list", ["limit": 1])["scheduler"] != "off" else {
            let note = "The scheduler is off: it waits until its plugin is on.\n"
            return Finding(result: submitted, text: JobText.finding(submitted).text + note)
        }
        let job = try await follow(submitted["job"] ?? .null)
        guard job["status"] == "completed" else {
            let reason = job["error"]?.stringValue ?? "it is \(Cell.text(job["status"]))."
            throw Failure(.failed, "Job \(Cell.text(job["id"])) did not complete: \(reason)")
        }
        return Finding(result: ["job": job], text: text(job))
    }

    private func follow(_ submitted: JSONValue) async throws -> JSONValue {
        var job = submitted
        var told: String?
        while !Self.ends.contains(job["status"]?.stringValue ?? "") {
            try await Task.sleep(for: .milliseconds(500))
            job = try await daemon.call("job.get", ["job": job["id"] ?? .null])["job"] ?? .null
            let percent = job["percent"]?.intValue.map { "\($0) %: " } ?? ""
            guard let message = job["message"]?.stringValue, percent + message != told else { continue }
            told = percent + message
            Surroundings.current.error(HarmlessText.line(percent + message) + "\n")
        }
        return job
    }
}
