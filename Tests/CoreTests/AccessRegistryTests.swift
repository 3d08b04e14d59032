// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct AccessRegistryTests {
    private static let machine = MachineID(node: NodeID(1), uuid: UUID())
    private static let neighbour = MachineID(node: NodeID(1), uuid: UUID())
    private static let user = UserID(1)

    private func user(_ level: AccessLevel, isActive: Bool = true) -> User {
        User(id: Self.user, name: "Anna", level: level, isActive: isActive, createdAt: Date(timeIntervalSince1970: 0))
    }

    private func access(
        _ global: AccessLevel = .none, isActive: Bool = true, direct: AccessLevel? = nil, group: AccessLevel? = nil,
        node: AccessLevel? = nil, groupOnNode: AccessLevel? = nil
    ) -> AccessRegistry {
        let access = AccessRegistry()
        let ops = GroupID(5)
        let given: [(Grantee, PrivilegeTarget, AccessLevel?)] = [
            (.user(Self.user), .machine(Self.machine), direct), (.group(ops), .machine(Self.machine), group),
            (.user(Self.user), .node(NodeID(1)), node), (.group(ops), .node(NodeID(1)), groupOnNode),
        ]
        let privileges = given.enumerated().compactMap { number, entry in
            entry.2.map {
                Privilege(id: PrivilegeID(Int64(number + 1)), grantee: entry.0, target: entry.1, level: $0)
            }
        }
        access.load(
            AccessTable(
                users: [user(global, isActive: isActive)], groups: [Group(id: ops, name: "Ops", members: [Self.user])],
                privileges: privileges))
        return access
    }

    @Test(arguments: [AccessLevel.readOnlyAdmin, .admin, .owner, .maintenance])
    func `a right comes directly, by a group, by the node, or by a group on the node`(level: AccessLevel) {
        for access in [access(direct: level), access(group: level), access(node: level), access(groupOnNode: level)] {
            #expect(access.level(of: Self.user, on: Self.machine) == level)
        }
    }

    @Test func `a right on a machine is none on its neighbour, and one on the node is`() {
        #expect(access(direct: .owner, group: .owner).level(of: Self.user, on: Self.neighbour) == .none)
        #expect(access(node: .admin).level(of: Self.user, on: Self.neighbour) == .admin)
        let elsewhere = MachineID(node: NodeID(2), uuid: Self.machine.uuid)
        #expect(access(direct: .owner, node: .owner).level(of: Self.user, on: elsewhere) == .none)
    }

    @Test func `the strongest of all wins, whatever gives it`() {
        let levels: [AccessLevel?] = [nil, .readOnlyAdmin, .admin, .owner]
        for direct in levels {
            for group in levels {
                for node in levels {
                    let access = access(direct: direct, group: group, node: node)
                    let best = [direct, group, node].compactMap { $0 }.max() ?? .none
                    #expect(access.level(of: Self.user, on: Self.machine) == best)
                }
            }
        }
    }

    @Test func `the user's own level is the floor everywhere`() {
        #expect(access(.readOnlyAdmin).level(of: Self.user, on: Self.neighbour) == .readOnlyAdmin)
        #expect(access(.owner, direct: .readOnlyAdmin).level(of: Self.user, on: Self.machine) == .owner)
        #expect(access(.superUser).level(of: Self.user, on: Self.machine) == .superUser)
        #expect(access(.node).level(of: Self.user, on: Self.machine) == .none)
    }

    @Test func `who is switched off or unknown may do nothing`() {
        let access = access(.superUser, isActive: false, direct: .owner)
        #expect(access.level(of: Self.user, on: Self.machine) == .none)
        #expect(!access.hasSuperUser)
        #expect(access.level(of: UserID(9), on: Self.machine) == .none)
    }

    @Test func `what a caller may do is what his user may do now`() {
        let access = access(.superUser)
        let session = Session(
            id: SessionID("1"), tokenHash: [], user: Self.user, kind: "web", createdAt: Date(timeIntervalSince1970: 0),
            lastActiveAt: Date(timeIntervalSince1970: 0), expiresAt: Date(timeIntervalSince1970: 0), address: "",
            userAgent: "")
        let principal = Principal(identity: .session(session), user: user(.superUser), address: "")
        #expect(access.isSuperUser(principal))
        access.load(AccessTable(users: [user(.none)]))
        #expect(!access.isSuperUser(principal), "the user that the caller carries is only how it began")
        #expect(access.level(of: principal, on: Self.machine) == .none)
    }

    @Test func `the local administrator may do all, and nobody nothing`() {
        let access = AccessRegistry()
        #expect(access.isSuperUser(TestCore.local))
        #expect(access.level(of: TestCore.local, on: Self.machine) == .superUser)
        #expect(access.level(of: TestCore.local, on: NodeID(1)) == .superUser)
        #expect(!access.isSuperUser(TestCore.anonymous))
        #expect(access.level(of: TestCore.anonymous, on: Self.machine) == .none)
    }

    @Test func `names are found whatever their case`() {
        let access = access()
        #expect(access.user(named: "aNNA")?.id == Self.user)
        #expect(access.group(named: "OPS")?.id == GroupID(5))
        #expect(access.user(named: "ann") == nil)
    }
}
