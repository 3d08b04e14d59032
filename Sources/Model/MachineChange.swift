// SPDX-License-Identifier: Apache-2.0

/// What the node does when a guest ends in some way (https://libvirt.org/formatdomain.html#events-configuration).
package enum LifecycleAction: String, Sendable, CaseIterable {
    case destroy
    case restart
    case preserve
    case renameAndRestart = "rename-restart"
    case dumpAndDestroy = "coredump-destroy"
    case dumpAndRestart = "coredump-restart"
}

/// What is to be different about a machine; what is nil stays as it is.
package struct MachineChange: Sendable, Equatable {
    /// The name; only of a machine that is off.
    package var name: String?
    /// The processors.
    package var vcpus: Int?
    /// The memory in KiB.
    package var memoryKiB: Int?
    /// The most memory that it may get, in KiB.
    package var maxMemoryKiB: Int?
    /// Whether the node starts it by itself.
    package var autostart: Bool?
    /// What happens when the guest reboots.
    package var onReboot: LifecycleAction?
    /// What happens when the guest powers off.
    package var onPowerOff: LifecycleAction?
    /// What happens when the guest crashes.
    package var onCrash: LifecycleAction?

    /// Nothing.
    package init() {}

    /// Why it makes no sense for a machine; nil where it does.
    package func objection(to machine: MachineSnapshot) -> GatehouseError? {
        if self == MachineChange() {
            return GatehouseError(.invalidParameters, "Name at least one thing that is to be different.")
        }
        let most = maxMemoryKiB ?? machine.maxMemoryKiB
        if let memoryKiB, let most, memoryKiB > most {
            return .invalidParameter(
                "memoryKiB", "The machine may have at most \(most) KiB; give it a larger maxMemoryKiB as well.")
        }
        if name != nil, machine.state.isActive {
            return GatehouseError(.conflict, "A machine can be renamed while it is off; shut it down first.")
        }
        return nil
    }
}
