// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let groups = [
        ZentificMethod("User.addGroup", [.text("name")], returns: "boolean, false where there is one") { call in
            do {
                _ = try await call.core("group.create", ["name": .string(call.arguments.text("name"))])
                return true
            } catch let error as GatehouseError where error.code == .conflict {
                return false
            }
        },
        ZentificMethod("User.groupExists", [.text("name")], returns: "boolean") { call in
            .boolean(
                try await call.isThere {
                    try await call.core("group.show", ["group": .string(call.arguments.text("name"))])
                })
        },
        ZentificMethod("User.removeGroup", [.text("name")], returns: "boolean, false where there is none") { call in
            .boolean(
                try await call.isThere {
                    try await call.core("group.remove", ["group": .string(call.arguments.text("name"))])
                })
        },
        ZentificMethod("User.getGroups", returns: "array of string") { call in
            .array(
                try await call.core("group.list")["groups"]?.arrayValue?.map {
                    .string($0["name"]?.stringValue ?? "")
                } ?? [])
        },
        ZentificMethod("User.getGroupMembers", [.text("name")], returns: "array of int, UIDs") { call in
            let group = try await call.core("group.show", ["group": .string(call.arguments.text("name"))])["group"]
            let members = Set(group?["members"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            let users = try await call.users().filter { members.contains($0["name"]?.stringValue ?? "") }
            return .array(users.map { .int($0["id"]?.intValue ?? 0) })
        },
        membership("User.addToGroup", "group.addMember"),
        membership("User.removeFromGroup", "group.removeMember"),
        ZentificMethod("User.renameGroup", [.text("old_name"), .text("new_name")], returns: "boolean") { call in
            _ = try await call.core(
                "group.modify",
                [
                    "group": .string(call.arguments.text("old_name")),
                    "name": .string(call.arguments.text("new_name")),
                ])
            return true
        },
    ]

    private static func membership(_ name: String, _ core: String) -> ZentificMethod {
        ZentificMethod(name, [.int("user"), .text("name")], returns: "boolean") { call in
            try call.requireSuperUser()
            let user = try await call.name(of: call.arguments.int("user"))
            _ = try await call.core(
                core, ["group": .string(call.arguments.text("name")), "user": .string(user)])
            return true
        }
    }
}
