// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// The rules for users, groups, privileges and passwords.
package actor Accounts {
    private let repository: any AccountRepository
    private let access: AccessRegistry
    private let sessions: SessionRegistry
    private let hasher: PasswordHasher
    private let bus: EventBus
    private let time: TimeSource
    private let setupTokenLife: Duration
    private let minimumPasswordLength: Int
    private var rightsObserver: (@Sendable () async -> Void)?

    /// Makes the rules over a repository; `load` must be called before use.
    package init(
        repository: any AccountRepository, access: AccessRegistry, sessions: SessionRegistry, hasher: PasswordHasher,
        bus: EventBus, time: TimeSource, setupTokenLife: Duration = .seconds(24 * 3600),
        minimumPasswordLength: Int = 8
    ) {
        self.repository = repository
        self.access = access
        self.sessions = sessions
        self.hasher = hasher
        self.bus = bus
        self.time = time
        self.setupTokenLife = setupTokenLife
        self.minimumPasswordLength = minimumPasswordLength
    }

    /// Sets who is told after rights have changed.
    package func setRightsObserver(_ observer: @escaping @Sendable () async -> Void) { rightsObserver = observer }

    /// Reads everything that rights are worked out from.
    package func load() async throws {
        access.load(try await repository.accessTable())
    }

    /// Works rights out anew after a machine, with its privileges, has become one of another node.
    package func machineMoved() async throws { try await reload(.privilegesChanged) }

    private func reload(_ event: CoreEvent) async throws {
        try await load()
        bus.publish(event)
        await rightsObserver?()
    }
}

// MARK: - First start

extension Accounts {
    /// Makes a new set-up token, which ends the earlier one, and returns it.
    ///
    /// - Throws: `conflict` where a superuser exists.
    package func makeSetupToken() async throws -> (token: String, expiresAt: Date) {
        guard !access.hasSuperUser else {
            throw GatehouseError(
                .conflict, "A superuser exists already; make more users with `gatehouse user add NAME`.")
        }
        let secret = Secret.random()
        let expiresAt = time.now().addingTimeInterval(setupTokenLife.seconds)
        try await repository.setSetupToken(hash: Secret.hash(secret), expiresAt: expiresAt)
        return (Secret.base64URL(secret), expiresAt)
    }

    /// Uses up a set-up token and makes the first superuser.
    ///
    /// - Throws: `expired` for a token that is wrong, used or too old; `invalidParameters`.
    package func completeSetup(token: String, name: String, password: String) async throws -> User {
        guard !access.hasSuperUser else {
            throw GatehouseError(.conflict, "Gatehouse is set up already; log in.")
        }
        let new = NewUser(name: try checkedName(name), level: .superUser)
        try checkPassword(password, name: name)
        guard let secret = Secret.bytes(base64URL: token), secret.count == 32 else {
            throw GatehouseError(
                .expired, "This set-up link is not valid any more; make a new one with `gatehouse setup-link`.")
        }
        let hash = try await hasher.hash(password)
        let user = try await repository.insertFirstUser(
            new, passwordHash: hash, setupTokenHash: Secret.hash(secret), at: time.now())
        try await reload(.usersChanged)
        return user
    }
}

// MARK: - Users

extension Accounts {
    /// Makes a user.
    package func createUser(_ user: NewUser, password: String) async throws -> User {
        var checked = user
        checked.name = try checkedName(user.name)
        try checkTexts(givenName: user.givenName, email: user.email, language: user.language)
        try checkNotes(user.notes)
        try checkPassword(password, name: user.name)
        let hash = try await hasher.hash(password)
        let made = try await repository.insertUser(checked, passwordHash: hash, at: time.now())
        try await reload(.usersChanged)
        return made
    }

    /// Writes a user's changed fields; one who is switched off loses his sessions.
    package func modifyUser(_ user: User) async throws -> User {
        var checked = user
        checked.name = try checkedName(user.name)
        try checkTexts(givenName: user.givenName, email: user.email, language: user.language)
        try checkNotes(user.notes)
        try await repository.updateUser(checked)
        try await reload(.usersChanged)
        if !user.isActive { await sessions.endAll(of: user.id, reason: "The account was switched off.") }
        return checked
    }

