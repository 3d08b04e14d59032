// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let granteeParameters: [Parameter] = [
    .optional("user", .string(maximum: 64), "The user's name; this, userID or group."),
    .optional("userID", .int(1...Int64.max), "The user's number, in place of the name."),
    .optional("group", .string(maximum: 64), "The group's name; this or user."),
]
private let targetParameters: [Parameter] = [
    .optional("machine", .string(maximum: 200), "The machine; this or node."),
    .optional("node", .string(maximum: 64), "The node's name, for all its machines; this or machine."),
]

extension CoreAPI {
    static let privilegeMethods = [
        Method(
            "privilege.list",
            "Lists privileges: one's own, those on what one may give rights on, or for a superuser all.", right: .user,
            parameters: granteeParameters + targetParameters, result: "{privileges}"
        ) { call in
            let target = try await call.optionalTarget()
            let grantee: Grantee?
            do {
                grantee = try call.optionalGrantee()
            } catch let error as GatehouseError where error.code == .notFound {
                // Only a superuser learns whether there is such a user.
                guard call.core.access.isSuperUser(call.principal) else { return ["privileges": []] }
                throw error
            }
            var found: [JSONValue] = []
            for privilege in call.core.access.table.privileges.sorted(by: { $0.id < $1.id }) {
                guard grantee == nil || privilege.grantee == grantee, target == nil || privilege.target == target,
                    call.maySee(privilege)
                else { continue }
                found.append(await call.render.privilege(privilege))
            }
            return ["privileges": .array(found)]
        },
        Method(
            "privilege.grant",
            "Gives a level on a machine or node, in place of an earlier one. Admins and owners give up to their own level.",
            right: .user,
            parameters: granteeParameters + targetParameters + [
                .required(
                    "level", .word(["maintenance", "owner", "admin", "readOnlyAdmin"]), "How much.")
            ],
            result: "{privilege}", isChange: true
        ) { call in
            guard let target = try await call.optionalTarget() else {
                throw GatehouseError.invalidParameter("machine", "Name a machine or a node.")
            }
            let level = call.level() ?? .none
            try call.checkGrant(on: target, level: level)
            guard let grantee = try call.optionalGrantee() else {
                throw GatehouseError.invalidParameter("user", "Name a user or a group.")
            }
            let earlier = call.core.access.table.privileges.first { $0.grantee == grantee && $0.target == target }
            if let earlier { try call.checkGrant(on: target, level: earlier.level) }
            let privilege = try await call.core.accounts.grant(to: grantee, on: target, level: level)
            return ["privilege": await call.render.privilege(privilege)]
        },
        Method(
            "privilege.holders",
            "Lists who has which level on a machine or node, wherever it comes from; one's own, or for an admin all.",
            right: .user, parameters: targetParameters, result: "{holders: [{user, userID, level}]}"
        ) { call in
            guard let target = try await call.optionalTarget() else {
                throw GatehouseError.invalidParameter("machine", "Name a machine or a node.")
            }
            return ["holders": .array(call.holders(of: target))]
        },
        Method(
            "privilege.revoke", "Takes a privilege back.", right: .user,
            parameters: [.required("privilege", .int(1...Int64.max), "The privilege's id.")], result: "{}",
            isChange: true
        ) { call in
            let id = PrivilegeID(call.arguments.optionalInt("privilege") ?? 0)
            guard let privilege = call.core.access.table.privileges.first(where: { $0.id == id }),
                call.maySee(privilege)
            else { throw GatehouseError(.notFound, "There is no such privilege, or it is not yours to see.") }
            try call.checkGrant(on: privilege.target, level: privilege.level)
            try await call.core.accounts.revoke(id)
            return [:]
        },
    ]
}

extension Call {
    /// Everybody with a level on a target whom the caller may see.
    fileprivate func holders(of target: PrivilegeTarget) -> [JSONValue] {
        let maySeeAll = ownLevel(on: target).mayGrant
        return core.access.table.users.sorted { $0.id.number < $1.id.number }.compactMap { user in
            guard maySeeAll || user.id == principal.session?.user else { return nil }
            let level =
                switch target {
                case .machine(let id): core.access.level(of: user.id, on: id)
                case .node(let id): core.access.level(of: user.id, on: id)
                }
            guard level.mayView else { return nil }
            return [
                "user": .string(user.name), "userID": .int(user.id.number), "level": .string(level.word),
            ]
        }
    }

    private func ownLevel(on target: PrivilegeTarget) -> AccessLevel {
        switch target {
        case .machine(let id): core.access.level(of: principal, on: id)
        case .node(let id): core.access.level(of: principal, on: id)
        }
    }

    fileprivate func checkGrant(on target: PrivilegeTarget, level: AccessLevel) throws {
        let own = ownLevel(on: target)
        guard own.mayGrant, level <= own else {
            throw GatehouseError(
                .forbidden, "Only an admin or an owner may give or take rights here, and only up to his own level.")
        }
    }

    fileprivate func maySee(_ privilege: Privilege) -> Bool {
        if ownLevel(on: privilege.target).mayGrant { return true }
        guard let user = principal.session?.user else { return false }
        switch privilege.grantee {
        case .user(let grantee): return grantee == user
        case .group(let grantee):
            return core.access.table.groups.contains { $0.id == grantee && $0.members.contains(user) }
        }
    }

    fileprivate func optionalGrantee() throws -> Grantee? {
        let (name, group) = (arguments.optionalString("user"), arguments.optionalString("group"))
        let number = arguments.optionalInt("userID")
        guard [name != nil, group != nil, number != nil].count(where: \.self) <= 1 else {
            throw GatehouseError.invalidParameter("group", "Name a user or a group, not both, and once.")
        }
        if let group {
            guard let found = core.access.group(named: group) else {
                throw GatehouseError(.notFound, "There is no such group.")
            }
            return .group(found.id)
        }
        guard name != nil || number != nil else { return nil }
        let user = name.flatMap { core.access.user(named: $0) } ?? number.flatMap { core.access.user(UserID($0)) }
        guard let user else { throw GatehouseError(.notFound, "There is no such user.") }
        return .user(user.id)
    }

    fileprivate func optionalTarget() async throws -> PrivilegeTarget? {
        switch (arguments.optionalString("machine"), arguments.optionalString("node")) {
        case (nil, nil): return nil
        case (let machine?, nil): return .machine(try await core.visibleMachine(machine, for: principal).id)
        case (nil, let name?):
            guard let node = await core.inventory.node(named: name), await core.maySee(node, principal) else {
                throw GatehouseError(.notFound, "There is no such node, or you have no rights on it.")
            }
            return .node(node.record.id)
        case (_?, _?): throw GatehouseError.invalidParameter("node", "Name a machine or a node, not both.")
        }
    }
}
