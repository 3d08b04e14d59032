// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct UserTests {
    @Test func `a user comes back as it was kept`() async throws {
        try await withStore { store in
            let new = NewUser(
                name: "Ada", givenName: "Ada L.", email: "a@example.org", level: .admin, language: "de",
                notes: "On call.\nMostly.")
            let made = try await store.insertUser(new, passwordHash: "secret", at: noon)
            let idle = try await store.insertUser(
                NewUser(name: "Bob", isActive: false), passwordHash: "secret", at: noon)
            #expect(!idle.isActive)
            #expect(try await store.accessTable().users == [made, idle])
            #expect(abs(made.createdAt.timeIntervalSince(noon)) < 0.001)
            #expect(try await store.passwordHash(of: made.id) == "secret")
        }
    }

    @Test func `a taken name is a conflict whatever its case`() async throws {
        try await withStore { store in
            _ = try await store.user("ada")
            await expect(.conflict) { _ = try await store.user("ADA") }
            #expect(try await store.accessTable().users.count == 1)
        }
    }

    @Test func `renaming to a taken name is a conflict and changes nothing`() async throws {
        try await withStore { store in
            _ = try await store.user("ada")
            var bob = try await store.user("bob")
            bob.name = "Ada"
            bob.email = "new@example.org"
            await expect(.conflict) { try await store.updateUser(bob) }
            #expect(try await store.accessTable().users.last?.email == "")
        }
    }

    @Test func `an update writes fields and leaves times alone`() async throws {
        try await withStore { store in
            var ada = try await store.user("ada")
            try await store.noteLogin(of: ada.id, at: noon + 5)
            ada.givenName = "Ada"
            ada.notes = "Away."
            ada.level = .readOnlyAdmin
            ada.isActive = false
            ada.lastLoginAt = nil
            try await store.updateUser(ada)
            let kept = try #require(try await store.accessTable().users.first)
            #expect(kept.givenName == "Ada" && kept.notes == "Away." && kept.level == .readOnlyAdmin && !kept.isActive)
            #expect(kept.lastLoginAt == (noon + 5).kept)
        }
    }

    @Test func `the last active superuser can not be removed, disabled or demoted`() async throws {
        try await withStore { store in
            let root = try await store.user("root", .superUser)
            var idle = try await store.user("idle", .superUser)
            idle.isActive = false
            try await store.updateUser(idle)
            var demoted = root
            demoted.level = .owner
            var disabled = root
            disabled.isActive = false
            await expect(.conflict) { try await store.removeUser(root.id) }
            await expect(.conflict) { try await store.updateUser(demoted) }
            await expect(.conflict) { try await store.updateUser(disabled) }
            #expect(try await store.accessTable().users == [root, idle])
            idle.isActive = true
            try await store.updateUser(idle)
            try await store.removeUser(root.id)
        }
    }

    @Test func `two that demote each other at once leave one superuser`() async throws {
        try await withStore { store in
            let names = ["one", "two", "three"]
            for name in names { _ = try await store.user(name, .superUser) }
            let users = try await store.accessTable().users
            await withTaskGroup(of: Void.self) { group in
                for user in users { group.addTask { try? await store.removeUser(user.id) } }
            }
            #expect(try await store.accessTable().users.count == 1)
        }
    }

    @Test func `a user may change while there is no superuser yet`() async throws {
        try await withStore { store in
            var ada = try await store.user("ada")
            ada.email = "a@example.org"
            try await store.updateUser(ada)
            try await store.removeUser(ada.id)
        }
    }

    @Test func `removing a user takes all that is its own along`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let bob = try await store.user("bob")
            let group = try await store.insertGroup(name: "staff", description: "")
            let machine = try await store.machine("web", on: try await store.node("n"))
            for user in [ada, bob] {
                try await store.addMember(user.id, to: group.id)
                _ = try await store.session(of: user.id, user.name)
                _ = try await store.grantPrivilege(to: .user(user.id), on: .machine(machine), level: .admin)
            }
            _ = try await store.insertLock(
                machine: machine, type: .vnc, user: ada.id, session: SessionID("ada"), since: noon, address: "::1")
            try await store.removeUser(ada.id)
            let table = try await store.accessTable()
            #expect(table.groups.first?.members == [bob.id])
            #expect(table.privileges.map(\.grantee) == [.user(bob.id)])
            #expect(try await store.sessions(at: noon).map(\.user) == [bob.id])
            #expect(try await store.locks().isEmpty)
        }
    }

    @Test func `a number is never given twice`() async throws {
        try await withStore { store in
            let first = try await store.user("ada")
            try await store.removeUser(first.id)
            #expect(try await store.user("ada").id > first.id)
        }
    }

    @Test func `whoever is gone is not found`() async throws {
        try await withStore { store in
            let ghost = User(id: UserID(99), name: "ghost", level: .none, createdAt: noon)
            await expect(.notFound) { try await store.updateUser(ghost) }
            await expect(.notFound) { try await store.removeUser(ghost.id) }
            await expect(.notFound) { try await store.setPasswordHash("x", of: ghost.id) }
            await expect(.notFound) { try await store.noteLogin(of: ghost.id, at: noon) }
            let hash = try await store.passwordHash(of: ghost.id)
            #expect(hash == nil)
        }
    }

    @Test func `a password hash is replaced`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            try await store.setPasswordHash("other", of: ada.id)
            #expect(try await store.passwordHash(of: ada.id) == "other")
        }
    }

    @Test func `an error never shows the values that were written`() async throws {
        try await withStore { store in
            _ = try await store.user("ada")
            let error = try await requireFailure {
                _ = try await store.insertUser(NewUser(name: "ada"), passwordHash: "topsecret", at: noon)
            }
            #expect(!error.description.contains("topsecret"))
        }
    }
}

