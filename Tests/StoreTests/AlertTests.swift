// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Store

@Suite struct AlertTests {
    private static func alert(_ subject: SampleSubject, _ kind: AlertKind = .cpu, for users: [UserID]) -> NewAlert {
        NewAlert(
            at: noon, condition: AlertCondition(kind: kind, subject: subject), name: "web", message: "Too much.",
            users: users)
    }

    @Test func `everybody who was told has a copy of his own`() async throws {
        try await withStore { store in
            let (ada, bob) = (try await store.user("ada").id, try await store.user("bob").id)
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            let kept = try await store.insertAlert(
                Self.alert(.machine(machine), for: [ada, bob, UserID(99)]), maximumPerUser: 10)
            #expect(try await store.openAlerts() == [kept])
            #expect(kept.at == noon.kept && kept.condition.subject == .machine(machine) && kept.clearedAt == nil)
            #expect(try await store.acknowledgeAlert(kept.id, of: ada, at: noon))
            #expect(try await store.alerts(of: ada, limit: 5) == [UserAlert(alert: kept, isAcknowledged: true)])
            #expect(try await store.alerts(of: bob, limit: 5) == [UserAlert(alert: kept, isAcknowledged: false)])
            #expect(try await store.deleteAlert(kept.id, of: ada, at: noon))
            #expect(try await store.deleteAlert(kept.id, of: ada, at: noon) == false)
            #expect(try await store.acknowledgeAlert(kept.id, of: ada, at: noon) == false)
            #expect(try await store.alerts(of: ada, limit: 5).isEmpty)
            #expect(try await store.alerts(of: bob, limit: 5).count == 1)
            #expect(try await store.alerts(of: nil, limit: 5).count == 1)
        }
    }

    @Test func `there is one alert of a condition at a time`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let new = Self.alert(.node(node), for: [])
            let first = try await store.insertAlert(new, maximumPerUser: 10)
            #expect(try await store.insertAlerts([new], maximumPerUser: 10) == [nil])
            let stranger = Self.alert(.machine(MachineID(node: node, uuid: UUID())), for: [])
            #expect(try await store.insertAlerts([stranger], maximumPerUser: 10) == [nil], "its machine is gone")
            _ = try await store.insertAlert(Self.alert(.node(node), .memory, for: []), maximumPerUser: 10)
            #expect(try await store.clearAlerts([first.id], at: noon + 5) == [])
            _ = try await store.insertAlert(new, maximumPerUser: 10)
            #expect(try await store.openAlerts().count == 2)
        }
    }

    @Test func `what users deleted is still known`() async throws {
        try await withStore { store in
            let (ada, bob) = (try await store.user("ada").id, try await store.user("bob").id)
            let node = try await store.node("n1")
            let first = try await store.insertAlert(Self.alert(.node(node), for: [ada, bob]), maximumPerUser: 10)
            let second = try await store.insertAlert(Self.alert(.node(node), .memory, for: []), maximumPerUser: 10)
            #expect(try await store.deleteAlert(first.id, of: ada, at: noon))
            #expect(try await store.acknowledgeAlert(first.id, of: bob, at: noon))
            let copies = [
                AlertWithCopies.Copy(user: ada, isAcknowledged: false, isDeleted: true),
                AlertWithCopies.Copy(user: bob, isAcknowledged: true, isDeleted: false),
            ]
            let all = try await store.alertsWithCopies(before: .max, limit: 5)
            #expect(all == [AlertWithCopies(alert: second, copies: []), AlertWithCopies(alert: first, copies: copies)])
            #expect(try await store.alertsWithCopies(before: .max, limit: 1).map(\.alert) == [second])
            #expect(try await store.alertsWithCopies(before: second.id.number, limit: 5).map(\.alert) == [first])
        }
    }

    @Test func `an alert that is over stays though its last copy goes, until it is old`() async throws {
        try await withStore { store in
            let (ada, bob) = (try await store.user("ada").id, try await store.user("bob").id)
            let node = try await store.node("n1")
            let kept = try await store.insertAlert(Self.alert(.node(node), for: [ada, bob]), maximumPerUser: 10)
            #expect(try await store.deleteAlert(kept.id, of: ada, at: noon))
            #expect(try await store.clearAlerts([kept.id], at: noon + 5) == [bob])
            #expect(try await store.openAlerts().isEmpty)
            #expect(try await store.alerts(of: bob, limit: 1).first?.alert.clearedAt == (noon + 5).kept)
            #expect(try await store.deleteAlert(kept.id, of: bob, at: noon))
            #expect(try await store.alerts(of: nil, limit: 5).count == 1)
            #expect(try await store.pruneAlerts(clearedBefore: noon + 6) == 1)
            #expect(try await store.alerts(of: nil, limit: 5).isEmpty)
        }
    }

    @Test func `of a user's copies the newest stay`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada").id
            for number in 0..<5 {
                let node = try await store.node("n\(number)")
                _ = try await store.insertAlert(Self.alert(.node(node), for: [ada]), maximumPerUser: 3)
            }
            #expect(try await store.alerts(of: ada, limit: 10).map(\.alert.id.number) == [5, 4, 3])
            #expect(try await store.alerts(of: ada, limit: 2).map(\.alert.id.number) == [5, 4])
            #expect(try await store.openAlerts().count == 5, "what is wrong is wrong, whoever is told")
        }
    }

    @Test func `acknowledging all leaves other users' copies alone`() async throws {
        try await withStore { store in
            let (ada, bob) = (try await store.user("ada").id, try await store.user("bob").id)
            for name in ["n1", "n2"] {
                let node = try await store.node(name)
                _ = try await store.insertAlert(Self.alert(.node(node), for: [ada, bob]), maximumPerUser: 3)
            }
            #expect(try await store.acknowledgeAlert(nil, of: ada, at: noon))
            #expect(try await store.alerts(of: ada, limit: 10).allSatisfy(\.isAcknowledged))
            #expect(try await store.alerts(of: bob, limit: 10).allSatisfy { !$0.isAcknowledged })
            #expect(try await store.acknowledgeAlert(AlertID(77), of: ada, at: noon) == false)
        }
    }

    @Test func `alerts go with their machine, copies with their user, and old ones in the end`() async throws {
        try await withStore { store in
            let ada = try await store.user("ada").id
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node, seen: noon)
            _ = try await store.insertAlert(Self.alert(.machine(machine), for: [ada]), maximumPerUser: 3)
            let host = try await store.insertAlert(Self.alert(.node(node), for: [ada]), maximumPerUser: 3)
            _ = try await store.forgetMachines(notSeenSince: noon + 1)
            #expect(try await store.alerts(of: ada, limit: 10).map(\.alert.id) == [host.id])
            _ = try await store.clearAlerts([host.id], at: noon)
            #expect(try await store.pruneAlerts(clearedBefore: noon) == 0)
            #expect(try await store.pruneAlerts(clearedBefore: noon + 1) == 1)
            #expect(try await store.alerts(of: ada, limit: 10).isEmpty)
        }
    }
}

extension SQLiteStore {
    /// Keeps one alert.
    ///
    /// - Throws: `notFound` where it was not kept.
    fileprivate func insertAlert(_ alert: NewAlert, maximumPerUser maximum: Int) async throws -> Alert {
        let kept = try await insertAlerts([alert], maximumPerUser: maximum).first ?? nil
        guard let kept else { throw GatehouseError(.notFound, "It was not kept.") }
        return kept
    }
}
