// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct RightTests {
    @Test func `whoever is not logged in is refused, but where that is declared`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            for method in fixture.methods where method.right != .anonymous {
                let error = await fixture.failure(
                    method.name, method.fitting(machine: machine), as: TestCore.anonymous)
                #expect(
                    error?.code == (method.right == .local ? .forbidden : .unauthenticated), "\(method.name)")
            }
        }
    }

    @Test func `what is for superusers is refused to everybody else`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let owner = try await fixture.user("owner", .owner, on: "web")
            let helper = try await fixture.test.someone("helper", .maintenance)
            for method in fixture.methods where method.right == .superUser {
                for principal in [fixture.plain, owner, helper] {
                    let error = await fixture.failure(method.name, method.fitting(machine: machine), as: principal)
                    #expect(error?.code == .forbidden, "\(method.name)")
                }
            }
            #expect(fixture.test.core.access.table.users.count == 4, "and nothing has come of it")
        }
    }

    @Test func `what is for the host itself is refused to superusers from the network`() async throws {
        try await APIFixture.run { fixture in
            for method in fixture.methods where method.right == .local {
                #expect(await fixture.failure(method.name, as: fixture.root)?.code == .forbidden)
            }
        }
    }

    @Test func `a machine that is not there and one of somebody else's look the same to every method`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "mail")
            let foreign = try await fixture.address("web")
            let others: [JSONValue] = [
                .string(UUID().uuidString), "nonsense", "", .string("\(UUID().uuidString)@n1"),
                .string((foreign.stringValue ?? "") + "@n1"), .string((foreign.stringValue ?? "") + "@nowhere"),
            ]
            let methods = fixture.methods.filter { $0.takesMachine && $0.right != .superUser }
            #expect(methods.count > 15)
            for method in methods {
                for principal in [viewer, fixture.plain] {
                    let refused = await fixture.failure(method.name, method.fitting(machine: foreign), as: principal)
                    #expect(refused == GatehouseError.machineNotFound, "\(method.name)")
                    for other in others {
                        let missing = await fixture.failure(method.name, method.fitting(machine: other), as: principal)
                        #expect(missing == refused, "\(method.name) \(other)")
                    }
                }
            }
        }
    }

    @Test func `who may only look is refused whatever operates, and may look`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let machine = try await fixture.address("web")
            for method in fixture.methods where method.right == .operate || method.right == .own {
                let error = await fixture.failure(method.name, method.fitting(machine: machine), as: viewer)
                #expect(error?.code == .forbidden, "\(method.name)")
            }
            for method in fixture.methods where method.right == .view {
                let error = await fixture.failure(method.name, method.fitting(machine: machine), as: viewer)
                #expect(error == nil, "\(method.name)")
            }
            #expect(fixture.hypervisors[0].requests == [])
        }
    }

    @Test func `nobody sees a machine or node in a list that is not his`() async throws {
        try await APIFixture.run { fixture in
            let admin = try await fixture.user("admin", .admin, on: "web")
            func names(_ method: String, _ list: String, _ principal: Principal) async throws -> [String] {
                let found = try await fixture.call(method, as: principal)[list]?.arrayValue ?? []
                return found.compactMap { $0["name"]?.stringValue }
            }
            #expect(try await names("machine.list", "machines", admin) == ["web"])
            #expect(try await names("node.list", "nodes", admin) == ["n1"])
            #expect(try await names("machine.list", "machines", fixture.plain) == [])
            #expect(try await names("node.list", "nodes", fixture.plain) == [])
            #expect(try await names("machine.list", "machines", fixture.root) == ["db", "mail", "web"])
            #expect(try await names("machine.list", "machines", TestCore.local) == ["db", "mail", "web"])
            #expect(await fixture.failure("node.show", ["node": "n2"], as: admin)?.code == .notFound)
            let node = try await fixture.call("node.show", ["node": "n1"], as: admin)["node"]
            #expect(node?["uri"]?.isNull == true, "where a node is, is for superusers")
        }
    }

    @Test func `a user without superuser rights sees himself and nobody else`() async throws {
        try await APIFixture.run { fixture in
            #expect(
                try await fixture.call("user.show", ["user": "PLAIN"], as: fixture.plain)["user"]?["name"] == "plain")
            let other = await fixture.failure("user.show", ["user": "root"], as: fixture.plain)
            let nobody = await fixture.failure("user.show", ["user": "nobody"], as: fixture.plain)
            #expect(other == nobody && other?.code == .notFound)
            let others = await fixture.failure("session.list", ["user": "root"], as: fixture.plain)
            let nobodys = await fixture.failure("session.list", ["user": "nobody"], as: fixture.plain)
            #expect(others == nobodys && others?.code == .forbidden)
            let known = try await fixture.call("privilege.list", ["user": "root"], as: fixture.plain)
            let unknown = try await fixture.call("privilege.list", ["user": "nobody"], as: fixture.plain)
            #expect(known == unknown)
            #expect(await fixture.failure("privilege.list", ["user": "nobody"], as: fixture.root)?.code == .notFound)
        }
    }
}
