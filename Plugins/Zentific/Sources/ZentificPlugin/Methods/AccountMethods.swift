// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let accounts = [
        ZentificMethod("User.getUserByUID", [.int("uid")], returns: "USER") { call in
            UserStruct.value(try await call.user(numbered: call.arguments.int("uid")))
        },
        ZentificMethod("User.getUserByName", [.text("name")], returns: "USER") { call in
            UserStruct.value(try await call.user(named: call.arguments.text("name")))
        },
        ZentificMethod("User.getUsers", returns: "array of int, UIDs") { call in
            .array(try await call.users().map { .int($0["id"]?.intValue ?? 0) })
        },
        ZentificMethod("User.getUserUID", [.text("name")], returns: "int") { call in
            try call.requireSuperUser()
            return .int(try await call.user(named: call.arguments.text("name"))["id"]?.intValue ?? 0)
        },
        ZentificMethod("User.getUsername", [.int("uid")], returns: "string") { call in
            try call.requireSuperUser()
            return .string(try await call.name(of: call.arguments.int("uid")))
        },
        ZentificMethod("User.isActive", [.int("uid")], returns: "boolean") { call in
            try call.requireSuperUser()
            return .boolean(try await call.user(numbered: call.arguments.int("uid"))["active"] == true)
        },
        ZentificMethod("User.isUser", [.text("username")], returns: "boolean") { call in
            try call.requireSuperUser()
            return .boolean(try await call.isThere { try await call.user(named: call.arguments.text("username")) })
        },
        ZentificMethod("User.isSuperUser", [.int("uid")], returns: "boolean") { call in
            .boolean(try await call.user(numbered: call.arguments.int("uid"))["level"] == "superUser")
        },
        ZentificMethod("User.isSuperUserByName", [.text("name")], returns: "boolean") { call in
            .boolean(try await call.user(named: call.arguments.text("name"))["level"] == "superUser")
        },
        ZentificMethod("User.addUser", [.members("user")], returns: "boolean") { call in
            try await call.addUser()
            return true
        },
        ZentificMethod("User.removeUser", [.int("uid")], returns: "boolean") { call in
            try call.requireSuperUser()
            let name = try await call.name(of: call.arguments.int("uid"))
            _ = try await call.core("user.remove", ["user": .string(name)])
            return true
        },
        ZentificMethod("User.setAttribute", [.text("attribute"), .text("value")], returns: "boolean") { call in
            try await call.setAttribute(of: call.user["name"]?.stringValue ?? "")
            return true
        },
        ZentificMethod(
            "User.setAttributeByUID", [.int("uid"), .text("attribute"), .text("value")], returns: "boolean"
        ) { call in
            try call.requireSuperUser()
            try await call.setAttribute(of: try await call.name(of: call.arguments.int("uid")))
            return true
        },
        ZentificMethod("User.setPassword", [.text("oldpass"), .text("newpass")], returns: "boolean") { call in
            do {
                _ = try await call.core(
                    "user.setPassword",
                    [
                        "user": call.user["name"] ?? .null, "password": .string(call.arguments.text("newpass")),
                        "currentPassword": .string(call.arguments.text("oldpass")),
                    ])
                return true
            } catch let error as GatehouseError where error.code == .forbidden {
                // To one's own password nothing else is forbidden than a wrong old one.
                return false
            }
        },
        ZentificMethod("User.setPasswordByUID", [.int("uid"), .text("newpass")], returns: "boolean") { call in
            try call.requireSuperUser()
            let name = try await call.name(of: call.arguments.int("uid"))
            _ = try await call.core(
                "user.setPassword", ["user": .string(name), "password": .string(call.arguments.text("newpass"))])
            return true
        },
        ZentificMethod("User.logoutByUID", [.int("uid")], returns: "boolean") { call in
            try await call.endSessions(of: try await call.name(of: call.arguments.int("uid")))
            return true
        },
        ZentificMethod("User.getAlerts", returns: "array of ALERT") { call in
            .array(try await call.alerts().map { AlertStruct.value($0, user: call.user["id"]?.intValue ?? 0) })
        },
        ZentificMethod("User.getAllAlerts", returns: "array of ALERT, each user's own, deleted ones too") { call in
            let alerts = try await call.pages("alert.listAll", list: "alerts", most: ZentificCall.mostAlerts)
            return .array(alerts.flatMap(AlertStruct.values))
        },
    ]
}

extension ZentificCall {
    /// How many alerts are read at most.
    fileprivate static let mostAlerts = 5000

