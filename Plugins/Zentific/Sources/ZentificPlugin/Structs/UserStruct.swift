// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// USER: an account.
enum UserStruct {
    /// The struct for a user of the core; the name goes under both of its historical keys.
    static func value(_ user: JSONValue) -> XMLRPCValue {
        let name = user["name"]?.stringValue ?? ""
        return .members([
            "uid": .int(user["id"]?.intValue ?? 0), "username": .string(name), "name": .string(name),
            "givenname": .string(user["givenName"]?.stringValue ?? ""),
            "email": .string(user["email"]?.stringValue ?? ""), "active": user["active"] == true ? 1 : 0,
            "type": .int(AccessNumber.number(user["level"]?.stringValue ?? "")),
            "language": .string(user["language"]?.stringValue ?? ""),
        ])
    }
}
