// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing

extension HypervisorContract {
    private static let diskVolume = "contract-disk.qcow2"

    /// A machine that is off gets a disk and loses it again.
    func verifyDisksOff() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        let nowhere = NewMachineDisk(target: "vdy", bus: .virtio, path: "/nowhere.img", format: .raw)
        await expect(.notFound) { _ = try await hypervisor.attachDisk(nowhere, to: UUID()) }
        await expect(.notFound) { _ = try await hypervisor.detachDisk("vdy", from: UUID()) }
        await expect(.notFound) { _ = try await hypervisor.detachDisk("vdy", from: subject) }
        guard capabilities.contains(.disks), let pool else {
            await expect(.unsupported) { _ = try await hypervisor.attachDisk(nowhere, to: subject) }
            return
        }
        let before = try await hypervisor.definition(of: subject).disks
        let volume = try await hypervisor.createVolume(
            NewVolume(name: Self.diskVolume, capacityBytes: 8 << 20, format: .qcow2), in: pool, backing: nil)
        var disk = NewMachineDisk(target: "vdy", bus: .virtio, path: volume.path, format: .qcow2)
        #expect(try await hypervisor.attachDisk(disk, to: subject) == .done)
        await expect(.conflict) { _ = try await hypervisor.attachDisk(nowhere, to: subject) }
        let shown = try #require(try await hypervisor.machine(subject).disks?.first { $0.target == "vdy" })
        #expect(shown.source == volume.path && shown.format == "qcow2" && shown.bus == "virtio" && !shown.readOnly)
        let stored = try await hypervisor.definition(of: subject).disks
        #expect(stored.count == before.count + 1)
        #expect(stored.contains(DefinedDisk(target: "vdy", isOwn: true, path: volume.path)))
        #expect(Set(try await attached(volume.path).map { $0.isReadOnly || $0.isShareable }) == [false])
        #expect(try await hypervisor.detachDisk("vdy", from: subject) == .done)
        #expect(try await hypervisor.definition(of: subject).disks == before)

        (disk.target, disk.bus, disk.isReadOnly) = ("sdb", .scsi, true)
        #expect(try await hypervisor.attachDisk(disk, to: subject) == .done)
        #expect(Set(try await attached(volume.path).map(\.isReadOnly)) == [true])
        #expect(try await hypervisor.detachDisk("sdb", from: subject) == .done)
    }

    /// A machine that runs gets a disk at once, and one that waits; it loses them now or at its next start.
    func verifyDisksRunning() async throws {
        guard capabilities.contains(.disks), let pool else { return }
        let (hypervisor, subject) = (hypervisor, subject)
        let name = VolumeName(pool: pool, name: Self.diskVolume)
        let path = try #require(try await hypervisor.volumes(in: pool).first { $0.name == name.name }).path
        let disk = NewMachineDisk(target: "vdy", bus: .virtio, path: path, format: .qcow2)
        #expect(try await hypervisor.attachDisk(disk, to: subject) == .done)
        #expect(try await hypervisor.machine(subject).disks?.contains { $0.source == path } == true)
        #expect(try await targets().contains("vdy"))
        await expect(.conflict) { _ = try await hypervisor.attachDisk(disk, to: subject) }
        let outcome = try await hypervisor.detachDisk("vdy", from: subject)
        #expect(try await !targets().contains("vdy"), "the stored definition follows at once")
        let isLeft = try await hypervisor.machine(subject).disks?.contains { $0.target == "vdy" } == true
        #expect(isLeft == (outcome == .pending), "only a guest that listens lets go at once")

        var waiting = NewMachineDisk(target: "vdx", bus: .virtio, path: "/nowhere.img", format: .raw)
        waiting.waits = true
        #expect(try await hypervisor.attachDisk(waiting, to: subject) == .pending)
        #expect(try await targets().contains("vdx"))
        #expect(try await hypervisor.machine(subject).disks?.contains { $0.target == "vdx" } == false)
        #expect(try await hypervisor.detachDisk("vdx", from: subject) == .done)
    }

    /// Nothing of it is left on a machine that is off again.
    func verifyDisksEnd() async throws {
        guard capabilities.contains(.disks), let pool else { return }
        #expect(try await hypervisor.machine(subject).disks?.contains { $0.target == "vdy" } == false)
        try await hypervisor.deleteVolume(VolumeName(pool: pool, name: Self.diskVolume))
    }

    private func targets() async throws -> [String] {
        try await hypervisor.definition(of: subject).disks.map(\.target)
    }

    /// The disk as often as a definition of the machine has it.
    private func attached(_ path: String) async throws -> [AttachedDisk] {
        let found = try await hypervisor.attachments().first { $0.uuid == subject }
        return (found?.disks ?? []).filter { $0.paths.contains(path) }
    }
}
