// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct GroupTests {
    @Test func `a group has the members it was given`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let bob = try await store.user("bob")
            let group = try await store.insertGroup(name: "staff", description: "all")
            try await store.addMember(ada.id, to: group.id)
            try await store.addMember(ada.id, to: group.id)
            try await store.addMember(bob.id, to: group.id)
            try await store.removeMember(bob.id, from: group.id)
            try await store.removeMember(bob.id, from: group.id)
            #expect(
                try await store.accessTable().groups == [
                    Group(id: group.id, name: "staff", description: "all", members: [ada.id])
                ])
        }
    }

    @Test func `a taken group name is a conflict`() async throws {
        try await withStore { store in
            _ = try await store.insertGroup(name: "staff", description: "")
            let other = try await store.insertGroup(name: "other", description: "")
            await expect(.conflict) { _ = try await store.insertGroup(name: "Staff", description: "") }
            await expect(.conflict) { try await store.updateGroup(other.id, name: "STAFF", description: "") }
            try await store.updateGroup(other.id, name: "Other", description: "new")
            #expect(try await store.accessTable().groups.map(\.name) == ["staff", "Other"])
        }
    }

    @Test func `removing a group takes its privileges along`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let group = try await store.insertGroup(name: "staff", description: "")
            try await store.addMember(ada.id, to: group.id)
            let node = try await store.node("n")
            _ = try await store.grantPrivilege(to: .group(group.id), on: .node(node), level: .owner)
            try await store.removeGroup(group.id)
            #expect(try await store.accessTable() == AccessTable(users: [ada]))
        }
    }

    @Test func `whoever or whatever is gone is not found`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let group = try await store.insertGroup(name: "staff", description: "")
            await expect(.notFound) { try await store.addMember(ada.id, to: GroupID(9)) }
            await expect(.notFound) { try await store.addMember(UserID(9), to: group.id) }
            await expect(.notFound) { try await store.updateGroup(GroupID(9), name: "x", description: "") }
            await expect(.notFound) { try await store.removeGroup(GroupID(9)) }
        }
    }
}

@Suite struct PrivilegeTests {
    @Test func `a second grant replaces the first and keeps its number`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let node = try await store.node("n")
            let machine = try await store.machine("web", on: node)
            for target in [PrivilegeTarget.node(node), .machine(machine)] {
                let first = try await store.grantPrivilege(to: .user(ada.id), on: target, level: .admin)
                let second = try await store.grantPrivilege(to: .user(ada.id), on: target, level: .owner)
                #expect(first.id == second.id)
            }
            let kept = try await store.accessTable().privileges
            #expect(kept.map(\.target) == [.node(node), .machine(machine)])
            #expect(kept.map(\.level) == [.owner, .owner])
        }
    }

    @Test func `users and groups with one number have privileges of their own`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let group = try await store.insertGroup(name: "staff", description: "")
            #expect(ada.id.number == group.id.number)
            let node = try await store.node("n")
            let first = try await store.grantPrivilege(to: .user(ada.id), on: .node(node), level: .admin)
            let second = try await store.grantPrivilege(to: .group(group.id), on: .node(node), level: .none)
            #expect(try await store.accessTable().privileges == [first, second])
            try await store.revokePrivilege(first.id)
            try await store.revokePrivilege(first.id)
            #expect(try await store.accessTable().privileges == [second])
        }
    }

    @Test func `nothing can be granted on or to what is not kept`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let node = try await store.node("n")
            let unknown = MachineID(node: node, uuid: UUID())
            for (who, what) in [
                (Grantee.user(ada.id), PrivilegeTarget.machine(unknown)), (.user(ada.id), .node(NodeID(77))),
                (.user(UserID(77)), .node(node)), (.group(GroupID(77)), .node(node)),
            ] {
                await expect(.notFound) { _ = try await store.grantPrivilege(to: who, on: what, level: .admin) }
            }
        }
    }

    @Test func `every level can be kept`() async throws {
        try await withStore { store in
            let node = try await store.node("n")
            for level in AccessLevel.allCases {
                let user = try await store.user(level.word, level)
                let made = try await store.grantPrivilege(to: .user(user.id), on: .node(node), level: level)
                #expect(made.level == level)
            }
            let table = try await store.accessTable()
            #expect(table.users.map(\.level) == AccessLevel.allCases)
            #expect(table.privileges.map(\.level) == AccessLevel.allCases)
        }
    }
}
