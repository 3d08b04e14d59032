// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A person or program with an account.
package struct User: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: UserID
    /// The name it logs in with; unique, case is kept and does not count.
    package var name: String
    /// The name people call it by.
    package var givenName: String
    /// Where mail reaches it.
    package var email: String
    /// The level it has everywhere: `superUser` may do all, `none` has only what privileges give.
    package var level: AccessLevel
    /// Whether it may log in.
    package var isActive: Bool
    /// A language tag, such as `en`.
    package var language: String
    /// What superusers want to remember of it; at most 4,000 bytes.
    package var notes: String
    /// When it was made.
    package var createdAt: Date
    /// When it last logged in.
    package var lastLoginAt: Date?

    /// Makes a user value.
    package init(
        id: UserID, name: String, givenName: String = "", email: String = "", level: AccessLevel,
        isActive: Bool = true, language: String = "en", notes: String = "", createdAt: Date, lastLoginAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.givenName = givenName
        self.email = email
        self.level = level
        self.isActive = isActive
        self.language = language
        self.notes = notes
        self.createdAt = createdAt
        self.lastLoginAt = lastLoginAt
    }
}

/// What is needed to make a user.
package struct NewUser: Sendable, Equatable {
    /// The login name, already checked.
    package var name: String
    /// The name people call it by.
    package var givenName: String
    /// Where mail reaches it.
    package var email: String
    /// The level it has everywhere.
    package var level: AccessLevel
    /// A language tag.
    package var language: String
    /// What superusers want to remember of it; at most 4,000 bytes.
    package var notes: String
    /// Whether it may log in.
    package var isActive: Bool

    /// Makes the description of a user to be.
    package init(
        name: String, givenName: String = "", email: String = "", level: AccessLevel = .none, language: String = "en",
        notes: String = "", isActive: Bool = true
    ) {
        self.name = name
        self.givenName = givenName
        self.email = email
        self.level = level
        self.language = language
        self.notes = notes
        self.isActive = isActive
    }
}

/// A set of users that can be given privileges together.
package struct Group: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: GroupID
    /// Its name; unique, case does not count.
    package var name: String
    /// What it is for.
    package var description: String
    /// Who is in it.
    package var members: Set<UserID>

    /// Makes a group value.
    package init(id: GroupID, name: String, description: String = "", members: Set<UserID> = []) {
        self.id = id
        self.name = name
        self.description = description
        self.members = members
    }
}

/// Who a privilege is given to.
package enum Grantee: Sendable, Hashable {
    case user(UserID)
    case group(GroupID)
}

/// What a privilege is about.
package enum PrivilegeTarget: Sendable, Hashable {
    case machine(MachineID)
    /// Holds for every machine of the node.
    case node(NodeID)
}

/// A level that somebody has on something.
package struct Privilege: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: PrivilegeID
    /// Who has it.
    package var grantee: Grantee
    /// On what.
    package var target: PrivilegeTarget
    /// How much.
    package var level: AccessLevel

    /// Makes a privilege value.
    package init(id: PrivilegeID, grantee: Grantee, target: PrivilegeTarget, level: AccessLevel) {
        self.id = id
        self.grantee = grantee
        self.target = target
        self.level = level
    }
}

/// Everything that rights are computed from.
package struct AccessTable: Sendable, Equatable {
    /// Every user.
    package var users: [User]
    /// Every group, with its members.
    package var groups: [Group]
    /// Every privilege.
    package var privileges: [Privilege]

    /// Makes a table.
    package init(users: [User] = [], groups: [Group] = [], privileges: [Privilege] = []) {
        self.users = users
        self.groups = groups
        self.privileges = privileges
    }
}

/// The users, groups and privileges that are kept.
///
/// Every write is one transaction and returns after its commit. All throw `storageFailed`.
package protocol AccountRepository: Sendable {
    /// Everything at once.
    func accessTable() async throws -> AccessTable

    /// Makes a user with a password hash; throws `conflict` where the name is taken.
    func insertUser(_ user: NewUser, passwordHash: String, at now: Date) async throws -> User

    /// Makes the first superuser and uses up the set-up token with that hash, in one transaction.
    ///
    /// - Throws: `expired` where no unexpired token has that hash, `conflict` where an active superuser exists.
    func insertFirstUser(
        _ user: NewUser, passwordHash: String, setupTokenHash: [UInt8], at now: Date
    ) async throws -> User

    /// Keeps a new set-up token's hash in place of any earlier one.
    func setSetupToken(hash: [UInt8], expiresAt: Date) async throws

    /// Writes a user's changed fields; throws `conflict` where no active superuser would be left.
    func updateUser(_ user: User) async throws

    /// Removes a user with its memberships, privileges and sessions; throws `conflict` for the last superuser.
    func removeUser(_ id: UserID) async throws

    /// The password hash of a user, or nil where the user is gone.
    func passwordHash(of id: UserID) async throws -> String?

    /// Replaces a user's password hash.
    func setPasswordHash(_ hash: String, of id: UserID) async throws

    /// Notes a successful login.
    func noteLogin(of id: UserID, at now: Date) async throws

    /// Makes a group; throws `conflict` where the name is taken.
    func insertGroup(name: String, description: String) async throws -> Group

    /// Writes a group's name and description; throws `conflict` where the name is taken.
    func updateGroup(_ id: GroupID, name: String, description: String) async throws

    /// Removes a group with its memberships and privileges.
    func removeGroup(_ id: GroupID) async throws

    /// Puts a user into a group; nothing happens where it is in it already.
    func addMember(_ user: UserID, to group: GroupID) async throws

    /// Takes a user out of a group; nothing happens where it is not in it.
    func removeMember(_ user: UserID, from group: GroupID) async throws

    /// Gives a privilege, in place of an earlier one of the same grantee on the same target.
    func grantPrivilege(to grantee: Grantee, on target: PrivilegeTarget, level: AccessLevel) async throws -> Privilege

    /// Takes a privilege back; nothing happens where it is gone.
    func revokePrivilege(_ id: PrivilegeID) async throws
}
