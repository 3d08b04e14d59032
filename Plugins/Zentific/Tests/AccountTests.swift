// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct AccountTests {
    private let core = FakeCore()

    init() {
        core.answer("user.list") { _ in
            [
                "users": [
                    Self.user(3, "root", "superUser"), Self.user(4, "reader", "none"), Self.user(5, "bob", "admin"),
                ]
            ]
        }
        core.answer("user.show") { parameters in
            guard ["root", "bob"].contains(parameters["user"]?.stringValue) else {
                throw GatehouseError(.notFound, "There is no such user.")
            }
            return ["user": Self.user(5, "bob", "admin")]
        }
        for method in [
            "user.create", "user.modify", "user.remove", "user.setPassword", "session.revoke", "group.create",
            "group.modify", "group.remove", "group.addMember", "group.removeMember", "privilege.grant",
            "privilege.revoke",
        ] { core.answer(method) { _ in [:] } }
    }

    private static func user(_ id: Int64, _ name: String, _ level: String) -> JSONValue {
        ["id": .int(id), "name": .string(name), "level": .string(level), "active": true]
    }

    private var last: [String: JSONValue]? { core.asked.last?.parameters }

    @Test func `users are found by number and by name`() async throws {
        #expect(try await core.value("User.getUserByUID", 5)["username"] == "bob")
        #expect(try await core.value("User.getUserByName", "bob")["uid"] == 5)
        #expect(try await core.value("User.getUsers") == [3, 4, 5])
        #expect(try await core.value("User.getUserUID", "bob") == 5)
        #expect(try await core.value("User.getUsername", 4) == "reader")
        #expect(try await core.value("User.isActive", 4) == true)
        #expect(try await core.value("User.isUser", "nobody") == false)
        #expect(try await core.value("User.isUser", "bob") == true)
        #expect(try await core.value("User.isSuperUser", 5) == false)
        let fault = try await core.fault("User.getUserByUID", 9)
        #expect(fault?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='uid'>") == true)
    }

    @Test(arguments: ["getUserUID", "isUser"])
    func `what is for superusers is refused to others before anything is asked`(method: String) async throws {
        #expect(try await core.fault("User.\(method)", "bob", session: FakeCore.reader)?.code == 1)
        #expect(core.methods == ["session.resume"])
    }

    @Test func `a user is made from a struct, with a password that nobody knows where it has none`() async throws {
        let user: XMLRPCValue = .members([
            "username": "eve", "givenname": "Eve", "email": "", "type": 3, "active": 0, "language": "de",
        ])
        #expect(try await core.value("User.addUser", user) == true)
        let made = try #require(core.asked.first { $0.method == "user.create" }?.parameters)
        #expect(made["name"] == "eve" && made["givenName"] == "Eve" && made["email"] == nil)
        #expect(made["level"] == "admin" && made["language"] == "de")
        #expect((made["password"]?.stringValue?.count ?? 0) > 20)
        #expect(made["active"] == false && last == made, "it is one call")
        #expect(try await core.value("User.addUser", .members(["name": "x", "password": "given one"])) == true)
        #expect(last == ["name": "x", "password": "given one"])
        for wrong in [XMLRPCValue.members(["email": "x"]), "eve", .members(["name": "x", "type": 9])] {
            let fault = try await core.fault("User.addUser", wrong)
            #expect(fault?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='user'>") == true)
        }
    }

    private static let attributes: [(String, String, String, JSONValue)] = [
        ("name", "bert", "name", .string("bert")), ("givenname", "B", "givenName", .string("B")),
        ("email", "b@c.example", "email", .string("b@c.example")), ("type", "2", "level", .string("owner")),
        ("active", "0", "active", .bool(false)), ("language", "fr", "language", .string("fr")),
    ]

    @Test(arguments: attributes)
    func `an attribute has its own name here`(
        attribute: String, value: String, name: String, wanted: JSONValue
    ) async throws {
        let arguments: [XMLRPCValue] = [.string(attribute), .string(value)]
        #expect(try await core.value("User.setAttributeByUID", 5, arguments[0], arguments[1]) == true)
        #expect(last == ["user": "bob", name: wanted])
        #expect(try await core.value("User.setAttribute", arguments[0], arguments[1]) == true)
        #expect(last == ["user": "root", name: wanted])
    }

    @Test func `an attribute that can not be set is named`() async throws {
        for (attribute, value, named) in [
            ("uid", "7", "attribute"), ("shoes", "42", "attribute"), ("type", "7", "value"), ("active", "yes", "value"),
        ] {
            let fault = try await core.fault("User.setAttribute", .string(attribute), .string(value))
            #expect(fault?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='\(named)'>") == true)
        }
    }

    @Test func `a wrong old password is false, everything else a fault`() async throws {
        #expect(try await core.value("User.setPassword", "old", "new one") == true)
        #expect(last == ["user": "root", "password": "new one", "currentPassword": "old"])
        core.answer("user.setPassword") { _ in throw GatehouseError(.forbidden, "The current password is wrong.") }
        #expect(try await core.value("User.setPassword", "old", "new one") == false)
        core.answer("user.setPassword") { _ in throw GatehouseError.invalidParameter("password", "Too short.") }
        #expect(try await core.fault("User.setPassword", "old", "x")?.code == 6)
    }

    @Test func `a user's sessions end, the caller's own last`() async throws {
        core.answer("session.list") { parameters in
            #expect(parameters == ["user": "root"])
            return ["sessions": [["id": "a", "current": true], ["id": "b", "current": false]]]
        }
        #expect(try await core.value("User.logoutByUID", 3) == true)
        #expect(core.asked.filter { $0.method == "session.revoke" }.map { $0.parameters["session"] } == ["b", "a"])
    }

    @Test func `groups are made, shown, filled, renamed and removed`() async throws {
        core.answer("group.show") { parameters in
            guard parameters["group"] == "staff" else { throw GatehouseError(.notFound, "No such group.") }
            return ["group": ["name": "staff", "members": ["bob", "root"]]]
        }
        core.answer("group.list") { _ in ["groups": [["name": "staff"], ["name": "guests"]]] }
        #expect(try await core.value("User.getGroups") == ["staff", "guests"])
        #expect(try await core.value("User.groupExists", "staff") == true)
        #expect(try await core.value("User.groupExists", "nobody") == false)
        #expect(try await core.value("User.getGroupMembers", "staff") == [3, 5])
        #expect(try await core.value("User.addToGroup", 4, "staff") == true)
        #expect(core.asked.last?.method == "group.addMember" && last == ["group": "staff", "user": "reader"])
        #expect(try await core.value("User.removeFromGroup", 4, "staff") == true)
        #expect(core.asked.last?.method == "group.removeMember")
        #expect(try await core.value("User.renameGroup", "staff", "crew") == true)
        #expect(last == ["group": "staff", "name": "crew"])
        #expect(try await core.value("User.addGroup", "x") == true)
        core.answer("group.create") { _ in throw GatehouseError(.conflict, "There is one.") }
        #expect(try await core.value("User.addGroup", "x") == false)
        core.answer("group.remove") { _ in throw GatehouseError(.notFound, "There is none.") }
        #expect(try await core.value("User.removeGroup", "x") == false)
    }

    @Test func `alerts are read to their end`() async throws {
        core.answer("alert.list") { parameters in
            guard parameters["before"] == nil else {
                #expect(parameters["before"] == 8)
                return ["alerts": [["id": 7, "message": "old", "acknowledged": true]], "more": false]
            }
            return ["alerts": [["id": 8, "message": "new", "acknowledged": false]], "more": true]
        }
        let alerts = try #require(try await core.value("User.getAlerts").arrayValue)
        #expect(alerts.count == 2)
        #expect(
            alerts[1]
                == .members(["id": 7, "user": 3, "acknowledged": true, "deleted": false, "message": "old"]))
    }

    @Test func `a superuser gets everybody's alerts, deleted ones too`() async throws {
        core.answer("alert.listAll") { _ in
            let copies: JSONValue = [
                ["userID": 3, "acknowledged": true, "deleted": false],
                ["userID": 4, "acknowledged": false, "deleted": true],
            ]
            return [
                "alerts": [["id": 8, "message": "new", "copies": copies], ["id": 7, "copies": []]], "more": false,
            ]
        }
        let alerts = try await core.value("User.getAllAlerts").arrayValue
        #expect(
            alerts == [
                .members(["id": 8, "user": 3, "acknowledged": true, "deleted": false, "message": "new"]),
                .members(["id": 8, "user": 4, "acknowledged": false, "deleted": true, "message": "new"]),
            ])
        core.answer("alert.listAll") { _ in throw GatehouseError(.forbidden, "Only a superuser may do this.") }
        #expect(try await core.fault("User.getAllAlerts")?.code == 1)
    }

    @Test func `a rule is given and taken by number, and by a group's name`() async throws {
        let one = XMLRPCValue.string(FakeCore.one)
        #expect(try await core.value("VM.grantPrivilege", one, 5, 3) == true)
        #expect(last == ["machine": .string(FakeCore.one), "userID": 5, "level": "admin"])
        #expect(try await core.value("VM.grantGroupPrivilege", one, "staff", 4) == true)
        #expect(last == ["machine": .string(FakeCore.one), "group": "staff", "level": "readOnlyAdmin"])
        core.answer("privilege.list") { _ in
            ["privileges": [["id": 1, "level": "admin"], ["id": 2, "level": "owner"]]]
        }
        #expect(try await core.value("VM.revokePrivilege", one, 5, 2) == true)
        #expect(last == ["privilege": 2])
        #expect(try await core.value("VM.revokeGroupPrivilege", one, "staff", 4) == false)
        #expect(try await core.fault("VM.grantPrivilege", one, 5, 8)?.code == 6)
        let node = XMLRPCValue.string(NodeUUID.text(7))
        #expect(try await core.value("Node.grantPrivilege", node, 5, 2) == true)
        #expect(last == ["node": "kvm1", "userID": 5, "level": "owner"])
        #expect(try await core.fault("Node.grantPrivilege", .string(NodeUUID.text(8)), 5, 2)?.code == 6)
    }

    @Test func `who has which level is told, and superusers are not listed`() async throws {
        core.answer("privilege.holders") { _ in
            [
                "holders": [
                    ["userID": 3, "level": "superUser"],
                    ["userID": 5, "level": "readOnlyAdmin"],
                ]
            ]
        }
        let one = XMLRPCValue.string(FakeCore.one)
        #expect(try await core.value("VM.getAllUsers", one) == [5])
        #expect(try await core.value("VM.getPrivilege", one, 5) == 4)
        #expect(try await core.value("VM.getPrivilege", one, 3) == 0)
        #expect(try await core.value("VM.getPrivilege", one, 4) == 5)
        #expect(try await core.value("Node.getAllUsers", .string(NodeUUID.text(7))) == [5])
    }
}
