// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension Parameter {
    fileprivate static let ownInterface = required(
        "interface", .string(maximum: 64), "The machine's interface: its MAC address, or its device on the node.")
}

extension CoreAPI {
    static let interfaceMethods = [
        Method(
            "interface.list", "Lists the interfaces of a node's host.", right: .user, parameters: [.node],
            result: "{interfaces}: counters are null where the node is not this host"
        ) { call in
            let node = try await call.viewedNode()
            let found = try await call.core.inventory.hypervisor(on: node.record.id).hostInterfaces()
            return ["interfaces": .array(found.map { Render.hostInterface($0, node: node) })]
        },
        Method(
            "interface.show", "Shows an interface of a node's host.", right: .user,
            parameters: [.node, .required("interface", .string(maximum: 64), "The interface's name.")],
            result: "{interface}"
        ) { call in
            let node = try await call.viewedNode()
            let name = call.arguments.string("interface")
            let all = try await call.core.inventory.hypervisor(on: node.record.id).hostInterfaces()
            guard let found = all.first(where: { $0.name == name }) else {
                throw GatehouseError(
                    .notFound, "There is no such interface on this node; interface.list lists them.",
                    details: ["parameter": "interface"])
            }
            return ["interface": Render.hostInterface(found, node: node)]
        },
    ]

    static let machineInterfaceMethods = [
        Method(
            "machine.attachInterface", "Gives a machine an interface, at once where it runs.", right: .operate,
            parameters: [
                .machine,
                .optional(
                    "network", .string(maximum: 64), "A network of the machine's node; its default one if left out."),
                .optional("model", .string(maximum: 32), "The emulated card, such as virtio or e1000."),
                .optional("mac", .string(maximum: 17), "Its MAC address; one that is free if left out."),
            ],
            result: "{machine, mac}", isChange: true
        ) { call in
            let model = call.arguments.optionalString("model")
            guard model.map({ Networks.isModel($0) }) ?? true else {
                throw GatehouseError.invalidParameter("model", "model must be letters, digits and - _ . only.")
            }
            let mac = try await call.core.networks.attach(
                to: call.arguments.optionalString("network"),
                mac: try call.arguments.optionalString("mac").map(call.address), model: model,
                try call.interfaceChange())
            return ["machine": try await call.renderedMachine(), "mac": .string(mac.description)]
        },
        Method(
            "machine.detachInterface", "Takes an interface from a machine.", right: .operate,
            parameters: [.machine, .ownInterface],
            result: "{machine, pending}: pending while the guest has not let go of it yet", isChange: true
        ) { call in
            let outcome = try await call.core.networks.detach(
                call.arguments.string("interface"), try call.interfaceChange())
            return ["machine": try await call.renderedMachine(), "pending": .bool(outcome == .pending)]
        },
        Method(
            "machine.moveInterface", "Plugs an interface of a machine into another network.", right: .operate,
            parameters: [
                .machine, .ownInterface, .required("network", .string(maximum: 64), "A network of the machine's node."),
            ],
            result: "{machine, pending}: pending where it counts from the machine's next start on", isChange: true,
            isRepeatable: true
        ) { call in
            let outcome = try await call.core.networks.move(
                call.arguments.string("interface"), to: call.arguments.string("network"), try call.interfaceChange())
            return ["machine": try await call.renderedMachine(), "pending": .bool(outcome == .pending)]
        },
    ]
}

extension Call {
    fileprivate func interfaceChange() throws -> InterfaceChange {
        InterfaceChange(machine: try machine().id, by: principal.name ?? "nobody", job: principal.job)
    }

    /// The machine as it is now, with its disks and interfaces where its node tells.
    func renderedMachine() async throws -> JSONValue {
        guard var machine = await core.inventory.machine(try machine().id) else {
            throw GatehouseError.machineNotFound
        }
        if let full = try? await core.inventory.fullSnapshot(of: machine.id) { machine.snapshot = full }
        return await render.machine(machine)
    }
}
