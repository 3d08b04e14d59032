// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension CoreAPI {
    static let setupMethods = [
        Method(
            "setup.status", "Tells whether the first superuser is still to be made.", right: .anonymous,
            result: "{needed}", isActivity: false
        ) { call in ["needed": .bool(!call.core.access.hasSuperUser)] },
        Method(
            "setup.complete", "Uses up a set-up token, makes the first superuser and logs him in.", right: .anonymous,
            parameters: [
                .required("token", .string(maximum: 200), "The token from the set-up link."),
                .required("name", .string(maximum: 64), "The login name."),
                .required("password", .string(maximum: 1024), "The password."),
            ],
            result: "{user, session}", isChange: true
        ) { call in
            let user = try await call.core.accounts.completeSetup(
                token: call.arguments.string("token"), name: call.arguments.string("name"),
                password: call.arguments.string("password"))
            return try await call.began(
                call.core.sessions.begin(for: user, kind: "web", principal: call.principal))
        },
        Method(
            "setup.makeToken", "Makes a new set-up token; the earlier one ends.", right: .local,
            result: "{token, expiresAt}", isChange: true
        ) { call in
            let made = try await call.core.accounts.makeSetupToken()
            return ["token": .string(made.token), "expiresAt": Render.time(made.expiresAt)]
        },
    ]

    static let sessionMethods = [
        Method(
            "session.login", "Begins a session.", right: .anonymous,
            parameters: [
                .required("name", .string(maximum: 200), "The login name."),
                .required("password", .string(maximum: 1024), "The password."),
                .optional(
                    "form", .word(SecretForm.allCases.map(\.rawValue)),
                    "For a client behind a plugin: how the secret is written."),
            ],
            result: "{user, session}; for a client behind a plugin also {secret}"
        ) { call in
            if case .plugin = call.principal.identity { throw GatehouseError.callTokenMissing }
            let form = call.arguments.optionalString("form").flatMap(SecretForm.init(rawValue:))
            let login = try await call.core.sessions.login(
                name: call.arguments.string("name"), password: call.arguments.string("password"),
                kind: try call.sessionKind(), form: call.principal.plugin == nil ? nil : form ?? .base64url,
                principal: call.principal)
            return try await call.began(login)
        },
        Method(
            "session.resume", "Takes up a session of a legacy API, for a client behind a plugin.", right: .anonymous,
            parameters: [.required("secret", .string(maximum: 200), "What session.login gave.")],
            result: "{user, session}"
        ) { call in
            guard call.principal.plugin != nil else { throw GatehouseError.callTokenMissing }
            let known = try await call.core.sessions.resume(
                secret: call.arguments.string("secret"), kind: try call.sessionKind(), caller: call.principal)
            call.effects.note(.became(known))
            let render = Render(core: call.core, principal: known)
            return [
                "user": known.user.map(render.user) ?? .null, "session": known.session.map(render.session) ?? .null,
            ]
        },
        Method(
            "session.logout", "Ends the caller's session, with its consoles.", right: .anonymous, result: "{}",
            isChange: true, isActivity: false
        ) { call in
            if let session = call.principal.session {
                await call.core.sessions.end([session.id], reason: "You logged out.")
            }
            call.effects.note(.ended)
            return [:]
        },
        Method(
            "session.current", "Tells who the caller is; does not keep the session awake.", right: .user,
            result: "{user, session, serverTime}", isActivity: false
        ) { call in
            let render = call.render
            let user = call.principal.user.flatMap { call.core.access.user($0.id) }
            return [
                "user": user.map(render.user) ?? .null,
                "session": try await call.currentSession() ?? .null,
                "serverTime": Render.time(call.core.time.now()),
            ]
        },
        Method("session.extend", "Keeps the caller's session awake.", right: .user, result: "{session}") { call in
            ["session": try await call.currentSession() ?? .null]
        },
        Method(
            "session.list", "Lists sessions: one's own, or for a superuser anybody's.", right: .user,
            parameters: [
                .optional("user", .string(maximum: 64), "Whose; a superuser who leaves it out gets all.")
            ],
            result: "{sessions}"
        ) { call in
            let user = try call.sessionOwner()
            let sessions = await call.core.sessions.sessions(of: user)
            return ["sessions": .array(sessions.map(call.render.session))]
        },
        Method(
            "session.revoke", "Ends a session, one's own or for a superuser anybody's.", right: .user,
            parameters: [.required("session", .string(maximum: 64), "The session's id.")], result: "{}",
            isChange: true
        ) { call in
            let id = SessionID(call.arguments.string("session"))
            guard let session = await call.core.sessions.live(id),
                session.user == call.principal.session?.user || call.core.access.isSuperUser(call.principal)
            else { throw GatehouseError(.notFound, "There is no such session, or it is not yours.") }
            await call.core.sessions.end([id], reason: "The session was ended by \(call.principal.name ?? "a user").")
            if id == call.principal.session?.id { call.effects.note(.ended) }
            return [:]
        },
    ]
}

extension Call {
    /// Renders for the caller.
    var render: Render { Render(core: core, principal: principal) }

    fileprivate func began(_ login: SessionRegistry.Login) async throws -> JSONValue {
        effects.note(.began(token: login.token, session: login.session))
        let render = Render(
            core: core,
            principal: Principal(
                identity: .session(login.session), user: login.user, address: principal.address))
        let user = core.access.user(login.user.id) ?? login.user
        var result: [String: JSONValue] = ["user": render.user(user), "session": render.session(login.session)]
        if principal.plugin != nil { result["secret"] = .string(login.token) }
        return .object(result)
    }

    /// The kind of session that the caller may have: one for browsers, one for each legacy API.
    fileprivate func sessionKind() throws -> String {
        guard let plugin = principal.plugin else { return "web" }
        guard plugin != "web" else { throw GatehouseError(.forbidden, "A plugin can not be called web.") }
        return plugin
    }

    fileprivate func currentSession() async throws -> JSONValue? {
        guard let session = principal.session, let live = await core.sessions.live(session.id) else { return nil }
        return render.session(live)
    }

    fileprivate func sessionOwner() throws -> UserID? {
        guard let name = arguments.optionalString("user") else {
            return core.access.isSuperUser(principal) ? nil : principal.session?.user
        }
        guard let user = core.access.user(named: name),
            user.id == principal.session?.user || core.access.isSuperUser(principal)
        else { throw GatehouseError(.forbidden, "Only a superuser may look at the sessions of others.") }
        return user.id
    }
}

extension GatehouseError {
    fileprivate static let callTokenMissing = GatehouseError(
        .forbidden, "This is for a client behind a plugin; send the call token of the client's request.")
}
