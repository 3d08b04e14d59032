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

    /// The structs for an alert with its copies: one for each user.
    static func values(_ alert: JSONValue) -> [XMLRPCValue] {
        (alert["copies"]?.arrayValue ?? []).map { copy in
            .members([
                "id": .int(alert["id"]?.intValue ?? 0), "user": .int(copy["userID"]?.intValue ?? 0),
                "acknowledged": .boolean(copy["acknowledged"] == true), "deleted": .boolean(copy["deleted"] == true),
                "message": .string(alert["message"]?.stringValue ?? ""),
            ])
        }
    }
}
