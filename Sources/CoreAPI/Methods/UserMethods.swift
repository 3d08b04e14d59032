// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let userParameter = Parameter.required("user", .string(maximum: 64), "The user's name.")
private let groupParameter = Parameter.required("group", .string(maximum: 64), "The group's name.")
private let levelWords = AccessLevel.allCases.map(\.word)
private let personParameters: [Parameter] = [
    .optional("level", .word(levelWords), "The level it has everywhere; `none` has only what privileges give."),
    .optional("givenName", .string(maximum: 200), "The name people call it by."),
    .optional("email", .string(maximum: 200), "Where mail reaches it."),
    .optional("language", .string(maximum: 35), "A language tag."),
    .optional("notes", .string(maximum: 4000), "What is to be remembered of it; a superuser's to write."),
]

extension CoreAPI {
    static let userMethods = [
        Method("user.list", "Lists every user.", right: .superUser, result: "{users}") { call in
            let users = call.core.access.table.users.sorted { $0.name.lowercased() < $1.name.lowercased() }
            return ["users": .array(users.map(call.render.user))]
        },
        Method(
            "user.show", "Shows a user: oneself, or for a superuser anybody.", right: .user,
            parameters: [userParameter], result: "{user}"
        ) { call in ["user": call.render.user(try call.user(orSelf: true))] },
        Method(
            "user.create", "Makes a user.", right: .superUser,
            parameters: [
                .required("name", .string(maximum: 64), "The login name."),
                .required("password", .string(maximum: 1024), "The password."),
                .optional("active", .bool, "Whether it may log in; true if left out."),
            ] + personParameters,
            result: "{user}", isChange: true
        ) { call in
            let arguments = call.arguments
            let language = await call.core.settings.language
            let user = NewUser(
                name: arguments.string("name"), givenName: arguments.string("givenName"),
                email: arguments.string("email"), level: call.level() ?? .none,
                language: arguments.optionalString("language") ?? language, notes: arguments.string("notes"),
                isActive: arguments.optionalBool("active") ?? true)
            let made = try await call.core.accounts.createUser(user, password: arguments.string("password"))
            return ["user": call.render.user(made)]
        },
        Method(
            "user.modify", "Changes what is given of a user; of oneself the given name, the mail and the language.",
            right: .user,
            parameters: [userParameter] + personParameters + [
                .optional("name", .string(maximum: 64), "Its new login name."),
                .optional("active", .bool, "Whether it may log in."),
            ],
            result: "{user}", isChange: true
        ) { call in
            let user = try call.modifiedUser()
            return ["user": call.render.user(try await call.core.accounts.modifyUser(user))]
        },
        Method(
            "user.remove", "Removes a user with its privileges, sessions and consoles.", right: .superUser,
            parameters: [userParameter], result: "{}", isChange: true
        ) { call in
            try await call.core.accounts.removeUser(try call.user(orSelf: false).id)
            return [:]
        },
        Method(
            "user.setPassword", "Replaces a password: one's own, or for a superuser anybody's.", right: .user,
            parameters: [
                userParameter, .required("password", .string(maximum: 1024), "The new password."),
                .optional("currentPassword", .string(maximum: 1024), "The password now; needed for one's own."),
            ],
            result: "{}", isChange: true
        ) { call in
            let user = try call.user(orSelf: true)
            let isSelf = user.id == call.principal.session?.user
            if isSelf, call.arguments.optionalString("currentPassword") == nil {
                throw GatehouseError.invalidParameter("currentPassword", "Give your current password too.")
            }
            try await call.core.accounts.setPassword(
                of: user, to: call.arguments.string("password"),
                current: isSelf ? call.arguments.string("currentPassword") : nil,
                except: isSelf ? call.principal.session?.id : nil)
            return [:]
        },
    ]

    static let groupMethods = [
        Method("group.list", "Lists every group.", right: .superUser, result: "{groups}") { call in
            let groups = call.core.access.table.groups.sorted { $0.name.lowercased() < $1.name.lowercased() }
            return ["groups": .array(groups.map(call.render.group))]
        },
        Method("group.show", "Shows a group.", right: .superUser, parameters: [groupParameter], result: "{group}") {
            call in ["group": call.render.group(try call.group())]
        },
        Method(
            "group.create", "Makes a group.", right: .superUser,
            parameters: [
                .required("name", .string(maximum: 64), "Its name."),
                .optional("description", .string(maximum: 1000), "What it is for."),
            ],
            result: "{group}", isChange: true
        ) { call in
            let group = try await call.core.accounts.createGroup(
                name: call.arguments.string("name"), description: call.arguments.string("description"))
            return ["group": call.render.group(group)]
        },
        Method(
            "group.modify", "Changes what is given of a group.", right: .superUser,
            parameters: [
                groupParameter, .optional("name", .string(maximum: 64), "Its new name."),
                .optional("description", .string(maximum: 1000), "What it is for."),
            ],
            result: "{group}", isChange: true
        ) { call in
            var group = try call.group()
            group.name = call.arguments.optionalString("name") ?? group.name
            group.description = call.arguments.optionalString("description") ?? group.description
            return ["group": call.render.group(try await call.core.accounts.modifyGroup(group))]
        },
        Method(
            "group.remove", "Removes a group with its privileges.", right: .superUser, parameters: [groupParameter],
            result: "{}", isChange: true
        ) { call in
            try await call.core.accounts.removeGroup(try call.group().id)
            return [:]
        },
        memberMethod("group.addMember", "Puts a user into a group.", isMember: true),
        memberMethod("group.removeMember", "Takes a user out of a group.", isMember: false),
    ]

    private static func memberMethod(_ name: String, _ summary: String, isMember: Bool) -> Method {
        Method(
            name, summary, right: .superUser, parameters: [groupParameter, userParameter], result: "{group}",
            isChange: true
        ) { call in
            let group = try call.group()
            try await call.core.accounts.setMember(
                try call.user(orSelf: false).id, of: group.id, to: isMember)
            return ["group": call.render.group(try call.group())]
        }
    }
}

extension Call {
    /// The user that is named; for others than superusers only themselves, and nobody else exists.
    func user(orSelf: Bool) throws -> User {
        let user = core.access.user(named: arguments.string("user"))
        if let user, core.access.isSuperUser(principal) || (orSelf && user.id == principal.session?.user) {
            return user
        }
        throw GatehouseError(.notFound, "There is no such user, or only a superuser may see it.")
    }

    /// The named user with what the call changes; rank and name are a superuser's to give.
    fileprivate func modifiedUser() throws -> User {
        var user = try user(orSelf: true)
        let isSuperUser = core.access.isSuperUser(principal)
        for name in ["level", "active", "name", "notes"] where !isSuperUser && arguments.value(name) != nil {
            throw GatehouseError(.forbidden, "Only a superuser may change the \(name) of a user.")
        }
        user.level = level() ?? user.level
        user.isActive = arguments.optionalBool("active") ?? user.isActive
        user.name = arguments.optionalString("name") ?? user.name
        user.givenName = arguments.optionalString("givenName") ?? user.givenName
        user.email = arguments.optionalString("email") ?? user.email
        user.language = arguments.optionalString("language") ?? user.language
        user.notes = arguments.optionalString("notes") ?? user.notes
        return user
    }

    fileprivate func group() throws -> Group {
        guard let group = core.access.group(named: arguments.string("group")) else {
            throw GatehouseError(.notFound, "There is no such group.")
        }
        return group
    }

    func level() -> AccessLevel? { arguments.optionalString("level").flatMap(AccessLevel.init(word:)) }
}
