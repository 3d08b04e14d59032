// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct SessionTests {
    private let core = FakeCore()

    @Test func `hello is true and gives out a session, once`() async throws {
        let first = try await core.call("Zentific.hello")
        #expect(first.response == .value(true))
        let cookie = try #require(first.cookie)
        #expect(UUIDText.isValid(cookie))
        let second = try await core.call("Zentific.hello", session: cookie)
        #expect(second.response == .value(true))
        #expect(second.cookie == nil)
        #expect(core.asked == [])
    }

    @Test func `sessions are UUIDs by chance, no two alike`() {
        var seen: Set<String> = []
        for _ in 0..<1_000 {
            let number = UUIDText.randomNumber()
            let session = UUIDText.text(number)
            #expect(UUIDText.number(session) == number)
            #expect(UUIDText.number(session.uppercased()) == number)
            let groups = session.split(separator: "-")
            #expect(UUIDText.isValid(session) && session == session.lowercased())
            // RFC 9562, 5.4: version 4, and the variant's two bits.
            #expect(groups[2].first == "4" && "89ab".contains(groups[3].prefix(1)))
            seen.insert(session)
        }
        #expect(seen.count == 1_000)
    }

    @Test func `a cookie that can be no session counts as none`() async throws {
        #expect(try await core.call("Zentific.hello", session: "1234").cookie != nil)
        #expect(try await core.fault("User.getUser", session: "1234")?.code == 2)
    }

    @Test func `login gives a session in the form of a UUID`() async throws {
        let login = try await core.call("User.login", ["root", "right"])
        #expect(login.response == .value(true))
        #expect(login.cookie == FakeCore.admin)
        #expect(
            core.asked == [
                FakeCore.Asked(
                    method: "session.login", parameters: ["name": "root", "password": "right", "form": "uuid"],
                    token: "t1")
            ])
    }

    @Test func `login gives a new session even to one who has a session`() async throws {
        let stranger = try #require(try await core.call("Zentific.hello").cookie)
        #expect(try await core.call("User.login", ["root", "right"], session: stranger).cookie == FakeCore.admin)
    }

    @Test func `a wrong password is false, not a fault, and gives a session that opens nothing`() async throws {
        let login = try await core.call("User.login", ["root", "wrong"])
        #expect(login.response == .value(false))
        let cookie = try #require(login.cookie)
        #expect(try await core.call("User.login", ["root", "wrong"], session: cookie).cookie == nil)
        #expect(try await core.fault("VM.getVMs", session: cookie)?.code == 18)
    }

    @Test func `too many failures are fault 5`() async throws {
        core.answer("session.login") { _ in throw GatehouseError(.rateLimited, "Try again in 300 seconds.") }
        let fault = try await core.fault("User.login", "root", "right", session: nil)
        #expect(fault == XMLRPCFault(code: 5, text: "MAX_LOGIN_FAILURES: Try again in 300 seconds."))
    }

    @Test func `other methods need a session that is logged in`() async throws {
        #expect(try await core.fault("User.getUser", session: nil)?.code == 2)
        #expect(try await core.fault("User.getUser", session: "bbbbbbbb-0000-4000-8000-000000000009")?.code == 2)
        #expect(try await core.fault("User.getUser", session: FakeCore.stale)?.code == 3)
        let stranger = try #require(try await core.call("Zentific.hello").cookie)
        #expect(try await core.fault("User.getUser", session: stranger)?.code == 18)
    }

    @Test func `every row but hello and login refuses a caller without a session, before anything else`() async throws {
        let open = [
            "Zentific.hello", "User.login", "system.listMethods", "system.methodHelp", "system.methodSignature",
        ]
        for method in ZentificTable.methods where !open.contains(method.name) {
            #expect(try await core.fault(method.name, session: nil)?.code == 2, "\(method.name)")
        }
        #expect(core.asked == [])
    }

    @Test func `logout ends the session, which is then known and not logged in`() async throws {
        #expect(try await core.value("User.logout") == true)
        #expect(core.methods == ["session.resume", "session.logout"])
        #expect(try await core.fault("User.getUser")?.code == 18)
        #expect(core.methods.count == 2)
    }

    @Test func `only so many strangers are remembered, the latest`() {
        let strangers = StrangerSessions(capacity: 3)
        let sessions = (0..<5).map { _ in strangers.begin() }
        strangers.insert(sessions[4])
        #expect(sessions.map(strangers.contains) == [false, false, true, true, true])
    }
}
