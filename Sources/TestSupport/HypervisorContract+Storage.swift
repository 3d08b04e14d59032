// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing

extension HypervisorContract {
    /// Pools, volumes and definitions; where a pool was named, it is active and holds files.
    func verifyStorage() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        await expect(.notFound) { _ = try await hypervisor.definition(of: UUID()) }
        await expect(.notFound) { try await hypervisor.undefine(UUID()) }
        let attachments = try await hypervisor.attachments()
        #expect(attachments.count { $0.uuid == subject } == 1, "each machine is there once")
        try await verifyDefinitions()
        guard let pool else { return }
        let found = try #require(try await hypervisor.pools().first { $0.name == pool }, "the pool is listed")
        #expect(found.isActive && found.allowsNewVolumes && found.path != nil)
        #expect(found.capacityBytes ?? 0 > 0 && found.availableBytes != nil && found.volumeCount != nil)
        for name in ["no-such-pool", "-"] {
            await expect(.notFound) { _ = try await hypervisor.volumes(in: name) }
            await expect(.notFound) { try await hypervisor.refreshPool(name) }
        }
        try await hypervisor.refreshPool(pool)
        try await verifyVolumes(pool, before: try await hypervisor.volumes(in: pool))
    }

    private func verifyVolumes(_ pool: String, before: [VolumeSnapshot]) async throws {
        let hypervisor = hypervisor
        let size: Int64 = 8 << 20
        let base = NewVolume(name: "contract-base.qcow2", capacityBytes: size, format: .qcow2)
        let baseName = VolumeName(pool: pool, name: base.name)
        let made = try await hypervisor.createVolume(base, in: pool, backing: nil)
        #expect(made.name == base.name && made.capacityBytes == size && made.format == "qcow2")
        #expect(!made.path.isEmpty && made.backingPath == nil)
        await expect(.conflict) { _ = try await hypervisor.createVolume(base, in: pool, backing: nil) }
        let thick = NewVolume(name: "contract.img", capacityBytes: 1 << 20, format: .raw, allocation: .preallocated)
        let raw = try await hypervisor.createVolume(thick, in: pool, backing: nil)
        #expect(raw.format == "raw" && raw.allocatedBytes >= 1 << 20)
        let linked = NewVolume(name: "contract-linked.qcow2", capacityBytes: size, format: .qcow2)
        let child = try await hypervisor.createVolume(linked, in: pool, backing: baseName)
        #expect(child.backingPath == made.path && child.format == "qcow2")
        let copy = NewVolume(name: "contract-copy.qcow2", capacityBytes: size, format: .qcow2)
        let whole = try await hypervisor.copyVolume(VolumeName(pool: pool, name: linked.name), to: copy, in: pool)
        #expect(whole.backingPath == nil, "a copy stands by itself")
        await expect(.conflict) { _ = try await hypervisor.copyVolume(baseName, to: copy, in: pool) }
        let missing = VolumeName(pool: pool, name: "no-such-volume")
        await expect(.notFound) { _ = try await hypervisor.copyVolume(missing, to: linked, in: pool) }
        await expect(.notFound) { try await hypervisor.deleteVolume(missing) }
        let names = [base.name, thick.name, linked.name, copy.name]
        let all = try await hypervisor.volumes(in: pool)
        #expect(Set(all.map(\.name)).subtracting(before.map(\.name)) == Set(names))
        #expect(all.first { $0.name == linked.name }?.backingPath == made.path)
        for name in names { try await hypervisor.deleteVolume(VolumeName(pool: pool, name: name)) }
        #expect(try await hypervisor.volumes(in: pool).map(\.name) == before.map(\.name))
    }

    private func verifyDefinitions() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        let original = try await hypervisor.machine(subject)
        let definition = try await hypervisor.definition(of: subject)
        #expect(definition.vcpus == original.vcpus && definition.maxMemoryKiB == original.maxMemoryKiB)
        #expect(definition.disks.map(\.target) == original.disks?.map(\.target))
        #expect(definition.interfaces.count == original.interfaces?.count)
        let macs = definition.interfaces.indices.map { "52:54:00:fe:00:0\($0 % 10)" }
        let copies = Dictionary(
            definition.disks.filter(\.isOwn).map { disk in
                (disk.target, MachineCopy.Disk(path: "/copies/<'&\">.img", format: "raw", isDevice: false))
            }
        ) { first, _ in first }
        let copy = MachineCopy(uuid: UUID(), name: "contract-copy", macs: macs, disks: copies)
        try await hypervisor.define(copy, of: definition.text)
        let made = try await hypervisor.machine(copy.uuid)
        #expect(made.name == copy.name && made.state == .off && made.maxMemoryKiB == original.maxMemoryKiB)
        #expect(made.interfaces?.map(\.mac) == macs)
        for disk in made.disks ?? [] where copies[disk.target] != nil {
            #expect(disk.source == "/copies/<'&\">.img" && disk.format == "raw")
        }
        let wiring = try await hypervisor.wirings().first { $0.uuid == copy.uuid }
        #expect(Set(wiring?.all.map(\.mac) ?? []) == Set(macs))
        #expect(try await hypervisor.attachments().contains { $0.uuid == copy.uuid })
        await expect(.conflict) { try await hypervisor.define(copy, of: definition.text) }
        let namesake = MachineCopy(uuid: UUID(), name: copy.name, macs: macs, disks: copies)
        await expect(.conflict) { try await hypervisor.define(namesake, of: definition.text) }
        await expect(.invalidParameters) { try await hypervisor.define(namesake, of: "<nothing/>") }
        try await hypervisor.undefine(copy.uuid)
        await expect(.notFound) { _ = try await hypervisor.machine(copy.uuid) }
    }
}