    /// Every user; for superusers.
    func users() async throws -> [JSONValue] { try await core("user.list")["users"]?.arrayValue ?? [] }

    /// The user of a number: the caller himself, or for a superuser anybody.
    func user(numbered number: Int64) async throws -> JSONValue {
        if user["id"]?.intValue == number { return user }
        guard let found = try await users().first(where: { $0["id"]?.intValue == number }) else {
            throw GatehouseError(.notFound, "There is no such user.", details: ["parameter": "uid"])
        }
        return found
    }

    /// The user of a name: the caller himself, or for a superuser anybody.
    func user(named name: String) async throws -> JSONValue {
        try await core("user.show", ["user": .string(name)])["user"] ?? .null
    }

    /// The name of a user's number.
    func name(of number: Int64) async throws -> String {
        try await user(numbered: number)["name"]?.stringValue ?? ""
    }

    /// Whether something is found; what else fails is thrown.
    func isThere(_ look: () async throws -> JSONValue) async throws -> Bool {
        do {
            _ = try await look()
            return true
        } catch let error as GatehouseError where error.code == .notFound {
            return false
        }
    }

    /// Makes the user of a USER; one without a password gets one that nobody knows.
    fileprivate func addUser() async throws {
        let given = arguments.members("user")
        let text = { (key: String) in given[key].flatMap(ZentificArguments.text) }
        guard let name = text("username") ?? text("name"), !name.isEmpty else {
            throw ZentificFault.parameter("user", "It must have a username.")
        }
        var unknown = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in String(unknown.next(), radix: 36) }.joined()
        var parameters: [String: JSONValue] = ["name": .string(name), "password": .string(text("password") ?? secret)]
        for (key, setting) in [("givenname", "givenName"), ("email", "email"), ("language", "language")] {
            if let value = text(key), !value.isEmpty { parameters[setting] = .string(value) }
        }
        if let type = given["type"].flatMap(ZentificArguments.text) {
            parameters["level"] = try level(type, in: "user")
        }
        if let isActive = given["active"].flatMap(ZentificArguments.flag) { parameters["active"] = .bool(isActive) }
        _ = try await core("user.create", parameters)
    }

    /// Sets an attribute of a user under the name that this API has for it.
    fileprivate func setAttribute(of name: String) async throws {
        let value = arguments.text("value")
        let change: (String, JSONValue)
        switch arguments.text("attribute") {
        case "name", "username": change = ("name", .string(value))
        case "givenname": change = ("givenName", .string(value))
        case "email": change = ("email", .string(value))
        case "language": change = ("language", .string(value))
        case "type": change = ("level", try level(value, in: "value"))
        case "active":
            guard let isActive = ZentificArguments.flag(.string(value)) else {
                throw ZentificFault.parameter("value", "It must be 0 or 1.")
            }
            change = ("active", .bool(isActive))
        case "uid": throw ZentificFault.parameter("attribute", "A user keeps its number for life.")
        default: throw ZentificFault.parameter("attribute", "There is no such attribute.")
        }
        _ = try await core("user.modify", ["user": .string(name), change.0: change.1])
    }

    private func level(_ text: String, in parameter: String) throws -> JSONValue {
        guard let word = Int64(text).flatMap(AccessNumber.word) else {
            throw ZentificFault.parameter(parameter, "A level is a number from 0 to 6.")
        }
        return .string(word)
    }

    /// Ends every session of a user, the caller's own last.
    fileprivate func endSessions(of name: String) async throws {
        let sessions = try await core("session.list", ["user": .string(name)])["sessions"]?.arrayValue ?? []
        for session in sessions.filter({ $0["current"] != true }) + sessions.filter({ $0["current"] == true }) {
            _ = try await isThere { try await core("session.revoke", ["session": session["id"] ?? .null]) }
        }
    }

    /// The caller's alerts, newest first.
    fileprivate func alerts() async throws -> [JSONValue] {
        try await pages("alert.list", list: "alerts", most: Self.mostAlerts)
    }

    /// The rows of a list that comes in pages, newest first, and at most so many.
    func pages(
        _ method: String, _ parameters: [String: JSONValue] = [:], list: String, most: Int
    ) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        var parameters = parameters
        parameters["limit"] = 500
        while found.count < most {
            let page = try await core(method, parameters)
            let rows = page[list]?.arrayValue ?? []
            found += rows
            guard page["more"] == true, let last = rows.last?["id"] else { break }
            parameters["before"] = last
        }
        return Array(found.prefix(most))
    }
}
