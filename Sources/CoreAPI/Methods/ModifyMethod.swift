// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let actionKind = Parameter.Kind.word(LifecycleAction.allCases.map(\.rawValue))

extension CoreAPI {
    static let modifyMethods = [
        Method(
            "machine.modify",
            "Changes a machine's stored definition, and at once what can be changed while it runs; the rest waits for "
                + "its next start.",
            right: .operate,
            parameters: [
                .machine, .optional("name", .string(maximum: 64), "The new name; only while it is off."),
                .optional("vcpus", .int(1...4096), "The processors."),
                .optional("memoryKiB", .int(1024...(1 << 40)), "The memory."),
                .optional("maxMemoryKiB", .int(1024...(1 << 40)), "The most memory that it may get."),
                .optional("autostart", .bool, "Whether the node starts it by itself."),
                .optional("onReboot", actionKind, "What happens when the guest reboots."),
                .optional("onPowerOff", actionKind, "What happens when the guest powers off."),
                .optional("onCrash", actionKind, "What happens when the guest crashes."),
            ],
            result: "{machine}, its details telling whether a reboot is needed", isChange: true, isRepeatable: true
        ) { call in
            let machine = try call.machine()
            let change = call.machineChange
            if let objection = change.objection(to: machine.snapshot) { throw objection }
            try await call.checkAllocation(
                vcpus: change.vcpus, memoryKiB: max(change.memoryKiB ?? 0, change.maxMemoryKiB ?? 0),
                of: machine.snapshot)
            if let name = change.name { try await call.checkName(name, of: machine) }
            try await call.core.inventory.change(
                "modify", on: machine.id, by: call.principal.name ?? "nobody", job: call.principal.job
            ) { hypervisor, _ in try await hypervisor.modify(machine.id.uuid, change) }
            guard var entry = await call.core.inventory.machine(machine.id) else {
                throw GatehouseError.machineNotFound
            }
            if let full = try? await call.core.inventory.fullSnapshot(of: machine.id) { entry.snapshot = full }
            return ["machine": await call.render.machine(entry)]
        }
    ]
}

extension Call {
    fileprivate var machineChange: MachineChange {
        var change = MachineChange()
        change.name = arguments.optionalString("name")
        change.vcpus = arguments.optionalInt("vcpus").map(Int.init)
        change.memoryKiB = arguments.optionalInt("memoryKiB").map(Int.init)
        change.maxMemoryKiB = arguments.optionalInt("maxMemoryKiB").map(Int.init)
        change.autostart = arguments.optionalBool("autostart")
        let action = { (name: String) in self.arguments.optionalString(name).flatMap(LifecycleAction.init) }
        (change.onReboot, change.onPowerOff, change.onCrash) = (
            action("onReboot"), action("onPowerOff"), action("onCrash")
        )
        return change
    }

    /// Refuses what is more than the settings allow, and more than the machine has where it is there already.
    ///
    /// - Throws: `limitExceeded`; superusers may give as much as they like.
    func checkAllocation(vcpus: Int?, memoryKiB: Int?, of machine: MachineSnapshot? = nil) async throws {
        guard !core.access.isSuperUser(principal) else { return }
        let (mostMemory, mostVcpus) = (await core.settings.maxMemoryMiB * 1024, await core.settings.maxVcpus)
        guard vcpus ?? 0 <= max(mostVcpus, machine?.vcpus ?? 0) else {
            throw GatehouseError(
                .limitExceeded, "A machine may have at most \(mostVcpus) processors here; a superuser can give more.")
        }
        guard memoryKiB ?? 0 <= max(mostMemory, machine?.maxMemoryKiB ?? 0) else {
            throw GatehouseError(
                .limitExceeded,
                "A machine may have at most \(mostMemory / 1024) MiB of memory here; a superuser can give more.")
        }
    }

    /// Refuses a name that libvirt could not keep, or that another machine of the node has.
    fileprivate func checkName(_ name: String, of machine: MachineEntry) async throws {
        guard StorageRules.isName(name) else {
            throw GatehouseError.invalidParameter(
                "name",
                "A name has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with none of . and -.")
        }
        let others = await core.inventory.machines(on: machine.id.node).values
        guard !others.contains(where: { $0.id != machine.id && $0.snapshot.name == name }) else {
            throw GatehouseError(.conflict, "Another machine of the node has that name.")
        }
    }
}
