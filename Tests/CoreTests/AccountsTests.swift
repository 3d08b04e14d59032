// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct SetupTests {
    @Test func `a set-up token makes one superuser, once`() async throws {
        try await TestCore.run { test in
            let made = try await test.core.accounts.makeSetupToken()
            #expect(made.expiresAt == test.clock.now.addingTimeInterval(24 * 3600))
            let user = try await test.core.accounts.completeSetup(
                token: made.token, name: "root", password: TestCore.password)
            #expect(user.level == .superUser)
            #expect(test.core.access.hasSuperUser)
            await expect(.conflict) {
                try await test.core.accounts.completeSetup(
                    token: made.token, name: "second", password: TestCore.password)
            }
            await expect(.conflict) { try await test.core.accounts.makeSetupToken() }
        }
    }

    @Test func `two who use the token at once make one superuser`() async throws {
        try await TestCore.run { test in
            let made = try await test.core.accounts.makeSetupToken()
            let names = await withTaskGroup(of: String?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try? await test.core.accounts.completeSetup(
                            token: made.token, name: "root\(number)", password: TestCore.password
                        ).name
                    }
                }
                return await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
            }
            #expect(names.count == 1)
            #expect(test.core.access.table.users.map(\.name) == names)
        }
    }

    @Test(arguments: ["", "x", "a+b=", String(repeating: "A", count: 43)])
    func `a wrong token makes nobody`(token: String) async throws {
        try await TestCore.run { test in
            _ = try await test.core.accounts.makeSetupToken()
            await expect(.expired) {
                try await test.core.accounts.completeSetup(token: token, name: "root", password: TestCore.password)
            }
            #expect(!test.core.access.hasSuperUser)
        }
    }

    @Test func `a token is good for a day, and only the last one made`() async throws {
        try await TestCore.run { test in
            let first = try await test.core.accounts.makeSetupToken()
            let second = try await test.core.accounts.makeSetupToken()
            await expect(.expired) {
                try await test.core.accounts.completeSetup(
                    token: first.token, name: "root", password: TestCore.password)
            }
            test.clock.advance(.seconds(24 * 3600))
            await expect(.expired) {
                try await test.core.accounts.completeSetup(
                    token: second.token, name: "root", password: TestCore.password)
            }
        }
    }

    @Test func `a poor password or name does not use the token up`() async throws {
        try await TestCore.run { test in
            let made = try await test.core.accounts.makeSetupToken()
            await expect(.invalidParameters) {
                try await test.core.accounts.completeSetup(token: made.token, name: "root", password: "short")
            }
            await expect(.invalidParameters) {
                try await test.core.accounts.completeSetup(
                    token: made.token, name: "", password: TestCore.password)
            }
            _ = try await test.core.accounts.completeSetup(
                token: made.token, name: "root", password: TestCore.password)
        }
    }
}

@Suite struct UserRuleTests {
    @Test(arguments: ["", "-dash", "a b", "a/b", "a\u{1b}", "a\n", String(repeating: "a", count: 65)])
    func `a name that could be mistaken is refused`(name: String) async throws {
        try await TestCore.run { test in
            let error = await expect(.invalidParameters) { try await test.user(name) }
            #expect(error?.details["parameter"] == "name")
        }
    }

    @Test(arguments: ["anna", "anna.b", "a+b@example.org", "Zoë", "用户", "7"])
    func `a name of letters, digits and a few signs is taken`(name: String) async throws {
        try await TestCore.run { test in
            let user = try await test.user(name)
            #expect(user.name == name)
        }
    }

    @Test func `two names that differ in case only are one`() async throws {
        try await TestCore.run { test in
            try await test.user("anna")
            await expect(.conflict) { try await test.user("ANNA") }
        }
    }

    @Test(arguments: ["", "1234567", "anna-1234", "ANNA-1234", String(repeating: "x", count: 1025)])
    func `a password that is short, the name, or too long is refused`(password: String) async throws {
        try await TestCore.run { test in
            let error = await expect(.invalidParameters) {
                try await test.core.accounts.createUser(NewUser(name: "anna-1234"), password: password)
            }
            #expect(error?.details["parameter"] == "password")
            #expect(test.core.access.user(named: "anna-1234") == nil)
        }
    }

