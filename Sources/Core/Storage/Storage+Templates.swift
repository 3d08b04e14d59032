// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
package import Model

extension Storage {
    /// The most bytes of a definition that becomes a template.
    private static let definitionLimit = 1 << 20

    /// Every template, by name.
    package func templates() async throws -> [Template] {
        try await repository.templates().sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The template of that number, if there is one.
    package func template(_ id: TemplateID) async throws -> Template? {
        try await repository.templates().first { $0.id == id }
    }

    /// Makes a template of a machine that is off: its definition, and full copies of its disks in their pools.
    ///
    /// Where anything fails, the copies are deleted again.
    /// - Throws: `conflict` for a machine that is not off, for a disk that lies in no pool, and for a name that is taken.
    package func createTemplate(
        of machine: MachineID, name: String, description: String, by actor: StorageActor
    ) async throws -> Template {
        try StorageRules.checkName(name)
        let node = machine.node
        return try await holding(.init(changing: [.templateName(node, name.lowercased())])) {
            guard
                try await !templates().contains(where: { $0.node == node && $0.name.lowercased() == name.lowercased() })
            else { throw GatehouseError(.conflict, "The node has a template of that name; choose another name.") }
            return try await inventory.whileLocked([machine], for: "template", by: actor.name, job: actor.job) {
                try await self.makeTemplate(of: machine, name: name, description: description)
            }
        }
    }

    private func makeTemplate(of machine: MachineID, name: String, description: String) async throws -> Template {
        let hypervisor = try await inventory.hypervisor(of: machine)
        let state = try await hypervisor.machine(machine.uuid).state
        guard state == .off || state == .crashed else {
            throw GatehouseError(
                .conflict,
                state == .saved
                    ? "The machine has a saved image, and its disks are not at rest; start it and shut it down."
                    : "The machine is \(state.rawValue); shut it down first.")
        }
        let definition = try await hypervisor.definition(of: machine.uuid)
        guard definition.text.utf8.count <= Self.definitionLimit else {
            throw GatehouseError(.limitExceeded, "The machine's definition is too long for a template.")
        }
        let disks = try await copies(of: definition, on: machine.node, prefix: name)
        return try await making(disks, on: machine.node, linked: false) { volumes in
            try await self.repository.addTemplate(
                Template(
                    node: machine.node, name: name, description: description, uuid: UUID(), definition: definition,
                    volumes: volumes, createdAt: self.time.now()))
        }
    }

    private func copies(of definition: MachineDefinition, on node: NodeID, prefix: String) async throws -> [DiskCopy] {
        let use = try await use(of: node)
        let pools = try await pools(of: node).map(\.snapshot)
        return try definition.disks.filter(\.isOwn).map { disk in
            guard let (source, snapshot) = use.volume(of: disk),
                let pool = pools.first(where: { $0.name == source.pool })
            else {
                throw GatehouseError(
                    .conflict,
                    "The disk \(disk.target) (\(disk.path ?? "elsewhere")) lies in no active pool of the node, so it "
                        + "can not be copied; move it into one, or refresh the pool.")
            }
            return DiskCopy(target: disk.target, source: source, snapshot: snapshot, pool: pool, prefix: prefix)
        }
    }

    /// Deletes a template with its volumes.
    ///
    /// - Throws: `conflict` while a machine's disk holds the differences from one of them.
    package func deleteTemplate(_ template: Template) async throws {
        let things = template.volumes.map { StorageHolds.Thing.volume(template.node, $0.volume) }
        try await holding(.init(changing: Set([.template(template.id)] + things))) {
            var use = try await use(of: template.node)
            use = NodeUse(
                attachments: use.attachments, volumes: use.volumes,
                templates: use.templates.filter { $0.id != template.id }, elsewhere: use.elsewhere)
            for volume in template.volumes {
                let name = volume.volume.name
                if let obstacle = use.use(of: volume.volume, at: volume.path).obstacle(name) { throw obstacle }
                try use.elsewhere.checkAnswered(at: volume.path)
            }
            let hypervisor = try await inventory.hypervisor(on: template.node)
            for volume in template.volumes where use.volumes[volume.volume] != nil {
                try await hypervisor.deleteVolume(volume.volume)
            }
            try await repository.removeTemplate(template.id)
        }
    }
}

/// A disk that is to be copied.
struct DiskCopy: Sendable {
    /// Its name in the guest.
    let target: String
    /// The volume that is copied.
    let source: VolumeName
    /// The same as its node describes it.
    let snapshot: VolumeSnapshot
    /// The pool that it lies in, where the copy will be too.
    let pool: PoolSnapshot
    /// What the copy's name begins with: the name of the machine or template that it is for.
    let prefix: String

    /// The copy.
    func order(linked: Bool) throws -> NewVolume {
        guard pool.allowsNewVolumes else {
            throw GatehouseError(.unsupported, "The disk \(target) lies in a pool in which Gatehouse makes no volumes.")
        }
        var order = try Storage.clone(of: snapshot, named: "", linked: linked, in: pool)
        let suffix = order.format.map { $0 == .raw ? ".img" : ".\($0.rawValue)" } ?? ""
        order.name = "\(prefix)-\(target)\(suffix)"
        return order
    }
}

extension Storage {
    /// Copies disks, and does something with the copies; where that or a copy fails, the copies are deleted again.
    func making<Result: Sendable>(
        _ disks: [DiskCopy], on node: NodeID, linked: Bool,
        _ body: @Sendable ([Template.Volume]) async throws -> Result
    ) async throws -> Result {
        let orders = try disks.map { try $0.order(linked: linked) }
        var claim = StorageHolds.Claim()
        for (disk, order) in zip(disks, orders) {
            claim.reading.insert(.volume(node, disk.source))
            claim.changing.insert(.volume(node, VolumeName(pool: disk.pool.name, name: order.name)))
        }
        let names = zip(disks, orders).map { VolumeName(pool: $0.pool.name, name: $1.name) }
        return try await holding(claim) {
            let hypervisor = try await inventory.hypervisor(on: node)
            return try await making(names, on: node) {
                var made: [Template.Volume] = []
                for (disk, order) in zip(disks, orders) {
                    let name = VolumeName(pool: disk.pool.name, name: order.name)
                    made.append(
                        try await begin(name, on: node) {
                            try await Self.make(disk, order, linked: linked, on: hypervisor)
                        })
                }
                return try await body(made)
            }
        }
    }

    private static func make(
        _ disk: DiskCopy, _ order: NewVolume, linked: Bool, on hypervisor: any Hypervisor
    ) async throws -> Template.Volume {
        let copy =
            linked
            ? try await hypervisor.createVolume(order, in: disk.pool.name, backing: disk.source)
            : try await hypervisor.copyVolume(disk.source, to: order, in: disk.pool.name)
        return Template.Volume(
            target: disk.target, volume: VolumeName(pool: disk.pool.name, name: copy.name), path: copy.path,
            format: copy.format.flatMap { VolumeFormat(rawValue: $0)?.rawValue } ?? order.format?.rawValue ?? "raw",
            capacityBytes: copy.capacityBytes)
    }
}
