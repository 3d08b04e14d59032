// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct AlertMethodTests {
    @Test func `alerts are listed, acknowledged and deleted, each user for himself`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            for name in ["web", "db"] { try await fixture.crash(name) }
            let all = try await fixture.call("alert.list", as: fixture.root)
            #expect(all["unacknowledged"] == 2 && all["more"] == false && all["alerts"]?.arrayValue?.count == 2)
            let seen = try await fixture.call("alert.list", as: viewer)["alerts"]?.arrayValue ?? []
            let alert = try #require(seen.first)
            let web = try await fixture.address("web")
            #expect(seen.count == 1 && alert["subject"] == ["machine": web, "name": "web"])
            #expect(alert["kind"] == "crashed" && alert["severity"] == "error" && alert["clearedAt"]?.isNull == true)
            #expect(alert["message"] == "Machine web has crashed." && alert["at"] == "2027-01-15T12:00:00.000Z")
            let id = try #require(alert["id"])
            try await fixture.call("alert.acknowledge", ["alert": id], as: viewer)
            #expect(try await fixture.call("alert.list", as: viewer)["unacknowledged"] == 0)
            #expect(try await fixture.call("alert.list", ["acknowledged": false], as: viewer)["alerts"] == [])
            #expect(try await fixture.call("alert.list", as: fixture.root)["unacknowledged"] == 2)
            try await fixture.call("alert.delete", ["alert": id], as: viewer)
            #expect(await fixture.failure("alert.delete", ["alert": id], as: viewer)?.code == .notFound)
            try await fixture.call("alert.acknowledgeAll", as: fixture.root)
            #expect(try await fixture.call("alert.list", as: fixture.root)["unacknowledged"] == 0)
        }
    }

    @Test func `a list is read page by page`() async throws {
        try await APIFixture.run { fixture in
            for name in ["web", "db", "mail"] { try await fixture.crash(name) }
            var seen: [Int64] = []
            var before: [String: JSONValue] = [:]
            while true {
                let page = try await fixture.call(
                    "alert.list", before.merging(["limit": 1]) { $1 }, as: fixture.root)
                seen += page["alerts"]?.arrayValue?.compactMap { $0["id"]?.intValue } ?? []
                guard page["more"] == true, let last = seen.last else { break }
                before = ["before": .int(last)]
            }
            #expect(seen == seen.sorted(by: >) && seen.count == 3)
        }
    }

    @Test func `a superuser sees what everybody did to his alerts`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            for name in ["web", "mail"] { try await fixture.crash(name) }
            let seen = try await fixture.call("alert.list", as: viewer)["alerts"]?.arrayValue ?? []
            try await fixture.call("alert.delete", ["alert": try #require(seen.first?["id"])], as: viewer)
            let all = try await fixture.call("alert.listAll", as: fixture.root)
            let copies = (all["alerts"]?.arrayValue ?? []).flatMap { $0["copies"]?.arrayValue ?? [] }
            #expect(copies.filter { $0["user"] == "viewer" }.map { $0["deleted"] } == [true])
            #expect(copies.filter { $0["user"] == "root" }.map { $0["deleted"] } == [false, false])
            #expect(try await fixture.call("alert.listAll", ["limit": 1], as: fixture.root)["more"] == true)
            #expect(await fixture.failure("alert.listAll", as: viewer)?.code == .forbidden)
        }
    }

    @Test func `the host's own administrator sees all alerts and has none of his own`() async throws {
        try await APIFixture.run { fixture in
            try await fixture.crash("web")
            let all = try await fixture.call("alert.list", as: TestCore.local)
            #expect(all["alerts"]?.arrayValue?.count == 1)
            #expect(await fixture.failure("alert.acknowledgeAll", as: TestCore.local)?.code == .forbidden)
        }
    }

    @Test func `each user hears of his own alerts, and how many are new`() async throws {
        try await APIFixture.run { fixture in
            try await fixture.crash("web")
            let root = try #require(fixture.root.user).id
            let event = await fixture.api.render(.alertsChanged(root), for: fixture.root)
            #expect(event == RenderedEvent(topic: "alert.changed", data: ["unacknowledged": 1]))
            for other in [fixture.plain, TestCore.local, TestCore.anonymous] {
                #expect(await fixture.api.render(.alertsChanged(root), for: other) == nil)
            }
        }
    }

    @Test func `thresholds are seen by everybody and set by superusers`() async throws {
        try await APIFixture.run { fixture in
            let list = try await fixture.call("threshold.list", as: fixture.plain)["thresholds"]?.arrayValue ?? []
            #expect(list.first == ["kind": "cpu", "percent": 95, "minutes": 15, "enabled": true])
            #expect(list.compactMap { $0["kind"]?.stringValue } == AlertKind.allCases.map(\.rawValue))
            let change: [String: JSONValue] = ["kind": "memory", "percent": 80, "enabled": false]
            let set = try await fixture.call("threshold.set", change, as: fixture.root)
            #expect(set["threshold"] == ["kind": "memory", "percent": 80, "minutes": 10, "enabled": false])
            let crashed: [String: JSONValue] = ["kind": "crashed", "percent": 80]
            #expect(await fixture.failure("threshold.set", crashed, as: fixture.root)?.code == .invalidParameters)
            #expect(try await fixture.audit().first?.action == "threshold.set")
        }
    }
}

extension APIFixture {
    /// Has a machine crash, and has that noticed.
    fileprivate func crash(_ name: String) async throws {
        var snapshot = try await test.machine(name).snapshot
        snapshot.state = .crashed
        hypervisors[name == "mail" ? 1 : 0].put(snapshot)
        try await eventually("it has crashed") { try await test.machine(name).snapshot.state == .crashed }
        await test.core.alerts.check()
    }
}
