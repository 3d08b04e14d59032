// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct GrantTests {
    private func grant(
        _ fixture: APIFixture, _ level: AccessLevel, to user: String, on machine: String, as principal: Principal
    ) async throws -> GatehouseError? {
        await fixture.failure(
            "privilege.grant",
            ["user": .string(user), "machine": try await fixture.address(machine), "level": .string(level.word)],
            as: principal)
    }

    @Test(arguments: [
        (AccessLevel.readOnlyAdmin, true), (.admin, true), (.owner, true), (.maintenance, false),
    ])
    func `an owner may give up to his own level`(level: AccessLevel, isAllowed: Bool) async throws {
        try await APIFixture.run { fixture in
            let owner = try await fixture.user("owner", .owner, on: "web")
            let error = try await grant(fixture, level, to: "plain", on: "web", as: owner)
            #expect(error?.code == (isAllowed ? nil : .forbidden))
            let got = fixture.test.core.access.level(
                of: fixture.plain, on: try await fixture.test.machine("web").id)
            #expect(got == (isAllowed ? level : .none))
        }
    }

    @Test(arguments: [
        (AccessLevel.readOnlyAdmin, true), (.admin, true), (.owner, false), (.maintenance, false),
    ])
    func `an admin may give and take up to his own level`(level: AccessLevel, isAllowed: Bool) async throws {
        try await APIFixture.run { fixture in
            let admin = try await fixture.user("admin2", .admin, on: "web")
            _ = try await fixture.user("owner", .owner, on: "web")
            let error = try await grant(fixture, level, to: "plain", on: "web", as: admin)
            #expect(error?.code == (isAllowed ? nil : .forbidden))
            #expect(try await grant(fixture, .readOnlyAdmin, to: "owner", on: "web", as: admin)?.code == .forbidden)
            let privileges = fixture.test.core.access.table.privileges
            let above = try #require(privileges.first { $0.level == .owner })
            let error2 = await fixture.failure("privilege.revoke", ["privilege": .int(above.id.number)], as: admin)
            #expect(error2?.code == .forbidden)
        }
    }

    @Test(arguments: [AccessLevel.maintenance, .readOnlyAdmin])
    func `who is no admin gives nothing`(level: AccessLevel) async throws {
        try await APIFixture.run { fixture in
            let somebody = try await fixture.user("somebody", level, on: "web")
            #expect(try await grant(fixture, .readOnlyAdmin, to: "plain", on: "web", as: somebody)?.code == .forbidden)
        }
    }

    @Test func `an owner gives nothing on other machines and on the node`() async throws {
        try await APIFixture.run { fixture in
            let owner = try await fixture.user("owner", .owner, on: "web")
            #expect(
                try await grant(fixture, .admin, to: "plain", on: "db", as: owner) == GatehouseError.machineNotFound)
            let error = await fixture.failure(
                "privilege.grant", ["user": "plain", "node": "n1", "level": "admin"], as: owner)
            #expect(error?.code == .forbidden)
        }
    }

    @Test func `an owner neither takes back nor replaces what is above him`() async throws {
        try await APIFixture.run { fixture in
            let owner = try await fixture.user("owner", .owner, on: "web")
            let helper = try await fixture.user("helper", .maintenance, on: "web")
            #expect(try await grant(fixture, .readOnlyAdmin, to: "helper", on: "web", as: owner)?.code == .forbidden)
            let privilege = try #require(
                fixture.test.core.access.table.privileges.first { $0.level == .maintenance })
            let error = await fixture.failure(
                "privilege.revoke", ["privilege": .int(privilege.id.number)], as: owner)
            #expect(error?.code == .forbidden)
            let machine = try await fixture.test.machine("web").id
            #expect(fixture.test.core.access.level(of: helper, on: machine) == .maintenance)
        }
    }

    @Test func `an owner takes back what he gave, and nobody else's rights are seen`() async throws {
        try await APIFixture.run { fixture in
            let owner = try await fixture.user("owner", .owner, on: "web")
            _ = try await fixture.user("other", .admin, on: "mail")
            let given = try await fixture.call(
                "privilege.grant",
                ["user": "plain", "machine": try await fixture.address("web"), "level": "readOnlyAdmin"], as: owner)
            #expect(given["privilege"]?["user"] == "plain")
            let id = try #require(given["privilege"]?["id"])
            let seen = try await fixture.call("privilege.list", as: owner)["privileges"]?.arrayValue
            #expect(seen?.compactMap { $0["user"]?.stringValue }.sorted() == ["owner", "plain"])
            let own = try await fixture.call("privilege.list", as: fixture.plain)["privileges"]?.arrayValue
            #expect(own?.count == 1)
            let stranger = try await fixture.test.someone("stranger")
            #expect(await fixture.failure("privilege.revoke", ["privilege": id], as: stranger)?.code == .notFound)
            #expect(await fixture.failure("privilege.revoke", ["privilege": id], as: fixture.plain)?.code == .forbidden)
            try await fixture.call("privilege.revoke", ["privilege": id], as: owner)
            #expect(try await fixture.call("machine.list", as: fixture.plain)["machines"] == [])
        }
    }

    @Test func `a grant names one grantee and one target that exist`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let wrong: [([String: JSONValue], GatehouseError.Code)] = [
                (["machine": machine], .invalidParameters), (["user": "plain"], .invalidParameters),
                (["user": "plain", "group": "g", "machine": machine], .invalidParameters),
                (["user": "plain", "machine": machine, "node": "n1"], .invalidParameters),
                (["user": "nobody", "machine": machine], .notFound),
                (["group": "nobody", "machine": machine], .notFound),
                (["user": "plain", "node": "nowhere"], .notFound),
            ]
            for (parameters, code) in wrong {
                var parameters = parameters
                parameters["level"] = "admin"
                #expect(await fixture.failure("privilege.grant", parameters, as: fixture.root)?.code == code)
            }
        }
    }

    @Test func `who may give rights sees every level there, others see their own`() async throws {
        try await APIFixture.run { fixture in
            let owner = try await fixture.user("owner", .owner, on: "web")
            let reader = try await fixture.user("reader", .readOnlyAdmin, on: "web")
            let machine: [String: JSONValue] = ["machine": try await fixture.address("web")]
            func holders(_ principal: Principal) async throws -> [String: JSONValue] {
                let found = try await fixture.call("privilege.holders", machine, as: principal)["holders"]?.arrayValue
                return Dictionary(
                    uniqueKeysWithValues: (found ?? []).map { ($0["user"]?.stringValue ?? "", $0["level"] ?? .null) })
            }
            let all = try await holders(owner)
            #expect(all["owner"] == "owner" && all["reader"] == "readOnlyAdmin" && all["plain"] == nil)
            #expect(all.values.contains("superUser"))
            #expect(try await holders(reader) == ["reader": "readOnlyAdmin"])
            #expect(await fixture.failure("privilege.holders", machine, as: fixture.plain)?.code == .notFound)
            #expect(await fixture.failure("privilege.holders", [:], as: owner)?.code == .invalidParameters)
        }
    }

    @Test func `a right is given to a number as to a name, and not to both`() async throws {
        try await APIFixture.run { fixture in
            let number = JSONValue.int(try #require(fixture.plain.user?.id.number))
            var parameters: [String: JSONValue] = [
                "userID": number, "machine": try await fixture.address("web"), "level": "admin",
            ]
            let given = try await fixture.call("privilege.grant", parameters, as: fixture.root)
            #expect(given["privilege"]?["user"] == "plain")
            parameters["user"] = "plain"
            #expect(await fixture.failure("privilege.grant", parameters, as: fixture.root)?.code == .invalidParameters)
            parameters["user"] = nil
            parameters["userID"] = 999
            #expect(await fixture.failure("privilege.grant", parameters, as: fixture.root)?.code == .notFound)
        }
    }

    @Test func `of oneself one changes how one is called and written to, and nothing else`() async throws {
        try await APIFixture.run { fixture in
            let changed = try await fixture.call(
                "user.modify", ["user": "plain", "givenName": "P", "email": "p@x.example", "language": "de"],
                as: fixture.plain)
            #expect(changed["user"]?["givenName"] == "P" && changed["user"]?["language"] == "de")
            for (name, value) in [("level", JSONValue.string("superUser")), ("active", false), ("name", "boss")] {
                let error = await fixture.failure(
                    "user.modify", ["user": "plain", name: value], as: fixture.plain)
                #expect(error?.code == .forbidden, "\(name)")
            }
            #expect(
                await fixture.failure("user.modify", ["user": "root", "email": "x"], as: fixture.plain)?.code
                    == .notFound)
            let renamed = try await fixture.call("user.modify", ["user": "plain", "name": "simple"], as: fixture.root)
            #expect(renamed["user"]?["name"] == "simple")
            #expect(
                await fixture.failure("user.modify", ["user": "simple", "name": " "], as: fixture.root)?.code
                    == .invalidParameters)
        }
    }
}
