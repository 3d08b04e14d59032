// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct SessionTests {
    @Test func `a session comes back until its absolute life ends`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let session = try await store.session(of: ada.id, "one", lasting: 60)
            let kept = try #require(try await store.sessions(at: noon + 59).first)
            #expect(kept.id == session.id && kept.tokenHash == session.tokenHash && kept.user == ada.id)
            #expect(kept.expiresAt == session.expiresAt.kept && kept.userAgent == "test" && kept.kind == "web")
            #expect(try await store.sessions(at: noon + 60).isEmpty)
        }
    }

    @Test func `activity only moves forward`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let session = try await store.session(of: ada.id, "one")
            try await store.noteActivity([session.id: noon + 20, SessionID("unknown"): noon])
            try await store.noteActivity([session.id: noon + 10])
            #expect(try await store.sessions(at: noon).map(\.lastActiveAt) == [(noon + 20).kept])
        }
    }

    @Test func `sessions are forgotten by name and by age`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            _ = try await store.session(of: ada.id, "old", lasting: -1)
            for name in ["a", "b", "c"] { _ = try await store.session(of: ada.id, name) }
            try await store.removeSessions([SessionID("a"), SessionID("unknown"), SessionID("c")])
            #expect(try await store.sessions(at: noon - 10).map(\.id.text) == ["b"])
        }
    }

    @Test func `a session needs a user and a token of its own`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            var session = try await store.session(of: ada.id, "one")
            session.id = SessionID("two")
            await expect(.conflict) { try await store.insertSession(session) }
            await expect(.notFound) { _ = try await store.session(of: UserID(9), "three") }
        }
    }

    @Test func `a long user agent is cut`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let long = Session(
                id: SessionID("x"), tokenHash: [1], user: ada.id, kind: "web", createdAt: noon, lastActiveAt: noon,
                expiresAt: noon + 1, address: "::1", userAgent: String(repeating: "e\u{301}", count: 300))
            try await store.insertSession(long)
            let kept = try #require(try await store.sessions(at: noon).first)
            #expect(kept.userAgent.unicodeScalars.count == 200)
        }
    }
}

@Suite struct ConsoleLockTests {
    @Test func `each lock gets a higher fencing number, over removals and restarts too`() async throws {
        let scratch = Scratch()
        var store = try scratch.open()
        let ada = try await store.user("ada")
        let machine = MachineID(node: try await store.node("n"), uuid: UUID())
        func take(_ store: SQLiteStore, _ type: ConsoleType) async throws -> ConsoleLockRecord {
            try await store.insertLock(
                machine: machine, type: type, user: ada.id, session: SessionID("s"), since: noon, address: "::1")
        }
        let first = try await take(store, .vnc)
        let second = try await take(store, .vnc)
        #expect(try await store.locks() == [second])
        try await store.removeLock(fence: first.fence)
        #expect(try await store.locks() == [second])
        try await store.removeLock(fence: second.fence)
        try await store.close()
        store = try scratch.open()
        let third = try await take(store, .vnc)
        let fourth = try await take(store, .text)
        #expect(first.fence < second.fence && second.fence < third.fence && third.fence < fourth.fence)
        #expect(try await store.locks() == [third, fourth])
        try await store.close()
    }

    @Test func `a lock of nobody is not found`() async throws {
        try await withStore { store in
            let machine = MachineID(node: try await store.node("n"), uuid: UUID())
            await expect(.notFound) {
                _ = try await store.insertLock(
                    machine: machine, type: .vnc, user: UserID(1), session: SessionID("s"), since: noon, address: "")
            }
        }
    }

    @Test func `of many that take one console at once a single lock stays`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada")
            let machine = MachineID(node: try await store.node("n"), uuid: UUID())
            let fences = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await store.insertLock(
                            machine: machine, type: .vnc, user: ada.id, session: SessionID("s"), since: noon,
                            address: "::1"
                        ).fence
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(fences.count == 20)
            #expect(try await store.locks().map(\.fence) == [fences.max()])
        }
    }
}
