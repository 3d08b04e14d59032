// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

extension HypervisorContract {
    /// A machine that is off is changed, and comes back as it was.
    func verifyModifying() async throws {
        let before = try await hypervisor.machine(subject)
        var change = MachineChange()
        (change.name, change.vcpus) = (before.name + "-changed", 3)
        (change.memoryKiB, change.maxMemoryKiB) = (65_536, 131_072)
        try await hypervisor.modify(subject, change)
        let after = try await hypervisor.machine(subject)
        #expect(after.name == before.name + "-changed" && after.vcpus == 3)
        #expect(after.memoryKiB == 65_536 && after.maxMemoryKiB == 131_072)
        #expect(after.disks == before.disks && after.interfaces == before.interfaces)
        (change.name, change.vcpus) = (before.name, before.vcpus)
        (change.memoryKiB, change.maxMemoryKiB) = (before.memoryKiB, before.maxMemoryKiB)
        try await hypervisor.modify(subject, change)
        #expect(try await hypervisor.machine(subject) == before)
    }
}
