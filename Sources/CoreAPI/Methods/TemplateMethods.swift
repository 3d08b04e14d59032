// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let templateParameter = Parameter.required("template", .int(1...Int64.max), "The template's number.")
private let nameParameter = Parameter.required(
    "name", .string(maximum: StorageRules.nameLimit), "The name: letters, digits, dots, underscores and hyphens.")

extension CoreAPI {
    static let templateMethods = [
        Method(
            "template.list", "Lists the templates of the nodes that the caller may see.", right: .user,
            parameters: [.optional("node", .string(maximum: 64), "Only of that node.")], result: "{templates}"
        ) { call in
            let node = try await call.arguments.optionalString("node").asyncMap { try await call.visibleNode($0) }
            var templates: [JSONValue] = []
            for template in try await call.core.storage.templates()
            where node == nil || node?.record.id == template.node {
                guard let entry = await call.core.inventory.node(template.node),
                    await call.core.maySee(entry, call.principal)
                else { continue }
                templates.append(Render.template(template, node: entry.record.name))
            }
            return ["templates": .array(templates)]
        },
        Method(
            "template.show", "Shows a template.", right: .user, parameters: [templateParameter], result: "{template}"
        ) { call in
            let (template, node) = try await call.template()
            return ["template": Render.template(template, node: node.record.name)]
        },
        Method(
            "template.create",
            "Makes a template of a machine that is off, with full copies of its disks; that may take long, and can be "
                + "a job.",
            right: .operate,
            parameters: [
                .machine, nameParameter, .optional("description", .string(maximum: 1000), "What it is for."),
            ],
            result: "{template}", isChange: true
        ) { call in
            let machine = try call.machine()
            try await call.check(machine.id.node, "machine", toChange: true)
            let snapshot = machine.snapshot
            try await call.checkAllocation(
                vcpus: snapshot.vcpus, memoryKiB: max(snapshot.memoryKiB ?? 0, snapshot.maxMemoryKiB ?? 0))
            let template = try await call.core.storage.createTemplate(
                of: machine.id, name: call.arguments.string("name"),
                description: call.arguments.string("description"), by: call.actor)
            return ["template": Render.template(template, node: machine.nodeName)]
        },
        Method(
            "template.delete", "Deletes a template with its volumes; refused while a machine stands on them.",
            right: .user, parameters: [templateParameter], result: "{}", isChange: true
        ) { call in
            try await call.core.storage.deleteTemplate(try await call.template(toChange: true).template)
            return [:]
        },
    ]

    static let machineMakingMethods = [
        Method(
            "machine.create",
            "Makes a machine after a template, with copies of its disks, and does not start it; that may take long, "
                + "and can be a job.",
            right: .user,
            parameters: [
                templateParameter, nameParameter,
                .optional(
                    "linked", .bool,
                    "Whether its disks hold only the differences from the template's; false if left out."),
                .optional("node", .string(maximum: 64), "The template's node; no other is possible."),
            ],
            result: "{machine}", isChange: true
        ) { call in
            let (template, node) = try await call.template(toChange: true)
            if let name = call.arguments.optionalString("node"),
                try await call.visibleNode(name).record.id != template.node
            {
                throw GatehouseError.invalidParameter(
                    "node", "The template is on node \(node.record.name), and its machines can be made there only.")
            }
            let definition = template.definition
            try await call.checkAllocation(
                vcpus: definition.vcpus, memoryKiB: max(definition.memoryKiB ?? 0, definition.maxMemoryKiB ?? 0))
            let made = try await call.core.storage.createMachine(
                MachineOrder(
                    template: template, name: call.arguments.string("name"),
                    isLinked: call.arguments.optionalBool("linked") ?? false))
            return ["machine": await call.render.machine(made)]
        },
        Method(
            "machine.delete", "Deletes a machine that is off, for good; for its owner.", right: .own,
            parameters: [
                .machine,
                .optional("volumes", .bool, "Whether its disks' volumes go too, where nothing else uses them."),
            ],
            result: "{deletedVolumes, keptVolumes}", isChange: true
        ) { call in
            let remains = try await call.core.storage.deleteMachine(
                try call.machine().id, withVolumes: call.arguments.optionalBool("volumes") ?? false, by: call.actor)
            let names = { (volumes: [VolumeName]) -> JSONValue in
                .array(volumes.map { ["pool": .string($0.pool), "name": .string($0.name)] })
            }
            return ["deletedVolumes": names(remains.deleted), "keptVolumes": names(remains.kept)]
        },
    ]
}

extension Call {
    /// The template that is named and its node, where the caller may see that, or change it.
    ///
    /// Whoever sees a machine of the node sees its templates.
    /// - Throws: `notFound`, `forbidden`.
    fileprivate func template(toChange: Bool = false) async throws -> (template: Template, node: NodeEntry) {
        let found = try await core.storage.template(TemplateID(arguments.optionalInt("template") ?? 0))
        guard let found, let node = await core.inventory.node(found.node), await core.maySee(node, principal) else {
            throw GatehouseError(.notFound, "There is no such template, or you have no rights on its node.")
        }
        if toChange { try requireOperating(node) }
        return (found, node)
    }
}

extension Optional {
    /// What a waiting function makes of the value, if there is one.
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
