// SPDX-License-Identifier: Apache-2.0

package import Model
import Synchronization

/// Answers who may do what, from memory; the one place where levels are worked out.
package final class AccessRegistry: Sendable {
    private struct Index {
        var table = AccessTable()
        var users: [UserID: User] = [:]
        var userByName: [String: UserID] = [:]
        var direct: [UserID: [PrivilegeTarget: AccessLevel]] = [:]
        var groupsOf: [UserID: Set<GroupID>] = [:]
        var byGroup: [GroupID: [PrivilegeTarget: AccessLevel]] = [:]
    }

    private let index = Mutex(Index())

    /// Makes an empty registry, in which nobody may do anything.
    package init() {}

    /// Replaces all it knows.
    package func load(_ table: AccessTable) {
        var fresh = Index(table: table)
        for user in table.users {
            fresh.users[user.id] = user
            fresh.userByName[user.name.lowercased()] = user.id
        }
        for group in table.groups {
            for member in group.members { fresh.groupsOf[member, default: []].insert(group.id) }
        }
        for privilege in table.privileges {
            switch privilege.grantee {
            case .user(let user): fresh.direct[user, default: [:]][privilege.target] = privilege.level
            case .group(let group): fresh.byGroup[group, default: [:]][privilege.target] = privilege.level
            }
        }
        index.withLock { $0 = fresh }
    }

    /// Everything it knows.
    package var table: AccessTable { index.withLock { $0.table } }

    /// The user of that number.
    package func user(_ id: UserID) -> User? { index.withLock { $0.users[id] } }

    /// The user of that name; case does not count.
    package func user(named name: String) -> User? {
        index.withLock { index in index.userByName[name.lowercased()].flatMap { index.users[$0] } }
    }

    /// The group of that name; case does not count.
    package func group(named name: String) -> Group? {
        let name = name.lowercased()
        return index.withLock { $0.table.groups.first { $0.name.lowercased() == name } }
    }

    /// Whether an active superuser exists.
    package var hasSuperUser: Bool {
        index.withLock { $0.table.users.contains { $0.isActive && $0.level == .superUser } }
    }

    /// Whether the caller may do everything.
    package func isSuperUser(_ principal: Principal) -> Bool {
        globalLevel(of: principal) == .superUser
    }

    /// The level that the caller has everywhere.
    package func globalLevel(of principal: Principal) -> AccessLevel {
        switch principal.identity {
        // What a plugin may call at all is held by the method table.
        case .local, .plugin: .superUser
        case .anonymous: .none
        case .session(let session): index.withLock { Self.globalLevel(of: session.user, in: $0) }
        case .work(let work):
            work.user.map { user in index.withLock { Self.globalLevel(of: user, in: $0) } } ?? .superUser
        }
    }

    /// The strongest level that the caller has on a machine, by itself, its groups, and the machine's node.
    package func level(of principal: Principal, on machine: MachineID) -> AccessLevel {
        switch principal.identity {
        case .local, .plugin: .superUser
        case .anonymous: .none
        case .session(let session): level(of: session.user, on: machine)
        case .work(let work): work.user.map { level(of: $0, on: machine) } ?? .superUser
        }
    }

    /// The strongest level that a user has on a machine.
    package func level(of user: UserID, on machine: MachineID) -> AccessLevel {
        index.withLock { index in
            let targets: [PrivilegeTarget] = [.machine(machine), .node(machine.node)]
            return Self.strongest(of: user, on: targets, in: index)
        }
    }

    /// The strongest level that the caller has on a node as a whole.
    package func level(of principal: Principal, on node: NodeID) -> AccessLevel {
        switch principal.identity {
        case .local, .plugin: .superUser
        case .anonymous: .none
        case .session(let session): level(of: session.user, on: node)
        case .work(let work): work.user.map { level(of: $0, on: node) } ?? .superUser
        }
    }

    /// The strongest level that a user has on a node as a whole.
    package func level(of user: UserID, on node: NodeID) -> AccessLevel {
        index.withLock { Self.strongest(of: user, on: [.node(node)], in: $0) }
    }

    private static func globalLevel(of user: UserID, in index: Index) -> AccessLevel {
        guard let user = index.users[user], user.isActive, user.level != .node else { return .none }
        return user.level
    }

    private static func strongest(of user: UserID, on targets: [PrivilegeTarget], in index: Index) -> AccessLevel {
        guard let known = index.users[user], known.isActive else { return .none }
        var best = globalLevel(of: user, in: index)
        for target in targets {
            if let level = index.direct[user]?[target] { best = max(best, level) }
            for group in index.groupsOf[user] ?? [] {
                if let level = index.byGroup[group]?[target] { best = max(best, level) }
            }
        }
        return best
    }
}
