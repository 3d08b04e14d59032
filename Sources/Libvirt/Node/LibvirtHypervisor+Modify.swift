// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import FoundationEssentials
package import Model

extension LibvirtHypervisor {
    /// Changes the stored definition, all of it or nothing, and then what runs as far as the hypervisor lets it.
    package func modify(_ uuid: UUID, _ change: MachineChange) async throws {
        try await calling("change the machine") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                guard try domain.isPersistent() else {
                    throw GatehouseError(
                        .unsupported, "The machine has no stored definition; it is gone once it is off.")
                }
                let isActive = try domain.isActive()
                if change.name != nil, isActive {
                    throw GatehouseError(.conflict, "A machine can be renamed while it is off; shut it down first.")
                }
                let before = try domain.xml(withSecrets: true, isStored: true)
                do {
                    try Self.store(change, in: domain)
                    if let name = change.name { try domain.rename(to: name) }
                } catch {
                    try? connection.define(String(decoding: before, as: UTF8.self))
                    throw error
                }
                // What can not be changed while it runs waits for the next start, and the machine says so.
                if isActive { Self.apply(change, to: domain) }
            }
        }
    }

    private static func store(_ change: MachineChange, in domain: borrowing Domain) throws {
        if let count = change.vcpus {
            // What it could have beyond that stays.
            if try domain.mostProcessors() < count { try domain.setProcessors(count, isMaximum: true, in: .stored) }
            try domain.setProcessors(count, in: .stored)
        }
        if let size = change.maxMemoryKiB { try domain.setMemory(size, isMaximum: true, in: .stored) }
        if let size = change.memoryKiB { try domain.setMemory(size, in: .stored) }
        for (event, action) in actions(change) { try domain.setAction(action, on: event, in: .stored) }
        if let isAutostarted = change.autostart { try domain.setAutostarted(isAutostarted) }
    }

    private static func apply(_ change: MachineChange, to domain: borrowing Domain) {
        if let count = change.vcpus { try? domain.setProcessors(count, in: .live) }
        if let size = change.memoryKiB { try? domain.setMemory(size, in: .live) }
        for (event, action) in actions(change) { try? domain.setAction(action, on: event, in: .live) }
    }

    private static func actions(_ change: MachineChange) -> [(virDomainLifecycle, LifecycleAction)] {
        [
            (VIR_DOMAIN_LIFECYCLE_REBOOT, change.onReboot), (VIR_DOMAIN_LIFECYCLE_POWEROFF, change.onPowerOff),
            (VIR_DOMAIN_LIFECYCLE_CRASH, change.onCrash),
        ].compactMap { event, action in action.map { (event, $0) } }
    }
}
