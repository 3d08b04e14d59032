// SPDX-License-Identifier: Apache-2.0

import Model

/// How an attempt at a job ended.
enum JobVerdict: Sendable, Equatable {
    case completed(JSONValue)
    case failed(String)
    /// It was not done, and may go better later; whether it is tried again is the core's decision.
    case retry(String)
    case cancelled(String)
    /// The job is not ours any more; nothing is said about its end.
    case lost

    /// What an error of the job's call means.
    init(_ error: any Error) {
        guard let error = error as? GatehouseError else {
            // The call was given up because the process ends: the core finds out what was done.
            self = .lost
            return
        }
        switch error.code {
        case .nodeUnreachable, .machineLocked, .timeout: self = .retry(error.message)
        default: self = .failed(error.message)
        }
    }

    /// What `job.finish` is told beside the job and its number; nil where nothing is said.
    var parameters: [String: JSONValue]? {
        switch self {
        case .completed(let output): ["outcome": "completed", "output": output]
        case .failed(let message): ["outcome": "error", "message": .string(message)]
        case .retry(let message): ["outcome": "retry", "message": .string(message)]
        case .cancelled(let message): ["outcome": "cancelled", "message": .string(message)]
        case .lost: nil
        }
    }
}
