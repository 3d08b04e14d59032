// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension CoreAPI {
    static let maintenanceMethods = [
        Method(
            "node.enterMaintenance",
            "Has a node take no new work and brings its running machines to rest; that may take long, and can be a job.",
            right: .superUser,
            parameters: [
                .node,
                .optional(
                    "policy", .word(MaintenancePolicy.allCases.map(\.rawValue)),
                    "What becomes of them: they move to other nodes where they can (migrate, if left out), are saved, "
                        + "paused, or shut down."),
            ],
            result: "{node, machines: [{uuid, name, deed, node}]}", isChange: true, isRepeatable: true
        ) { call in
            let policy = call.arguments.optionalString("policy").flatMap(MaintenancePolicy.init) ?? .migrate
            let id = try await call.node().record.id
            try await call.core.maintenance.enter(id, policy: policy, by: call.maintenanceActor)
            return await call.maintained(try await call.node())
        },
        Method(
            "node.leaveMaintenance",
            "Has a node take work again and brings back what its maintenance brought to rest; can be a job.",
            right: .superUser,
            parameters: [
                .node,
                .optional(
                    "bringBack", .bool, "Whether machines that moved away come back; false if left out: they stay."),
            ],
            result: "{node}", isChange: true, isRepeatable: true
        ) { call in
            let id = try await call.node().record.id
            try await call.core.maintenance.leave(
                id, bringsBack: call.arguments.optionalBool("bringBack") ?? false, by: call.maintenanceActor)
            return ["node": call.render.node(try await call.node())]
        },
    ]
}

extension Call {
    fileprivate var maintenanceActor: MaintenanceActor {
        MaintenanceActor(name: principal.name ?? "nobody", job: principal.job)
    }

    fileprivate func maintained(_ node: NodeEntry) async -> JSONValue {
        var machines: [JSONValue] = []
        for machine in node.maintenance?.machines ?? [] {
            var destination: NodeEntry?
            if let id = machine.destination { destination = await core.inventory.node(id) }
            machines.append([
                "uuid": .string(machine.uuid.uuidString.lowercased()), "name": .string(machine.name),
                "deed": .string(machine.deed.rawValue), "node": .optional(destination?.record.name),
            ])
        }
        return ["node": render.node(node), "machines": .array(machines)]
    }
}

extension Render {
    /// A node's maintenance; what was done with its machines is told by `node.enterMaintenance` alone.
    static func maintenance(_ maintenance: NodeMaintenance) -> JSONValue {
        [
            "since": time(maintenance.since), "by": .string(maintenance.by),
            "policy": .string(maintenance.policy.rawValue), "phase": .string(maintenance.phase.rawValue),
        ]
    }
}
