// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let user = [
        ZentificMethod(open: "User.login", [.text("username"), .text("password")], returns: "boolean") { call in
            let credentials: [String: JSONValue] = [
                "name": .string(call.arguments.text("username")),
                "password": .string(call.arguments.text("password")), "form": "uuid",
            ]
            do {
                let login = try await call.core("session.login", credentials)
                return ZentificAnswer(value: true, session: login["secret"]?.stringValue)
            } catch let error as GatehouseError where error.code == .unauthenticated {
                return ZentificAnswer(value: false, session: call.session == nil ? call.strangers.begin() : nil)
            }
        },
        ZentificMethod("User.logout", returns: "boolean") { call in
            _ = try await call.core("session.logout")
            if let session = call.session { call.strangers.insert(session) }
            return true
        },
        // The later server's. Whoever has no session gets here no further than to a fault.
        ZentificMethod("Session.checkSession", returns: "boolean, always true: else it is a fault") { _ in true },
        ZentificMethod("User.getUser", returns: "USER, the caller") { call in UserStruct.value(call.user) },
    ]
}
