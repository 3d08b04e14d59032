// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct AuditTests {
    private func entry(
        _ action: String, _ outcome: AuditOutcome = .ok, user: String? = "ada", detail: String? = nil,
        target: String? = "web"
    ) -> AuditEntry {
        AuditEntry(
            at: noon.kept, user: user, address: "::1", action: action, target: target, outcome: outcome, detail: detail)
    }

    @Test func `entries come newest first, page by page`() async throws {
        try await withStore { store in
            try await store.append((1...7).map { entry("a.\($0)") }, maximumRefusals: 10)
            let first = try await store.entries(AuditFilter(limit: 4))
            #expect(first.entries.map(\.action) == ["a.7", "a.6", "a.5", "a.4"] && first.more)
            let second = try await store.entries(AuditFilter(before: first.entries.last?.id, limit: 4))
            #expect(second.entries.map(\.action) == ["a.3", "a.2", "a.1"] && !second.more)
            var kept = second.entries[2]
            kept.id = 0
            #expect(kept == entry("a.1"))
        }
    }

    @Test func `entries are found by user and by the beginning of the action`() async throws {
        try await withStore { store in
            try await store.append(
                [
                    entry("machine.start"), entry("machine.stop", user: "bob"), entry("session.login", user: nil),
                    entry("machine%odd"),
                ], maximumRefusals: 10)
            func actions(_ filter: AuditFilter) async throws -> [String] {
                try await store.entries(filter).entries.map(\.action)
            }
            #expect(try await actions(AuditFilter(user: "ADA")) == ["machine%odd", "machine.start"])
            #expect(try await actions(AuditFilter(action: "machine.")) == ["machine.stop", "machine.start"])
            #expect(try await actions(AuditFilter(action: "%")).isEmpty)
            #expect(try await actions(AuditFilter(user: "bob", action: "machine.start")).isEmpty)
        }
    }

    @Test func `entries are found by what was done to one thing, whatever else they name`() async throws {
        try await withStore { store in
            let targets = [
                "machine=ab", "machine=AB type=vnc", "machine=abc", "machine=ab@n1", "machine=ab!", "node=ab", nil,
            ]
            try await store.append(
                targets.enumerated().map { entry("\($0.offset)", target: $0.element) }, maximumRefusals: 10)
            func actions(_ targets: [String], before: Int64? = nil) async throws -> [String] {
                try await store.entries(AuditFilter(before: before, targets: targets)).entries.map(\.action)
            }
            #expect(try await actions(["machine=ab"]) == ["1", "0"])
            #expect(try await actions(["machine=ab", "machine=ab@n1"]) == ["3", "1", "0"])
            #expect(try await actions(["machine=ab"], before: 2) == ["0"])
            #expect(try await actions(["machine=%"]).isEmpty)
        }
    }

    @Test func `only the newest refused logins stay, everything else stays too`() async throws {
        try await withStore { store in
            try await store.append([entry("machine.start", .refused), entry("session.login")], maximumRefusals: 3)
            for number in 1...8 {
                try await store.append([entry("session.login", .refused, user: "u\(number)")], maximumRefusals: 3)
            }
            let kept = try await store.entries(AuditFilter()).entries
            #expect(kept.map(\.user) == ["u8", "u7", "u6", "ada", "ada"])
            try await store.append([entry("setup.complete", .refused)], maximumRefusals: 0)
            #expect(try await store.entries(AuditFilter()).entries.count == 2)
        }
    }

    @Test func `what was done is written down even where the caller was cancelled`() async throws {
        try await withStore { store in
            let line = entry("machine.start")
            for _ in 0..<20 {
                let task = Task { try await store.append([line], maximumRefusals: 10) }
                task.cancel()
                try await task.value
            }
            let kept = try await store.entries(AuditFilter()).entries
            #expect(kept.count == 20)
        }
    }

    @Test func `the cap of refused logins uses its index`() async throws {
        try await withStore { store in
            let plan = try await store.read { db in
                try String.fetchAll(
                    db,
                    sql: """
                        EXPLAIN QUERY PLAN SELECT id FROM auditEntry WHERE outcome = 'refused'
                        AND action IN ('session.login', 'session.resume', 'setup.complete')
                        ORDER BY id DESC LIMIT -1 OFFSET 5
                        """, adapter: SuffixRowAdapter(fromIndex: 3))
            }
            #expect(plan.contains { $0.contains("auditEntryRefusedLogin") })
        }
    }

    @Test func `a limit is held within 1 to 500 and a detail within 500 characters`() async throws {
        try await withStore { store in
            let long = String(repeating: "\u{1F600}", count: 600)
            try await store.append((0..<501).map { _ in entry("a", detail: long) }, maximumRefusals: 10)
            let most = try await store.entries(AuditFilter(limit: 100_000))
            #expect(most.entries.count == 500 && most.more)
            #expect(most.entries[0].detail?.unicodeScalars.count == 500)
            #expect(try await store.entries(AuditFilter(limit: -1)).entries.count == 1)
        }
    }
}

@Suite struct SettingTests {
    @Test func `a setting comes back with its type until it is forgotten`() async throws {
        try await withStore { store in
            let values: [String: JSONValue] = [
                "bool": true, "int": 9_007_199_254_740_993, "big": .int(.max), "double": .double(1.5),
                "text": "a\u{0}\"\u{1F600}", "null": nil, "list": [1, "x", false, []], "map": ["a": ["b": nil]],
            ]
            for (name, value) in values { try await store.setSetting(name, to: value) }
            #expect(try await store.settings() == values)
            try await store.setSetting("int", to: "new")
            try await store.setSetting("map", to: nil)
            try await store.setSetting("map", to: nil)
            let kept = try await store.settings()
            #expect(kept["int"] == "new" && kept["map"] == nil && kept.count == values.count - 1)
        }
    }

    @Test func `a number that JSON can not write is refused`() async throws {
        try await withStore { store in
            await expect(.invalidParameters) { try await store.setSetting("x", to: .double(.nan)) }
        }
    }

    @Test func `the layout has the version of the last step`() async throws {
        try await withStore { store in
            let version = try await store.schemaVersion()
            #expect(version == Schema.current.version)
        }
    }
}