    /// Removes a user with everything that was his.
    package func removeUser(_ id: UserID) async throws {
        try await repository.removeUser(id)
        try await reload(.usersChanged)
        await sessions.endAll(of: id, reason: "The account was removed.")
    }

    /// Replaces a password; ends the user's other sessions.
    ///
    /// - Parameter current: the password now, where the user himself asks; nil where a superuser does.
    package func setPassword(
        of user: User, to password: String, current: String?, except session: SessionID?
    ) async throws {
        try checkPassword(password, name: user.name)
        if let current {
            guard try await hasher.verify(current, against: try await repository.passwordHash(of: user.id)) else {
                throw GatehouseError(.forbidden, "The current password is wrong.")
            }
        }
        try await repository.setPasswordHash(try await hasher.hash(password), of: user.id)
        await sessions.endAll(of: user.id, except: session, reason: "The password was changed.")
    }

    private func checkedName(_ name: String) throws -> String {
        let allowed = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "._-@+".unicodeScalars.contains(scalar)
        }
        guard !name.isEmpty, name.utf8.count <= 64, allowed, name.first != "-" else {
            throw GatehouseError.invalidParameter(
                "name", "A name has 1 to 64 letters, digits and . _ - @ +, and does not begin with a dash.")
        }
        return name
    }

    private func checkTexts(givenName: String, email: String, language: String) throws {
        for (parameter, text) in [("givenName", givenName), ("email", email), ("language", language)] {
            guard text.utf8.count <= 200, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            else {
                throw GatehouseError.invalidParameter(
                    parameter, "\(parameter) has at most 200 bytes and no control characters.")
            }
        }
    }

    private func checkNotes(_ notes: String) throws {
        guard notes.utf8.count <= 4000 else {
            throw GatehouseError.invalidParameter("notes", "Notes have at most 4,000 bytes.")
        }
    }

    private func checkPassword(_ password: String, name: String) throws {
        guard password.count >= minimumPasswordLength, password.utf8.count <= 1024 else {
            throw GatehouseError.invalidParameter(
                "password", "A password has at least \(minimumPasswordLength) characters and at most 1,024 bytes.")
        }
        guard password.lowercased() != name.lowercased() else {
            throw GatehouseError.invalidParameter("password", "The password must differ from the name.")
        }
    }
}

// MARK: - Groups and privileges

extension Accounts {
    /// Makes a group.
    package func createGroup(name: String, description: String) async throws -> Group {
        try checkDescription(description)
        let group = try await repository.insertGroup(name: try checkedName(name), description: description)
        try await reload(.privilegesChanged)
        return group
    }

    /// Writes a group's name and description.
    package func modifyGroup(_ group: Group) async throws -> Group {
        try checkDescription(group.description)
        try await repository.updateGroup(group.id, name: try checkedName(group.name), description: group.description)
        try await reload(.privilegesChanged)
        return group
    }

    /// Removes a group with its privileges.
    package func removeGroup(_ id: GroupID) async throws {
        try await repository.removeGroup(id)
        try await reload(.privilegesChanged)
    }

    /// Puts a user into a group or takes it out.
    package func setMember(_ user: UserID, of group: GroupID, to isMember: Bool) async throws {
        if isMember {
            try await repository.addMember(user, to: group)
        } else {
            try await repository.removeMember(user, from: group)
        }
        try await reload(.privilegesChanged)
    }

    /// Gives a privilege, in place of an earlier one.
    package func grant(to grantee: Grantee, on target: PrivilegeTarget, level: AccessLevel) async throws -> Privilege {
        guard (AccessLevel.readOnlyAdmin...AccessLevel.maintenance).contains(level) else {
            throw GatehouseError.invalidParameter(
                "level", "A privilege has one of the levels maintenance, owner, admin and readOnlyAdmin.")
        }
        let privilege = try await repository.grantPrivilege(to: grantee, on: target, level: level)
        try await reload(.privilegesChanged)
        return privilege
    }

    /// Takes a privilege back.
    package func revoke(_ id: PrivilegeID) async throws {
        try await repository.revokePrivilege(id)
        try await reload(.privilegesChanged)
    }

    private func checkDescription(_ text: String) throws {
        guard text.utf8.count <= 1000 else {
            throw GatehouseError.invalidParameter("description", "A description has at most 1,000 bytes.")
        }
    }
}
