// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

extension FakeHypervisor {
    /// Changes the machine at once.
    package func modify(_ uuid: UUID, _ change: MachineChange) async throws {
        try withMachine(uuid) { state, machine in
            state.requests.append(.modify(change, uuid))
            if change.name != nil, machine.state.isActive {
                throw GatehouseError(.conflict, "The machine is running.")
            }
            machine.name = change.name ?? machine.name
            machine.vcpus = change.vcpus ?? machine.vcpus
            machine.maxMemoryKiB = change.maxMemoryKiB ?? machine.maxMemoryKiB
            machine.memoryKiB = change.memoryKiB ?? machine.memoryKiB
            machine.autostart = change.autostart ?? machine.autostart
            var details = machine.details ?? MachineDetails()
            details.onReboot = change.onReboot?.rawValue ?? details.onReboot
            details.onPowerOff = change.onPowerOff?.rawValue ?? details.onPowerOff
            details.onCrash = change.onCrash?.rawValue ?? details.onCrash
            machine.details = details
        }
    }
}
