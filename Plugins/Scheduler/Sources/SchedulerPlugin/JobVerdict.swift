// SPDX-License-Identifier: Apache-2.0

import Model

/// How an attempt at a job ended.
enum JobVerdict: Sendable, Equatable {
    /// It was done; the output is nil where the core has it already, as the result of the job's call.
    case completed(JSONValue?)
    case failed(String)
    /// It was not done, or what was done is not known; the core finds that out, and whether it is tried again.
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
        case .machineLocked, .nodeUnreachable, .timeout, .storageFailed, .internal, .pluginFailed:
            self = .retry(error.message)
        default: self = .failed(error.message)
        }
    }

    /// What `job.finish` is told beside the job and its number; nil where nothing is said.
    var parameters: [String: JSONValue]? {
        switch self {
        case .completed(let output): ["outcome": "completed"].merging(output.map { ["output": $0] } ?? [:]) { $1 }
        case .failed(let message): ["outcome": "error", "message": Self.shortened(message)]
        case .retry(let message): ["outcome": "retry", "message": Self.shortened(message)]
        case .cancelled(let message): ["outcome": "cancelled", "message": Self.shortened(message)]
        case .lost: nil
        }
    }

    /// A message as long as the core takes it: 2,000 bytes.
    private static func shortened(_ message: String) -> JSONValue {
        .string(message.utf8.count <= 2000 ? message : String(message.unicodeScalars.prefix(500)))
    }
}
