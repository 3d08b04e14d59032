// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

extension FakePlugins {
    /// A plugin with a scheduler part that is on, and one that has none.
    static var scheduler: FakePlugins {
        var status = PluginStatus(name: "scheduler", since: Date(timeIntervalSince1970: 0))
        status.parts = [.scheduler]
        status.switches = PluginSwitches(enabled: true)
        status.state = .healthy
        status.process = 100
        status.jobKinds = ["*"]
        status.granted = ["job.*"]
        var other = PluginStatus(name: "other", since: Date(timeIntervalSince1970: 0))
        other.parts = [.rpc]
        other.switches = PluginSwitches(enabled: true)
        other.granted = ["job.*", "machine.pause"]
        return FakePlugins([status, other])
    }
}

extension APIFixture {
    /// A plugin as a caller.
    static func plugin(_ name: String, _ permissions: [String] = ["job.*"]) -> Principal {
        Principal(identity: .plugin(PluginIdentity(name: name, permissions: permissions)), address: "local")
    }

    static let scheduler = plugin("scheduler")

    /// Submits a job and gives it.
    func submit(_ parameters: [String: JSONValue], as principal: Principal) async throws -> JSONValue {
        try #require(try await call("job.submit", parameters, as: principal)["job"])
    }

    /// Claims a job: what the plugin is told, and who it acts as.
    func claim(_ parameters: [String: JSONValue] = [:]) async throws -> (job: JSONValue, work: Principal)? {
        let result = try await api.dispatcher.call("job.claim", parameters, as: Self.scheduler)
        guard let work = result.work, let job = result.value["job"] else { return nil }
        return (job, work)
    }

    /// Does a claimed job as a scheduler does: its call, then its end.
    func carryOut(_ claimed: (job: JSONValue, work: Principal)) async throws -> JSONValue {
        let (job, work) = claimed
        let outcome: [String: JSONValue]
        do {
            let output = try await call(
                job["kind"]?.stringValue ?? "", job["parameters"]?.objectValue ?? [:], as: work)
            outcome = ["outcome": "completed", "output": output]
        } catch let error as GatehouseError {
            outcome = ["outcome": "error", "message": .string(error.message)]
        }
        return try await finish(job, outcome)
    }

    /// Ends a claimed job.
    func finish(_ job: JSONValue, _ outcome: [String: JSONValue]) async throws -> JSONValue {
        let named: [String: JSONValue] = ["job": job["id"] ?? .null, "fence": job["fence"] ?? .null]
        let result = try await call("job.finish", named.merging(outcome) { $1 }, as: Self.scheduler)
        return try #require(result["job"])
    }
}

@Suite struct JobMethodTests {
    private func run(_ body: @Sendable (APIFixture) async throws -> Void) async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler, body)
    }

    @Test func `a job is submitted, handed out, done under its submitter's rights and shown`() async throws {
        try await run { fixture in
            let admin = try await fixture.user("admin", .admin, on: "web")
            let web = try await fixture.address("web")
            let job = try await fixture.submit(["kind": "machine.pause", "machine": web], as: admin)
            #expect(job["status"] == "enqueued" && job["submitter"] == "admin" && job["machineName"] == "web")
            #expect(job["machine"] == web && job["node"] == "n1" && job["attempts"] == 3)
            #expect(job["parameters"] == ["machine": web])
            let claimed = try #require(try await fixture.claim())
            #expect(claimed.job["id"] == job["id"] && claimed.job["kind"] == "machine.pause")
            #expect(claimed.job["attempt"] == 1 && claimed.job["leaseSeconds"] == 30)
            #expect(claimed.work.name == "admin")
            let done = try await fixture.carryOut(claimed)
            #expect(done["status"] == "completed" && done["percent"] == 100)
            #expect(done["output"]?["machine"]?["state"] == "paused")
            #expect(try await fixture.test.machine("web").snapshot.state == .paused)
            let shown = try await fixture.call("job.get", ["job": job["id"] ?? 0], as: admin)
            #expect(shown["job"]?["status"] == "completed")
            let lines = shown["events"]?.arrayValue?.compactMap { $0["status"]?.stringValue }
            #expect(lines == ["enqueued", "launching", "executing", "completed"])
            let listed = try await fixture.call("job.list", as: admin)
            #expect(listed["jobs"]?.arrayValue?.count == 1 && listed["scheduler"] == "on")
            #expect(try await fixture.claim() == nil)
        }
    }

    @Test func `a job in the way of a direct operation is named`() async throws {
        try await run { fixture in
            let web = try await fixture.address("web")
            let job = try await fixture.submit(["kind": "machine.pause", "machine": web], as: fixture.root)
            _ = try await fixture.claim()
            let error = await fixture.failure("machine.pause", ["machine": web], as: fixture.root)
            #expect(error?.code == .machineLocked && error?.details["job"] == job["id"])
        }
    }
}
