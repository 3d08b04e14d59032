// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct AuditTests {
    @Test func `every change is written down once, and nothing else is`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let before = try await fixture.audit().count
            for method in fixture.methods where method.name != "session.login" {
                _ = await fixture.failure(method.name, method.fitting(machine: machine), as: TestCore.local)
            }
            let entries = try await fixture.audit().dropLast(before)
            let expected = fixture.methods.filter(\.isChange).map(\.name)
            #expect(entries.map(\.action).sorted() == expected)
            #expect(entries.allSatisfy { $0.user == "root (local)" && $0.address == "local" })
        }
    }

    @Test func `a line tells who did what to what, and how it ended`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let text = try #require(machine.stringValue)
            try await fixture.call("machine.pause", ["machine": machine], as: fixture.root)
            _ = await fixture.failure("machine.pause", ["machine": machine], as: fixture.root)
            _ = await fixture.failure("machine.pause", ["machine": machine], as: fixture.plain)
            _ = await fixture.failure("user.create", ["name": "x", "password": "whatever"], as: fixture.plain)
            let entries = try await fixture.audit().prefix(4)
            #expect(entries.map(\.outcome) == [.refused, .refused, .failed, .ok])
            #expect(entries.map(\.user) == ["plain", "plain", "root", "root"])
            #expect(entries.map(\.target) == ["name=x", "machine=\(text)", "machine=\(text)", "machine=\(text)"])
            #expect(entries.map { $0.detail == nil } == [false, false, false, true])
            #expect(entries.allSatisfy { $0.address == "192.0.2.1" })
        }
    }

    @Test func `no password, token or ticket is ever written down`() async throws {
        let (password, second, wrong) = ("s3cret-first-horse", "s3cret-second-horse", "s3cret-wrong-horse")
        try await TestCore.run(nodes: [TestCore.node("one", FakeHypervisor([.fake("web")]))]) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            let api = CoreAPI(core: test.core, version: "1", logger: TestCore.quiet)
            let token = try await test.core.accounts.makeSetupToken().token
            func call(_ method: String, _ parameters: [String: JSONValue], _ principal: Principal) async -> JSONValue? {
                try? await api.call(method, parameters, principal: principal)
            }
            for (token, name, password) in [
                (token, "root", "short"), ("s3cret-token", "root", password), (token, "root", password),
            ] {
                _ = await call(
                    "setup.complete",
                    ["token": .string(token), "name": .string(name), "password": .string(password)], TestCore.anonymous)
            }
            let effects = SessionEffects()
            _ = try await api.call(
                "session.login", ["name": "root", "password": .string(password)], principal: TestCore.anonymous,
                effects: effects)
            _ = await call("session.login", ["name": "root", "password": .string(wrong)], TestCore.anonymous)
            guard case .began(let cookie, let session)? = effects.last else {
                Issue.record("no session began")
                return
            }
            let root = Principal(
                identity: .session(session), user: test.core.access.user(named: "root"), address: "192.0.2.1")
            for value in [
                JSONValue.string(second), 5, .string(String(repeating: second, count: 100)), [.string(second)],
            ] {
                _ = await call("user.create", ["name": "anna", "password": value], root)
                _ = await call("user.setPassword", ["user": "anna", "password": value], root)
                _ = await call(
                    "user.setPassword", ["user": "root", "password": value, "currentPassword": .string(wrong)], root)
            }
            let machine = JSONValue.string(try await test.machine("web").address.description)
            let ticket = await call("console.open", ["machine": machine, "type": "vnc"], root)?["ticket"]?.stringValue
            let secrets = [token, cookie, try #require(ticket), "s3cret", "short"]
            let entries = try await test.core.audit.entries(AuditFilter(limit: 500)).entries
            #expect(entries.count > 12)
            for entry in entries {
                let text = "\(entry)"
                #expect(secrets.allSatisfy { !text.contains($0) }, "\(entry)")
            }
        }
    }

    @Test func `strangers can not fill the log`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let before = try await fixture.audit().count
            for method in fixture.methods {
                for parameters in [method.fitting(machine: machine), [:]] {
                    _ = await fixture.failure(method.name, parameters, as: TestCore.anonymous)
                }
            }
            let entries = try await fixture.audit().dropLast(before)
            #expect(Set(entries.map(\.action)) == ["session.login", "setup.complete"])
            #expect(entries.allSatisfy { $0.outcome == .refused }, "of those no more than some are kept")
        }
    }

    @Test func `the log is listed newest first, in parts and by action`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            for _ in 0..<3 {
                try await fixture.call("machine.pause", ["machine": machine], as: fixture.root)
                try await fixture.call("machine.resume", ["machine": machine], as: fixture.root)
            }
            let first = try await fixture.call("audit.list", ["limit": 2], as: fixture.root)
            #expect(first["more"] == true)
            let entries = first["entries"]?.arrayValue ?? []
            #expect(entries.map { $0["action"] } == ["machine.resume", "machine.pause"])
            let rest = try await fixture.call(
                "audit.list", ["before": entries[1]["id"] ?? 0, "action": "machine.res"], as: fixture.root)
            #expect(rest["entries"]?.arrayValue?.count == 2 && rest["more"] == false)
        }
    }

    @Test func `a change whose caller is gone is made and written down all the same`() async throws {
        try await APIFixture.run { fixture in
            let call = Task {
                try await fixture.call(
                    "user.create", ["name": "late", "password": .string(TestCore.password)], as: fixture.root)
            }
            call.cancel()
            _ = await call.result
            #expect(fixture.test.core.access.user(named: "late") != nil)
            let entry = try await fixture.audit().first
            #expect(entry?.action == "user.create" && entry?.outcome == .ok)
        }
    }
}
