// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension CoreAPI {
    static let nodeMethods = [
        Method("node.list", "Lists the nodes that the caller may see.", right: .user, result: "{nodes}") { call in
            var nodes: [JSONValue] = []
            for node in await call.core.inventory.allNodes() where await call.core.maySee(node, call.principal) {
                nodes.append(call.render.node(node))
            }
            return ["nodes": .array(nodes)]
        },
        Method(
            "node.show", "Shows a node with what it is made of and can run.", right: .user, parameters: [.node],
            result: "{node}"
        ) { call in
            let node = try await call.node()
            // A node that is away still leaves what is known.
            let details = try? await call.core.inventory.hypervisor(on: node.record.id).details()
            return ["node": call.render.node(node, details: details)]
        },
        switchMethod("node.enable", "Switches a node on: Gatehouse connects to it.", enabled: true),
        switchMethod("node.disable", "Switches a node off: its machines are not listed.", enabled: false),
    ]

    private static func switchMethod(_ name: String, _ summary: String, enabled: Bool) -> Method {
        Method(
            name, summary, right: .superUser, parameters: [.node], result: "{node}", isChange: true,
            isRepeatable: true
        ) { call in
            try await call.core.inventory.setNode(try await call.node().record.id, enabled: enabled)
            return ["node": call.render.node(try await call.node())]
        }
    }

    static let machineMethods = [
        Method(
            "machine.list", "Lists the machines that the caller may see.", right: .user,
            parameters: [
                .optional("node", .string(maximum: 64), "Only of that node."),
                .optional("state", .word(MachineState.allCases.map(\.rawValue)), "Only in that state."),
                .optional("search", .string(maximum: 200), "Only with that text in name, id, node or notes."),
            ],
            result: "{machines}"
        ) { call in
            let search = call.arguments.string("search").lowercased()
            var machines: [JSONValue] = []
            for machine in await call.core.inventory.allMachines()
            where call.core.access.level(of: call.principal, on: machine.id).mayView
                && call.matches(machine, search: search)
            { machines.append(await call.render.machine(machine)) }
            return ["machines": .array(machines)]
        },
        Method(
            "machine.show", "Shows a machine with its disks and interfaces.", right: .view,
            parameters: [.machine], result: "{machine}"
        ) { call in
            var machine = try call.machine()
            // A node that is away still leaves what is known.
            if let full = try? await call.core.inventory.fullSnapshot(of: machine.id) { machine.snapshot = full }
            return ["machine": await call.render.machine(machine)]
        },
        Method(
            "machine.setNotes", "Replaces a machine's notes.", right: .operate,
            parameters: [.machine, .required("notes", .string(maximum: 10_000), "The notes.")],
            result: "{machine}", isChange: true, isRepeatable: true
        ) { call in
            let machine = try await call.core.inventory.setNotes(
                call.arguments.string("notes"), of: try call.machine().id)
            return ["machine": await call.render.machine(machine)]
        },
        Method(
            "machine.log", "Lists what was done to a machine, newest first.", right: .operate,
            parameters: [
                .machine, .optional("before", .int(1...Int64.max), "Only entries with a lower id."),
                .optional("limit", .int(1...500), "At most that many; 100 if left out."),
            ],
            result: "{entries: [{id, at, user, userID, action, outcome, detail}], more}"
        ) { call in try await log(call) },
        Method(
            "machine.picture", "Takes a picture of a machine's screen, at most five seconds old.", right: .view,
            parameters: [.machine], result: "{type, data (base64), takenAt}", isActivity: false
        ) { call in
            let picture = try await call.core.pictures.picture(of: try call.machine().id)
            return [
                "type": .string(picture.image.type),
                "data": .string(Data(picture.image.bytes).base64EncodedString()),
                "takenAt": Render.time(picture.takenAt),
            ]
        },
        Method(
            "machine.sendKeys", "Presses keys together and lets them go.", right: .operate,
            parameters: [
                .machine,
                Parameter(
                    name: "keys", kind: .words(KeyName.allCases.map(\.rawValue), maximum: 8), isRequired: true,
                    summary: "The keys' names."),
            ],
            result: "{}", isChange: true
        ) { call in
            let machine = try call.machine()
            let keys = call.arguments.words("keys").compactMap(KeyName.init(rawValue:))
            guard !keys.isEmpty else { throw GatehouseError.invalidParameter("keys", "Name at least one key.") }
            try await call.core.inventory.hypervisor(of: machine.id).sendKeys(keys, to: machine.id.uuid)
            return [:]
        },
    ]

    private static func log(_ call: Call) async throws -> JSONValue {
        let arguments = call.arguments
        let machine = try call.machine()
        // Either way of writing it may have been used.
        let addresses = Set([machine.address, MachineAddress(uuid: machine.id.uuid, node: machine.nodeName)])
        let found = try await call.core.audit.entries(
            AuditFilter(
                before: arguments.optionalInt("before"), limit: Int(arguments.optionalInt("limit") ?? 100),
                targets: addresses.map { "machine=\($0)" }))
        let users = call.core.access.table.users
        let entries = found.entries.map { entry -> JSONValue in
            [
                "id": .int(entry.id), "at": Render.time(entry.at), "user": .optional(entry.user),
                "userID": .optional(users.first { $0.name == entry.user }.map { Int($0.id.number) }),
                "action": .string(entry.action), "outcome": .string(entry.outcome.rawValue),
                "detail": .optional(entry.detail),
            ]
        }
        return ["entries": .array(entries), "more": .bool(found.more)]
    }

    static let machineOperationMethods: [Method] = MachineOperation.allCases.map { operation in
        Method(
            "machine.\(operation.rawValue)", summary(of: operation), right: .operate, parameters: [.machine],
            result: "{machine}", isChange: true
        ) { call in
            let id = try call.machine().id
            try await call.core.inventory.perform(
                operation, on: id, by: call.principal.name ?? "nobody", job: call.principal.job)
            guard let machine = await call.core.inventory.machine(id) else { throw GatehouseError.machineNotFound }
            return ["machine": await call.render.machine(machine)]
        }
    }

    private static func summary(of operation: MachineOperation) -> String {
        switch operation {
        case .start: "Starts a machine, from its saved image where it has one."
        case .shutdown: "Asks the guest to shut down (ACPI)."
        case .powerOff: "Cuts the power; what the guest has not written is lost."
        case .reboot: "Asks the guest to reboot."
        case .reset: "Presses the reset button; what the guest has not written is lost."
        case .pause: "Stops the guest's processors."
        case .resume: "Lets a paused guest go on."
        case .save: "Saves the guest's memory to the node's disk and stops it."
        }
    }
}

extension Call {
    fileprivate func matches(_ machine: MachineEntry, search: String) -> Bool {
        if let node = arguments.optionalString("node"), node != machine.nodeName { return false }
        if let state = arguments.optionalString("state"), state != machine.snapshot.state.rawValue { return false }
        guard !search.isEmpty else { return true }
        let texts = [machine.snapshot.name, machine.address.description, machine.nodeName, machine.record.notes]
        return texts.contains { $0.lowercased().contains(search) }
    }
}
