// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// Who may do what on machines, and on nodes with all their machines.
extension ZentificTable {
    static let vmAccess =
        access("VM", of: machineTarget) + [
            grant("VM.grantGroupPrivilege", .text("groupname"), of: machineTarget),
            revoke("VM.revokeGroupPrivilege", .text("groupname"), of: machineTarget),
        ]

    /// The four methods that machines and nodes both have.
    static func access(
        _ namespace: String, of target: @escaping @Sendable (ZentificCall) async throws -> [String: JSONValue]
    ) -> [ZentificMethod] {
        [
            ZentificMethod("\(namespace).getAllUsers", [.uuid()], returns: "array of int, UIDs") { call in
                let holders = try await call.holders(of: target(call))
                // Whoever may do everything everywhere has nothing that was given here.
                let wanted = holders.filter { $0["level"] != "superUser" }
                return .array(wanted.map { .int($0["userID"]?.intValue ?? 0) })
            },
            ZentificMethod("\(namespace).getPrivilege", [.uuid(), .int("uid")], returns: "int, a level") { call in
                let uid = call.arguments.int("uid")
                let holders = try await call.holders(of: target(call))
                if let holder = holders.first(where: { $0["userID"]?.intValue == uid }) {
                    return .int(AccessNumber.number(holder["level"]?.stringValue ?? ""))
                }
                // Nobody learns here whether there is a user whose rights he may not see.
                _ = try await call.user(numbered: uid)
                return .int(AccessNumber.none)
            },
            grant("\(namespace).grantPrivilege", .int("uid"), of: target),
            revoke("\(namespace).revokePrivilege", .int("uid"), of: target),
        ]
    }

    @Sendable private static func machineTarget(_ call: ZentificCall) async throws -> [String: JSONValue] {
        ["machine": try await call.listedMachine()["id"] ?? .null]
    }

    private static func grant(
        _ name: String, _ grantee: ZentificParameter,
        of target: @escaping @Sendable (ZentificCall) async throws -> [String: JSONValue]
    ) -> ZentificMethod {
        ZentificMethod(name, [.uuid(), grantee, .int("level")], returns: "boolean") { call in
            let level = try call.level()
            let parameters = try await target(call).merging(call.grantee(grantee)) { $1 }
            _ = try await call.core("privilege.grant", parameters.merging(["level": .string(level)]) { $1 })
            return true
        }
    }

    private static func revoke(
        _ name: String, _ grantee: ZentificParameter,
        of target: @escaping @Sendable (ZentificCall) async throws -> [String: JSONValue]
    ) -> ZentificMethod {
        ZentificMethod(name, [.uuid(), grantee, .int("level")], returns: "boolean, false where there is none") { call in
            let level = try call.level()
            let parameters = try await target(call).merging(call.grantee(grantee)) { $1 }
            let privileges = try await call.core("privilege.list", parameters)["privileges"]?.arrayValue ?? []
            let rules = privileges.filter { $0["level"] == .string(level) }
            for rule in rules { _ = try await call.core("privilege.revoke", ["privilege": rule["id"] ?? .null]) }
            return .boolean(!rules.isEmpty)
        }
    }
}

extension ZentificCall {
    /// Everybody with rights on a target whom the caller may see.
    fileprivate func holders(of target: [String: JSONValue]) async throws -> [JSONValue] {
        try await core("privilege.holders", target)["holders"]?.arrayValue ?? []
    }

    /// The word of the level that the call names.
    fileprivate func level() throws -> String {
        guard let word = AccessNumber.word(arguments.int("level")) else {
            throw ZentificFault.parameter("level", "A level is a number from 0 to 6.")
        }
        return word
    }

    /// Whom a rule is for.
    fileprivate func grantee(_ parameter: ZentificParameter) -> [String: JSONValue] {
        parameter.kind == .int
            ? ["userID": .int(arguments.int(parameter.name))] : ["group": .string(arguments.text(parameter.name))]
    }
}
