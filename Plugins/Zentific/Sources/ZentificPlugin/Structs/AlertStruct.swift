// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// ALERT: what a user is told.
enum AlertStruct {
    /// The struct for an alert of the core, which lists none that its user has deleted.
    static func value(_ alert: JSONValue, user: Int64) -> XMLRPCValue {
        .members([
            "id": .int(alert["id"]?.intValue ?? 0), "user": .int(user),
            "acknowledged": .boolean(alert["acknowledged"] == true), "deleted": false,
            "message": .string(alert["message"]?.stringValue ?? ""),
        ])
    }
}
