// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

private let alertParameter = Parameter.required("alert", .int(1...Int64.max), "The alert's number.")

extension CoreAPI {
    static let alertMethods = [
        Method(
            "alert.list", "Lists the caller's alerts, newest first; all alerts for a caller who is no user.",
            right: .user,
            parameters: [
                .optional("acknowledged", .bool, "Only those that are, or are not, acknowledged."),
                .optional("before", .int(1...Int64.max), "Only alerts with a lower id."),
                .optional("limit", .int(1...500), "At most that many; 100 if left out."),
            ],
            result: "{alerts, more, unacknowledged}", isActivity: false
        ) { call in try await list(call) },
        Method(
            "alert.listAll", "Lists every alert with what each user did to it, newest first; deleted ones too.",
            right: .superUser,
            parameters: [
                .optional("before", .int(1...Int64.max), "Only alerts with a lower id."),
                .optional("limit", .int(1...500), "At most that many; 100 if left out."),
            ],
            result: "{alerts: [{…, copies: [{user, userID, acknowledged, deleted}]}], more}", isActivity: false
        ) { call in try await listAll(call) },
        Method(
            "alert.acknowledge", "Marks an alert as seen by the caller.", right: .user, parameters: [alertParameter],
            result: "{}", isChange: true
        ) { call in
            try await call.core.alerts.acknowledge(AlertID(call.arguments.optionalInt("alert") ?? 0), of: call.reader())
            return [:]
        },
        Method(
            "alert.acknowledgeAll", "Marks every alert as seen by the caller.", right: .user, result: "{}",
            isChange: true
        ) { call in
            try await call.core.alerts.acknowledge(nil, of: call.reader())
            return [:]
        },
        Method(
            "alert.delete", "Deletes an alert from the caller's list; others keep theirs.", right: .user,
            parameters: [alertParameter], result: "{}", isChange: true
        ) { call in
            try await call.core.alerts.delete(AlertID(call.arguments.optionalInt("alert") ?? 0), of: call.reader())
            return [:]
        },
        Method("threshold.list", "Lists what makes an alert.", right: .user, result: "{thresholds}") { call in
            ["thresholds": .array(await call.core.alerts.allThresholds().map(Render.threshold))]
        },
        Method(
            "threshold.set", "Sets what makes an alert of a kind; what is left out stays as it is.",
            right: .superUser,
            parameters: [
                .required("kind", .word(AlertKind.allCases.map(\.rawValue)), "The kind of alert."),
                .optional("percent", .int(1...100), "From where on; for cpu, memory and disk."),
                .optional(
                    "minutes", .int(0...Int64(Threshold.maximumMinutes)), "For how many minutes without a break."),
                .optional("enabled", .bool, "Whether there are such alerts."),
            ],
            result: "{threshold}", isChange: true
        ) { call in
            let arguments = call.arguments
            guard let kind = AlertKind(rawValue: arguments.string("kind")) else {
                throw GatehouseError.invalidParameter("kind", "There is no such kind of alert.")
            }
            let threshold = try await call.core.alerts.setThreshold(
                kind, percent: arguments.optionalInt("percent").map(Int.init),
                minutes: arguments.optionalInt("minutes").map(Int.init), isEnabled: arguments.optionalBool("enabled"))
            return ["threshold": Render.threshold(threshold)]
        },
    ]

    private static func list(_ call: Call) async throws -> JSONValue {
        let arguments = call.arguments
        let all = try await call.core.alerts.alerts(of: call.principal.reader)
        let wanted = arguments.optionalBool("acknowledged")
        let before = arguments.optionalInt("before") ?? Int64.max
        let limit = Int(arguments.optionalInt("limit") ?? 100)
        let fitting = all.filter { entry in
            entry.alert.id.number < before && (wanted == nil || entry.isAcknowledged == wanted)
        }
        var alerts: [JSONValue] = []
        for entry in fitting.prefix(limit) { alerts.append(await call.render.alert(entry)) }
        return [
            "alerts": .array(alerts), "more": .bool(fitting.count > limit),
            "unacknowledged": .int(Int64(all.count { !$0.isAcknowledged })),
        ]
    }
}

extension CoreAPI {
    private static func listAll(_ call: Call) async throws -> JSONValue {
        let found = try await call.core.alerts.alertsWithCopies(
            before: call.arguments.optionalInt("before") ?? Int64.max,
            limit: Int(call.arguments.optionalInt("limit") ?? 100))
        var alerts: [JSONValue] = []
        for entry in found.alerts {
            let alert = await call.render.alert(UserAlert(alert: entry.alert, isAcknowledged: false))
            var members = alert.objectValue ?? [:]
            members["acknowledged"] = nil
            members["copies"] = .array(
                entry.copies.map { copy in
                    [
                        "user": .optional(call.core.access.user(copy.user)?.name), "userID": .int(copy.user.number),
                        "acknowledged": .bool(copy.isAcknowledged), "deleted": .bool(copy.isDeleted),
                    ]
                })
            alerts.append(.object(members))
        }
        return ["alerts": .array(alerts), "more": .bool(found.more)]
    }
}

extension Call {
    /// The user whose alerts they are.
    fileprivate func reader() throws -> UserID {
        guard let user = principal.reader else {
            throw GatehouseError(.forbidden, "Alerts belong to users; log in as one to acknowledge or delete them.")
        }
        return user
    }
}

extension Principal {
    /// The user who reads alerts; nil for an administrator on the machine itself and for plugins.
    var reader: UserID? {
        switch identity {
        case .session(let session): session.user
        case .work(let work): work.user
        case .anonymous, .local, .plugin: nil
        }
    }
}

extension Render {
    /// An alert as a user has it.
    func alert(_ entry: UserAlert) async -> JSONValue {
        let alert = entry.alert
        var subject: [String: JSONValue] = ["name": .string(alert.name)]
        switch alert.condition.subject {
        case .node(let id): subject["node"] = .string(await core.inventory.node(id)?.record.name ?? alert.name)
        case .machine(let id):
            let machine = await core.inventory.machine(id)
            subject["machine"] = .string(machine?.address.description ?? id.uuid.uuidString.lowercased())
        }
        return [
            "id": .int(alert.id.number), "at": Self.time(alert.at),
            "severity": .string(alert.condition.kind.severity.rawValue),
            "kind": .string(alert.condition.kind.rawValue), "subject": .object(subject),
            "message": .string(alert.message), "acknowledged": .bool(entry.isAcknowledged),
            "clearedAt": Self.time(alert.clearedAt),
        ]
    }

    /// What makes an alert.
    static func threshold(_ threshold: Threshold) -> JSONValue {
        [
            "kind": .string(threshold.kind.rawValue), "percent": .optional(threshold.percent),
            "minutes": .int(Int64(threshold.minutes)), "enabled": .bool(threshold.isEnabled),
        ]
    }
}
