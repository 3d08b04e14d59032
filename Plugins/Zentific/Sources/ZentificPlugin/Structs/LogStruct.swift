// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// LOG: something that was done to a machine.
enum LogStruct {
    /// How many are read at most.
    static let most = 2000

    /// The struct for an entry of the core's log; -1 stands for a user who is gone or is none.
    static func value(_ entry: JSONValue) -> XMLRPCValue {
        let outcome = entry["outcome"]?.stringValue ?? ""
        let parts = [entry["action"], entry["detail"]].compactMap { $0?.stringValue }
        return .members([
            "timestamp": .string(entry["at"]?.stringValue ?? ""), "severity": .int(severity(outcome)),
            "uid": .int(entry["userID"]?.intValue ?? -1), "message": .string(parts.joined(separator: ": ")),
        ])
    }

    /// 0 for information, 1 for a warning, 2 for an error.
    private static func severity(_ outcome: String) -> Int64 {
        switch outcome {
        case "ok": 0
        case "refused": 1
        default: 2
        }
    }
}
