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

    @Test func `a job on hold is released by its submitter or a superuser, and shown as held`() async throws {
        try await run { fixture in
            let owner = try await fixture.user("owner", .admin, on: "web")
            let viewer = try await fixture.user("viewer", .admin, on: "web")
            for name in ["owner", "other"] {
                let user = name == "owner" ? owner.user?.id : nil
                var job = Job(kind: "machine.list", submitter: JobSubmitter(user: user, name: name), createdAt: .now)
                job.machine = try await fixture.test.machine("web").id
                job.isOnHold = true
                _ = try await fixture.test.core.jobs.submit(job)
            }
            let listed = try await fixture.call("job.list", ["held": true], as: fixture.root)
            #expect(listed["jobs"]?.arrayValue?.map { $0["held"] } == [true, true])
            #expect(await fixture.failure("job.release", ["job": 1], as: viewer)?.code == .forbidden)
            #expect(await fixture.failure("job.release", ["job": 1], as: fixture.plain)?.code == .notFound)
            #expect(await fixture.failure("job.release", as: owner)?.code == .invalidParameters)
            #expect(
                await fixture.failure("job.release", ["job": 1, "all": true], as: owner)?.code == .invalidParameters)
            let own = try await fixture.call("job.release", ["all": true], as: owner)
            #expect(own["jobs"]?.arrayValue?.map { $0["id"] } == [1])
            #expect(own["jobs"]?.arrayValue?.first?["held"] == false)
            #expect(await fixture.failure("job.release", ["job": 1], as: owner)?.code == .conflict)
            let other = try await fixture.call("job.release", ["job": 2], as: fixture.root)
            #expect(other["jobs"]?.arrayValue?.count == 1)
            #expect(try await fixture.call("job.list", ["held": true], as: fixture.root)["jobs"] == [])
            let lines = try await fixture.call("audit.list", ["action": "job.release"], as: fixture.root)
            #expect(lines["entries"]?.arrayValue?.first?["target"] == "job=2")
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

    @Test func `a job is refused where its submitter could not make the call himself`() async throws {
        try await run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let web = try await fixture.address("web")
            func code(_ parameters: [String: JSONValue], _ principal: Principal) async -> GatehouseError.Code? {
                await fixture.failure("job.submit", parameters, as: principal)?.code
            }
            #expect(await code(["kind": "machine.pause", "machine": web], viewer) == .forbidden)
            #expect(await code(["kind": "machine.pause", "machine": web], fixture.plain) == .notFound)
            #expect(await code(["kind": "machine.pause", "parameters": ["machine": web]], fixture.plain) == .notFound)
            #expect(await code(["kind": "node.disable", "node": "n1"], viewer) == .forbidden)
            #expect(await code(["kind": "machine.show", "machine": web], viewer) == nil)
            #expect(try await fixture.call("job.list", as: fixture.root)["jobs"]?.arrayValue?.count == 1)
        }
    }

    @Test func `rights that are taken back before a job is done count`() async throws {
        try await run { fixture in
            let admin = try await fixture.user("admin", .admin, on: "web")
            let web = try await fixture.address("web")
            let job = try await fixture.submit(["kind": "machine.pause", "machine": web], as: admin)
            let privilege = try #require(fixture.test.core.access.table.privileges.first)
            try await fixture.test.core.accounts.revoke(privilege.id)
            let ended = try await fixture.carryOut(try #require(try await fixture.claim()))
            #expect(ended["id"] == job["id"] && ended["status"] == "error")
            #expect(ended["error"] == .string(GatehouseError.machineNotFound.message))
            #expect(fixture.hypervisors[0].requests == [])
        }
    }

    @Test func `a job of a user who is gone does nothing`() async throws {
        try await run { fixture in
            let other = try await fixture.test.someone("other", .superUser)
            _ = try await fixture.submit(["kind": "node.disable", "node": "n1"], as: other)
            try await fixture.call("user.remove", ["user": "other"], as: fixture.root)
            let claimed = try #require(try await fixture.claim())
            let refused = await fixture.failure("node.disable", ["node": "n1"], as: claimed.work)
            #expect(refused?.code == .forbidden)
            #expect(try await fixture.call("job.list", as: claimed.work)["jobs"] == [])
            #expect(try await fixture.finish(claimed.job, ["outcome": "error"])["status"] == "error")
        }
    }

    @Test func `only what makes sense later can be a job`() async throws {
        try await run { fixture in
            let web = try await fixture.address("web")
            let kinds = [
                "", "nonsense", "job.submit", "job.claim", "session.login", "session.logout", "setup.makeToken",
                "console.open", "user.create", "user.setPassword", "api.describe",
            ]
            for kind in kinds {
                let error = await fixture.failure("job.submit", ["kind": .string(kind)], as: TestCore.local)
                #expect(error?.details["parameter"] == "kind", "\(kind)")
            }
            let wrong: [([String: JSONValue], String)] = [
                (["kind": "machine.list", "machine": web], "machine"),
                (["kind": "machine.pause", "node": "n1"], "node"),
                (["kind": "machine.setNotes", "machine": web], "notes"),
                (["kind": "machine.pause", "parameters": ["machine": web, "x": 1]], "x"),
                (["kind": "machine.pause", "machine": web, "parameters": ["machine": "other"]], "machine"),
                (["kind": "machine.pause", "machine": web, "notBefore": "tomorrow"], "notBefore"),
                (["kind": "machine.pause", "machine": web, "cron": "* * * *"], "cron"),
                (["kind": "machine.pause", "machine": web, "dependencies": [99]], "dependencies"),
            ]
            for (parameters, name) in wrong {
                let error = await fixture.failure("job.submit", parameters, as: fixture.root)
                #expect(error?.details["parameter"] == .string(name), "\(parameters)")
            }
            #expect(try await fixture.call("job.list", as: fixture.root)["jobs"] == [])
        }
    }

    @Test func `times and terms come back as they were given`() async throws {
        try await run { fixture in
            let first = try await fixture.submit(["kind": "machine.list"], as: fixture.root)
            let job = try await fixture.submit(
                [
                    "kind": "machine.list", "parameters": ["state": "off", "node": nil], "priority": "immediate",
                    "notBefore": "2040-01-31T12:00:00+01:00", "cron": "0  12 * * mon", "attempts": 1,
                    "dependencies": [first["id"] ?? 0, first["id"] ?? 0],
                ], as: fixture.root)
            #expect(job["parameters"] == ["state": "off"], "what is null was not given")
            #expect(job["priority"] == "immediate" && job["attempts"] == 1 && job["cron"] == "0 12 * * mon")
            #expect(job["notBefore"] == "2040-01-31T11:00:00.000Z")
            #expect(job["nextAt"] == "2040-02-06T12:00:00.000Z" && job["status"] == "fetched")
            #expect(job["dependencies"] == [first["id"] ?? 0])
        }
    }

    @Test func `a job is seen by its submitter, by superusers and by those who may see its machine`() async throws {
        try await run { fixture in
            let admin = try await fixture.user("admin", .admin, on: "web")
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let operatorOnWeb = try await fixture.user("operator", .admin, on: "web")
            let web = try await fixture.address("web")
            let job = try await fixture.submit(["kind": "machine.show", "machine": web], as: admin)
            _ = try await fixture.carryOut(try #require(try await fixture.claim()))
            let named = ["job": job["id"] ?? 0]
            for principal in [admin, fixture.root, TestCore.local] {
                let shown = try await fixture.call("job.get", named, as: principal)["job"]
                #expect(shown?["output"]?["machine"]?["name"] == "web" && shown?["parameters"] == ["machine": web])
            }
            for principal in [viewer, operatorOnWeb] {
                let shown = try await fixture.call("job.get", named, as: principal)["job"]
                #expect(shown?["status"] == "completed" && shown?["submitter"] == "admin")
                #expect(shown?["output"]?.isNull == true && shown?["parameters"] == [:], "that is not theirs")
                #expect(try await fixture.call("job.list", as: principal)["jobs"]?.arrayValue?.count == 1)
            }
            for method in ["job.get", "job.events", "job.cancel"] {
                let foreign = await fixture.failure(method, named, as: fixture.plain)
                let missing = await fixture.failure(method, ["job": 99], as: fixture.plain)
                #expect(foreign?.code == .notFound && foreign == missing)
            }
            #expect(try await fixture.call("job.list", as: fixture.plain)["jobs"] == [])
            let second = try await fixture.submit(["kind": "machine.show", "machine": web], as: admin)
            let waiting = ["job": second["id"] ?? 0]
            #expect(await fixture.failure("job.cancel", waiting, as: viewer)?.code == .forbidden)
            let cancelled = try await fixture.call("job.cancel", waiting, as: operatorOnWeb)["job"]
            #expect(cancelled?["status"] == "cancelled")
        }
    }

    @Test func `jobs are listed in parts and by what they are`() async throws {
        try await run { fixture in
            let web = try await fixture.address("web")
            for _ in 0..<3 { _ = try await fixture.submit(["kind": "machine.list"], as: fixture.root) }
            _ = try await fixture.submit(["kind": "machine.show", "machine": web], as: fixture.root)
            try await fixture.call("job.cancel", ["job": 1], as: fixture.root)
            func numbers(_ parameters: [String: JSONValue]) async throws -> [Int64] {
                let jobs = try await fixture.call("job.list", parameters, as: fixture.root)["jobs"]?.arrayValue ?? []
                return jobs.compactMap { $0["id"]?.intValue }
            }
            #expect(try await numbers([:]) == [4, 3, 2, 1])
            #expect(try await numbers(["before": 4, "limit": 1]) == [3])
            #expect(try await numbers(["active": true]) == [4, 3, 2])
            #expect(try await numbers(["active": false]) == [1])
            #expect(try await numbers(["status": "cancelled"]) == [1])
            #expect(try await numbers(["machine": web]) == [4])
            #expect(try await numbers(["node": "n1"]) == [4])
            #expect(try await fixture.call("job.list", ["limit": 1], as: fixture.root)["more"] == true)
        }
    }
}

@Suite struct SchedulerMethodTests {
    @Test func `only a plugin whose scheduler part is on is handed jobs`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            _ = try await fixture.submit(["kind": "machine.list"], as: fixture.root)
            for principal in [fixture.root, TestCore.local, APIFixture.plugin("other"), APIFixture.plugin("no")] {
                #expect(await fixture.failure("job.claim", as: principal)?.code == .forbidden)
            }
            let modest = APIFixture.plugin("scheduler", ["job.submit"])
            #expect(await fixture.failure("job.claim", as: modest)?.code == .forbidden)
            #expect(try await fixture.claim() != nil)
        }
    }

    @Test func `without a scheduler jobs are taken in and wait`() async throws {
        try await APIFixture.run { fixture in
            let job = try await fixture.submit(["kind": "machine.list"], as: fixture.root)
            #expect(job["status"] == "enqueued")
            #expect(try await fixture.call("job.list", as: fixture.root)["scheduler"] == "off")
        }
    }

    @Test func `only the plugin that holds a job says anything about it`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            _ = try await fixture.submit(["kind": "machine.list"], as: fixture.root)
            let claimed = try #require(try await fixture.claim())
            let named: [String: JSONValue] = ["job": claimed.job["id"] ?? 0, "fence": claimed.job["fence"] ?? 0]
            for principal in [fixture.root, TestCore.local, claimed.work] {
                #expect(await fixture.failure("job.progress", named, as: principal)?.code == .forbidden)
            }
            let other = APIFixture.plugin("other")
            #expect(await fixture.failure("job.progress", named, as: other)?.code == .conflict)
            let parameters = named.merging(["percent": 50, "message": "half"]) { $1 }
            #expect(
                try await fixture.call("job.progress", parameters, as: APIFixture.scheduler) == ["cancelled": false])
            let shown = try await fixture.call("job.get", ["job": claimed.job["id"] ?? 0], as: fixture.root)
            #expect(shown["job"]?["percent"] == 50 && shown["job"]?["message"] == "half")
        }
    }

    @Test func `a job may look at what its submitter may see, and change nothing but what it is for`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            let web = try await fixture.address("web")
            _ = try await fixture.submit(["kind": "machine.pause", "machine": web], as: fixture.root)
            let claimed = try #require(try await fixture.claim())
            _ = try await fixture.call("machine.show", ["machine": web], as: claimed.work)
            for (method, parameters) in [
                ("machine.powerOff", ["machine": web]),
                ("machine.pause", ["machine": try await fixture.address("mail")]),
                ("job.submit", ["kind": "machine.list"]), ("node.disable", ["node": "n1"]),
            ] as [(String, [String: JSONValue])] {
                #expect(await fixture.failure(method, parameters, as: claimed.work)?.code == .forbidden, "\(method)")
            }
            #expect(fixture.hypervisors.allSatisfy { $0.requests.isEmpty })
            _ = try await fixture.call("machine.pause", ["machine": web], as: claimed.work)
            let again = await fixture.failure("machine.pause", ["machine": web], as: claimed.work)
            #expect(again?.code == .conflict)
            #expect(
                try await fixture.audit().first { $0.action == "machine.pause" && $0.outcome == .ok }?.user == "root")
        }
    }

    @Test func `a number with a fraction of nothing is the number`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            _ = try await fixture.submit(
                ["kind": "audit.list", "parameters": ["limit": .double(5), "user": nil]], as: fixture.root)
            let claimed = try #require(try await fixture.claim())
            #expect(claimed.job["parameters"] == ["limit": 5])
            #expect(try await fixture.carryOut(claimed)["status"] == "completed")
        }
    }

    @Test func `a plugin submits what it was granted, and its job is held to what it is granted then`() async throws {
        let plugins = FakePlugins.scheduler
        try await APIFixture.run(plugins: plugins) { fixture in
            let web = try await fixture.address("web")
            let other = APIFixture.plugin("other", ["job.*", "machine.pause"])
            let refused = await fixture.failure("job.submit", ["kind": "node.disable", "node": "n1"], as: other)
            #expect(refused?.code == .forbidden)
            let job = try await fixture.submit(["kind": "machine.pause", "machine": web], as: other)
            #expect(job["submitter"] == "other (plugin)")
            _ = try plugins.modify("other", PluginChange(permissions: ["job.*"]))
            let ended = try await fixture.carryOut(try #require(try await fixture.claim()))
            #expect(ended["status"] == "error" && ended["error"]?.stringValue?.contains("not granted") == true)
            _ = try plugins.modify("other", PluginChange(permissions: ["machine.pause"]))
            _ = try await fixture.submit(["kind": "machine.pause", "machine": web], as: other)
            #expect(try await fixture.carryOut(try #require(try await fixture.claim()))["status"] == "completed")
        }
    }

    @Test func `a result that is too large is left out, and the job is completed all the same`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            let notes = JSONValue.string(String(repeating: "x", count: 10_000))
            for name in ["web", "db", "mail"] {
                let machine = try await fixture.address(name)
                try await fixture.call("machine.setNotes", ["machine": machine, "notes": notes], as: fixture.root)
            }
            for number in 0..<120 {
                fixture.hypervisors[0].put(.fake("m\(number)"))
                try await eventually("it is there") { (try? await fixture.test.machine("m\(number)")) != nil }
            }
            _ = try await fixture.submit(["kind": "machine.list"], as: fixture.root)
            let done = try #require(try await fixture.claim())
            let full = try await fixture.call("machine.list", as: done.work)
            #expect(full["machines"]?.arrayValue?.count == 123, "whoever asks gets it whole")
            let ended = try await fixture.finish(done.job, ["outcome": "completed"])
            #expect(ended["output"]?["leftOut"] != nil)
        }
    }

    @Test func `jobs are told to those who may see them, and schedulers are told what to do`() async throws {
        try await APIFixture.run(plugins: FakePlugins.scheduler) { fixture in
            let admin = try await fixture.user("admin", .admin, on: "web")
            let web = try await fixture.address("web")
            let job = try await fixture.submit(["kind": "machine.pause", "machine": web], as: fixture.root)
            let id = JobID(job["id"]?.intValue ?? 0)
            let seen = await fixture.api.render(.jobChanged(id), for: admin)
            #expect(seen?.topic == "job.changed" && seen?.data["job"]?["machineName"] == "web")
            #expect(await fixture.api.render(.jobChanged(id), for: fixture.plain) == nil)
            #expect(await fixture.api.render(.jobChanged(JobID(99)), for: fixture.root) == nil)
            for event in [CoreEvent.jobReady, .jobCancel(id)] {
                #expect(await fixture.api.render(event, for: APIFixture.scheduler) != nil)
                #expect(await fixture.api.render(event, for: fixture.root) == nil)
            }
            let cancel = await fixture.api.render(.jobCancel(id), for: APIFixture.scheduler)
            #expect(cancel?.topic == "job.cancel" && cancel?.data == ["job": job["id"] ?? 0])
        }
    }
}
