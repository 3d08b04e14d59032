// SPDX-License-Identifier: Apache-2.0

package import Model

extension Alerts {
    /// Who may see what an alert is about.
    func audience(of condition: AlertCondition) async -> [UserID] {
        let users = access.table.users.filter(\.isActive).map(\.id)
        let machines = await machinesThatCount(for: condition)
        return users.filter { mayHear($0, of: condition, machines: machines) }
    }

    /// That a node does not answer is also for those who have machines on it.
    private func machinesThatCount(for condition: AlertCondition) async -> [MachineID] {
        guard condition.kind == .unreachable else { return [] }
        return await inventory.allMachines().map(\.id).filter { $0.node == condition.subject.node }
    }

    private func mayHear(_ user: UserID, of condition: AlertCondition, machines: [MachineID]) -> Bool {
        switch condition.subject {
        case .machine(let id): access.level(of: user, on: id).mayView
        case .node(let id):
            access.level(of: user, on: id).mayView
                || machines.contains { access.level(of: user, on: $0).mayView }
        }
    }
}

extension Alerts {
    /// A user's alerts, newest first, of what he may see now; for nil all of them.
    package func alerts(of user: UserID?) async throws -> [UserAlert] {
        let kept = try await repository.alerts(of: user, limit: Self.maximumPerUser)
        guard let user else { return kept }
        var machines: [AlertCondition: [MachineID]] = [:]
        var visible: [UserAlert] = []
        for entry in kept {
            let condition = entry.alert.condition
            if condition.kind == .unreachable, machines[condition] == nil {
                machines[condition] = await machinesThatCount(for: condition)
            }
            if mayHear(user, of: condition, machines: machines[condition] ?? []) { visible.append(entry) }
        }
        return visible
    }

    /// Every alert with what each user did to his copy, newest first, and whether there are more.
    package func alertsWithCopies(before: Int64, limit: Int) async throws -> (alerts: [AlertWithCopies], more: Bool) {
        let found = try await repository.alertsWithCopies(before: before, limit: limit + 1)
        return (Array(found.prefix(limit)), found.count > limit)
    }

    /// Marks one alert of a user, or for nil all of them, as acknowledged.
    ///
    /// - Throws: `notFound` where he has no such alert.
    package func acknowledge(_ id: AlertID?, of user: UserID) async throws {
        let isThere = try await repository.acknowledgeAlert(id, of: user, at: time.now())
        guard isThere || id == nil else { throw Self.notFound }
        bus.publish(.alertsChanged(user))
    }

    /// Deletes an alert of a user's; others keep theirs.
    ///
    /// - Throws: `notFound` where he has no such alert.
    package func delete(_ id: AlertID, of user: UserID) async throws {
        guard try await repository.deleteAlert(id, of: user, at: time.now()) else { throw Self.notFound }
        bus.publish(.alertsChanged(user))
    }

    private static let notFound = GatehouseError(.notFound, "You have no such alert; reload the list of alerts.")
}