    @Test func `the last active superuser can be neither removed, switched off nor lowered`() async throws {
        try await TestCore.run { test in
            let first = try await test.user("one", .superUser)
            let second = try await test.user("two", .superUser)
            try await test.core.accounts.removeUser(second.id)
            await expect(.conflict) { try await test.core.accounts.removeUser(first.id) }
            var lowered = first
            lowered.level = .none
            await expect(.conflict) { try await test.core.accounts.modifyUser(lowered) }
            var off = first
            off.isActive = false
            await expect(.conflict) { try await test.core.accounts.modifyUser(off) }
            #expect(test.core.access.user(first.id) == first)
        }
    }

    @Test func `a new password ends the user's other sessions`() async throws {
        try await TestCore.run { test in
            let here = try await test.someone("anna")
            _ = try await test.login("anna")
            let user = try #require(here.user)
            try await test.core.accounts.setPassword(
                of: user, to: "another horse", current: TestCore.password, except: here.session?.id)
            #expect(await test.core.sessions.sessions(of: user.id).map(\.id) == [here.session?.id].compactMap { $0 })
            await expect(.unauthenticated) { try await test.login("anna") }
            _ = try await test.core.sessions.login(
                name: "anna", password: "another horse", kind: "web", principal: TestCore.anonymous)
        }
    }

    @Test func `a wrong current password changes nothing`() async throws {
        try await TestCore.run { test in
            let user = try await test.user("anna")
            await expect(.forbidden) {
                try await test.core.accounts.setPassword(of: user, to: "another horse", current: "wrong", except: nil)
            }
            _ = try await test.login("anna")
        }
    }

    @Test func `who is removed loses sessions, consoles and rights`() async throws {
        let hypervisor = FakeHypervisor([.fake("web")])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("the machine is there") { await test.core.inventory.allMachines().count == 1 }
            let anna = try await test.someone("anna")
            let machine = try await test.machine("web").id
            try await test.grant(.admin, on: machine, to: anna)
            _ = try await test.core.consoles.open(
                ConsoleKey(machine: machine, type: .vnc), principal: anna, takeover: false)
            try await test.core.accounts.removeUser(try #require(anna.user?.id))
            #expect(await test.core.consoles.views(for: TestCore.local) == [])
            #expect(await test.core.sessions.count == 0)
            #expect(test.core.access.table.privileges == [])
        }
    }

    @Test(arguments: [AccessLevel.superUser, .none, .node])
    func `a privilege has a level that makes sense on a machine`(level: AccessLevel) async throws {
        try await TestCore.run { test in
            let user = try await test.user("anna")
            await expect(.invalidParameters) {
                try await test.core.accounts.grant(to: .user(user.id), on: .node(NodeID(1)), level: level)
            }
        }
    }

    @Test func `a group's rights come and go with its members`() async throws {
        let hypervisor = FakeHypervisor([.fake("web")])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("the machine is there") { await test.core.inventory.allMachines().count == 1 }
            let machine = try await test.machine("web").id
            let user = try await test.user("anna")
            let group = try await test.core.accounts.createGroup(name: "ops", description: "")
            _ = try await test.core.accounts.grant(to: .group(group.id), on: .machine(machine), level: .admin)
            #expect(test.core.access.level(of: user.id, on: machine) == .none)
            try await test.core.accounts.setMember(user.id, of: group.id, to: true)
            #expect(test.core.access.level(of: user.id, on: machine) == .admin)
            try await test.core.accounts.setMember(user.id, of: group.id, to: false)
            #expect(test.core.access.level(of: user.id, on: machine) == .none)
        }
    }

    @Test func `rights that are taken back close the console`() async throws {
        let hypervisor = FakeHypervisor([.fake("web")])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("the machine is there") { await test.core.inventory.allMachines().count == 1 }
            let anna = try await test.someone("anna")
            let key = ConsoleKey(machine: try await test.machine("web").id, type: .vnc)
            try await test.grant(.admin, on: key.machine, to: anna)
            let opening = try await test.core.consoles.open(key, principal: anna, takeover: false)
            let grant = try await test.core.consoles.redeem(
                ticket: opening.ticket, session: try #require(anna.session?.id), key: key)
            let console = FakeConsole()
            #expect(await test.core.consoles.connected(grant, console))
            let privilege = try #require(test.core.access.table.privileges.first)
            try await test.core.accounts.revoke(privilege.id)
            #expect(console.closings == [.rightsRevoked])
        }
    }
}
