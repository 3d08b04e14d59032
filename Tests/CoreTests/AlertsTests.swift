// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct AlertsTests {
    @Test func `a machine that computes all the time is told once to whoever may see it`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            let (viewer, stranger) = (
                try await fixture.test.someone("viewer"), try await fixture.test.user("stranger")
            )
            let web = try await fixture.test.machine("web").id
            try await fixture.test.grant(.readOnlyAdmin, on: web, to: viewer)
            try await fixture.keepAppending(89, machines: [("web", 99), ("db", 50)])
            #expect(try await fixture.alerts(root) == [], "not for a quarter of an hour yet")
            try await fixture.keepAppending(60, machines: [("web", 99), ("db", 50)])
            let alert = try #require(try await fixture.alerts(root).first)
            #expect(alert.condition == AlertCondition(kind: .cpu, subject: .machine(web)) && alert.name == "web")
            #expect(alert.message == "Machine web has used at least 95 % of its processors for 15 minutes.")
            #expect(try await fixture.alerts(viewer.user) == [alert])
            #expect(try await fixture.alerts(stranger) == [])
            try await fixture.keepAppending(10, machines: [("web", 10), ("db", 50)])
            #expect(try await fixture.alerts(root).first?.clearedAt != nil)
            #expect(await fixture.core.alerts.openConditions == [])
        }
    }

    @Test func `a node's memory is told to superusers and those with a right on the node`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            let (host, guest) = (try await fixture.test.user("host"), try await fixture.test.someone("guest"))
            _ = try await fixture.core.accounts.grant(
                to: .user(host.id), on: .node(fixture.node), level: .readOnlyAdmin)
            try await fixture.test.grant(.owner, on: try await fixture.test.machine("web").id, to: guest)
            try await fixture.keepAppending(62, memory: 97)
            #expect(try await fixture.alerts(root).map(\.condition.kind) == [.memory])
            #expect(try await fixture.alerts(host).count == 1)
            #expect(try await fixture.alerts(guest.user) == [], "the host is none of his business")
        }
    }

    @Test func `storage that is nearly full is told, whether or not the report says so`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            let pools = [10, 95].map {
                StorageFill(name: "p\($0)", capacityBytes: 1000, availableBytes: 1000 - $0 * 10)
            }
            fixture.hypervisor.setSample(host: HostCounters(cpus: 1, memoryKiB: 1, storage: pools))
            for _ in 0..<62 {
                _ = try await fixture.core.samples.take(from: fixture.node)
                try await fixture.keepAppending(1)
            }
            #expect(try await fixture.alerts(root).map(\.condition.kind) == [.disk])
            try await fixture.keepAppending(30)
            #expect(try await fixture.alerts(root).first?.clearedAt == nil, "what is not known any more is not over")
        }
    }

    @Test func `a node that does not answer is told after a minute, without any sample`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            let guest = try await fixture.test.someone("guest")
            try await fixture.test.grant(.readOnlyAdmin, on: try await fixture.test.machine("web").id, to: guest)
            try await fixture.disconnect("a secret reason")
            await fixture.core.alerts.check()
            fixture.test.clock.advance(.seconds(50))
            await fixture.core.alerts.check()
            #expect(try await fixture.alerts(root) == [])
            fixture.test.clock.advance(.seconds(10))
            await fixture.core.alerts.check()
            let alert = try #require(try await fixture.alerts(root).first)
            #expect(alert.condition.kind == .unreachable && alert.message == "Node n1 can not be reached.")
            #expect(try await fixture.alerts(guest.user).count == 1, "whoever has a machine there wants to know")
            fixture.hypervisor.reconnect()
            try await eventually("it is back") {
                if case .online = await fixture.core.inventory.node(fixture.node)?.state { true } else { false }
            }
            await fixture.core.alerts.check()
            #expect(try await fixture.alerts(root).first?.clearedAt == fixture.test.clock.now)
        }
    }

    @Test func `a reason that changes does not begin the time anew`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            for reason in ["one", "two", "three", "four"] {
                try await fixture.disconnect(reason)
                await fixture.core.alerts.check()
                fixture.test.clock.advance(.seconds(25))
            }
            #expect(try await fixture.alerts(root).count == 1)
        }
    }

    @Test func `a crash is told at once, by the inventory's own events`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.core.alerts.run() }
                defer { group.cancelAll() }
                var web = try await fixture.test.machine("web").snapshot
                try await eventually("it listens") { fixture.core.bus.listenerCount == 1 }
                web.state = .crashed
                fixture.hypervisor.put(web)
                try await eventually("it is told") { try await fixture.alerts(root).count == 1 }
                #expect(try await fixture.alerts(root).first?.message == "Machine web has crashed.")
                web.state = .running
                fixture.hypervisor.put(web)
                try await eventually("it is over") { try await fixture.alerts(root).first?.clearedAt != nil }
            }
        }
    }

    @Test func `an alert outlives a restart and is not told twice`() async throws {
        let (clock, directory) = (HandClock(), try ScratchDirectory())
        try await SampleFixture.run(clock: clock, directory: directory) { fixture in
            try await fixture.test.user("root", .superUser)
            try await fixture.crash("web")
        }
        try await SampleFixture.run(clock: clock, directory: directory) { fixture in
            let root = fixture.core.access.user(named: "root")
            try await fixture.crash("web")
            let alerts = try await fixture.alerts(root)
            #expect(alerts.count == 1 && alerts.first?.clearedAt == nil)
            #expect(await fixture.core.alerts.openConditions.count == 1)
        }
    }

    @Test func `what is gone is no longer wrong, once its node had time to tell its machines`() async throws {
        try await SampleFixture.run { fixture in
            let root = try await fixture.test.user("root", .superUser)
            let web = try await fixture.crash("web")
            fixture.hypervisor.remove(web.uuid)
            try await eventually("it is gone") { await fixture.core.inventory.machine(web) == nil }
            await fixture.core.alerts.check()
            #expect(try await fixture.alerts(root).first?.clearedAt == nil)
            fixture.test.clock.advance(.seconds(61))
            await fixture.core.alerts.check()
            #expect(try await fixture.alerts(root).first?.clearedAt != nil)
        }
    }

    @Test func `whoever loses his right no longer sees the alert`() async throws {
        try await SampleFixture.run { fixture in
            let viewer = try await fixture.test.someone("viewer")
            let web = try await fixture.test.machine("web").id
            let right = try await fixture.core.accounts.grant(
                to: .user(try #require(viewer.user).id), on: .machine(web), level: .readOnlyAdmin)
            try await fixture.crash("web")
            #expect(try await fixture.alerts(viewer.user).count == 1)
            try await fixture.core.accounts.revoke(right.id)
            #expect(try await fixture.alerts(viewer.user) == [])
        }
    }

    @Test func `each user acknowledges and deletes for himself, and hears of it`() async throws {
        try await SampleFixture.run { fixture in
            let (ada, bob) = (
                try await fixture.test.user("ada", .superUser), try await fixture.test.user("bob", .superUser)
            )
            let subscription = try fixture.core.bus.subscribe()
            try await fixture.crash("web")
            let id = try #require(try await fixture.alerts(ada).first).id
            try await fixture.core.alerts.acknowledge(id, of: ada.id)
            try await fixture.core.alerts.delete(id, of: bob.id)
            #expect(try await fixture.core.alerts.alerts(of: ada.id).map(\.isAcknowledged) == [true])
            #expect(try await fixture.alerts(bob) == [])
            await expect(.notFound) { try await fixture.core.alerts.delete(id, of: bob.id) }
            await expect(.notFound) { try await fixture.core.alerts.acknowledge(id, of: bob.id) }
            fixture.core.bus.unsubscribe(subscription.id)
            var told: [UserID] = []
            for await event in subscription.events { if case .alertsChanged(let user) = event { told.append(user) } }
            #expect(told == [ada.id, bob.id, ada.id, bob.id])
        }
    }

    @Test func `thresholds are kept, and what does not fit is refused`() async throws {
        let directory = try ScratchDirectory()
        try await SampleFixture.run(directory: directory) { fixture in
            let alerts = fixture.core.alerts
            #expect(await alerts.allThresholds() == AlertKind.allCases.map(Threshold.standard))
            _ = try await alerts.setThreshold(.cpu, percent: 50, minutes: 1, isEnabled: nil)
            _ = try await alerts.setThreshold(.unreachable, percent: nil, minutes: nil, isEnabled: false)
            await expect(.invalidParameters) {
                try await alerts.setThreshold(.crashed, percent: 5, minutes: nil, isEnabled: nil)
            }
        }
        try await SampleFixture.run(directory: directory) { fixture in
            let kept = await fixture.core.alerts.allThresholds()
            #expect(kept[0] == Threshold(kind: .cpu, percent: 50, minutes: 1))
            #expect(kept[3] == Threshold(kind: .unreachable, percent: nil, minutes: 1, isEnabled: false))
            let root = try await fixture.test.user("root", .superUser)
            try await fixture.keepAppending(7, cpu: 60)
            #expect(try await fixture.alerts(root).map(\.condition.kind) == [.cpu])
            _ = try await fixture.core.alerts.setThreshold(.cpu, percent: nil, minutes: nil, isEnabled: false)
            #expect(try await fixture.alerts(root).first?.clearedAt != nil, "switched off, it is over")
        }
    }
}

extension SampleFixture {
    /// What a user was told, newest first.
    func alerts(_ user: User?) async throws -> [Alert] {
        guard let user else { return [] }
        return try await core.alerts.alerts(of: user.id).map(\.alert)
    }

    /// Has a machine crash, and has that noticed.
    @discardableResult
    func crash(_ name: String) async throws -> MachineID {
        var machine = try await test.machine(name)
        machine.snapshot.state = .crashed
        hypervisor.put(machine.snapshot)
        try await eventually("it has crashed") { try await test.machine(name).snapshot.state == .crashed }
        await core.alerts.check()
        return machine.id
    }

    /// Loses the node.
    func disconnect(_ reason: String) async throws {
        hypervisor.disconnect(reason)
        try await eventually("it is away") {
            await core.inventory.node(node)?.state == .unreachable(reason: reason)
        }
    }
}
