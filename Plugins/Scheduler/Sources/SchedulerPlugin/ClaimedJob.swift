// SPDX-License-Identifier: Apache-2.0

import Model

/// A job that was handed out, as `job.claim` gives it.
struct ClaimedJob: Sendable, Equatable {
    let id: Int64
    /// The core method that it is about.
    let kind: String
    let parameters: [String: JSONValue]
    /// Grows with each time that the job is handed out; what comes under an older number is refused.
    let fence: Int64
    /// How long it is ours without a word from us.
    let lease: Duration
    /// Under it the core acts as the one who submitted the job.
    let token: String

    /// Reads an answer; nil where there is nothing to do.
    ///
    /// - Throws: `internal` where the answer lacks something.
    init?(_ claim: JSONValue) throws {
        guard let job = claim["job"], !job.isNull else { return nil }
        guard let id = job["id"]?.intValue, let kind = job["kind"]?.stringValue, let fence = job["fence"]?.intValue,
            let token = claim["callToken"]?.stringValue
        else { throw GatehouseError(.internal, "A job was handed out without id, kind, fence or call token.") }
        self.id = id
        self.kind = kind
        parameters = job["parameters"]?.objectValue ?? [:]
        self.fence = fence
        lease = .seconds(job["leaseSeconds"]?.doubleValue ?? 30)
        self.token = token
    }
}