@Suite struct SetupTests {
    @Test func `the first user is a superuser and uses the token up`() async throws {
        try await withStore { store in
            try await store.setSetupToken(hash: [1, 2], expiresAt: noon + 60)
            let root = try await store.insertFirstUser(
                NewUser(name: "root"), passwordHash: "h", setupTokenHash: [1, 2], at: noon)
            #expect(root.level == .superUser)
            await expect(.expired) {
                _ = try await store.insertFirstUser(
                    NewUser(name: "again"), passwordHash: "h", setupTokenHash: [1, 2], at: noon)
            }
            #expect(try await store.accessTable().users == [root])
        }
    }

    @Test func `a wrong, replaced or late token is expired`() async throws {
        try await withStore { store in
            func complete(_ hash: [UInt8], at now: Date) async -> GatehouseError.Code? {
                await failure {
                    _ = try await store.insertFirstUser(
                        NewUser(name: "root"), passwordHash: "h", setupTokenHash: hash, at: now)
                }?.code
            }
            #expect(await complete([1], at: noon) == .expired)
            try await store.setSetupToken(hash: [1], expiresAt: noon + 60)
            try await store.setSetupToken(hash: [2], expiresAt: noon + 60)
            #expect(await complete([1], at: noon) == .expired)
            #expect(await complete([2], at: noon + 60) == .expired)
            #expect(await complete([2], at: noon) == nil)
        }
    }

    @Test func `a failed set-up keeps its token`() async throws {
        try await withStore { store in
            _ = try await store.user("taken")
            try await store.setSetupToken(hash: [1], expiresAt: noon + 60)
            await expect(.conflict) {
                _ = try await store.insertFirstUser(
                    NewUser(name: "TAKEN"), passwordHash: "h", setupTokenHash: [1], at: noon)
            }
            _ = try await store.insertFirstUser(
                NewUser(name: "root"), passwordHash: "h", setupTokenHash: [1], at: noon)
        }
    }

    @Test func `a valid token is a conflict where an active superuser exists`() async throws {
        try await withStore { store in
            _ = try await store.user("root", .superUser)
            try await store.setSetupToken(hash: [1], expiresAt: noon + 60)
            await expect(.conflict) {
                _ = try await store.insertFirstUser(
                    NewUser(name: "second"), passwordHash: "h", setupTokenHash: [1], at: noon)
            }
        }
    }
}
