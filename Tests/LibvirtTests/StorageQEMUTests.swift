// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import Libvirt

/// Volumes and copies of machines with a real libvirtd and real QEMU.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: PrivateLibvirtd.absence == nil, "\(PrivateLibvirtd.absence ?? "")"))
struct StorageQEMUTests {
    private static let size: Int64 = 4 << 20

    @Test func `a machine on a linked volume starts, and its whole chain is in use`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.makePool("scratch")
            try await libvirtd.define(
                QEMUTests.domain(graphics: "<graphics type='vnc' port='5999' autoport='no' passwd='s3cret'/>"))
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                let base = try await hypervisor.createVolume(
                    NewVolume(name: "base.qcow2", capacityBytes: Self.size, format: .qcow2), in: "scratch",
                    backing: nil)
                let linked = try await hypervisor.createVolume(
                    NewVolume(name: "linked.qcow2", capacityBytes: Self.size, format: .qcow2), in: "scratch",
                    backing: VolumeName(pool: "scratch", name: base.name))
                let definition = try await hypervisor.definition(of: QEMUTests.uuid)
                #expect(!definition.text.contains("s3cret"), "passwords are not part of it")
                let disk = "<disk type='file' device='disk'><source file='/none'/><target dev='vda'/></disk>"
                let text = definition.text.replacing("<devices>", with: "<devices>\(disk)")
                let copy = MachineCopy(
                    uuid: TestNode.uuid(0xCAFE), name: "copy", macs: [],
                    disks: ["vda": .init(path: linked.path, format: "qcow2", isDevice: false)])
                try await hypervisor.define(copy, of: text)
                try await record.waitFor(copy.uuid, .off)
                try await hypervisor.perform(.start, on: copy.uuid)
                let taken = try await hypervisor.attachments().first { $0.uuid == copy.uuid }
                #expect(
                    taken?.disks.contains { $0.paths == [linked.path, base.path] } == true,
                    "\(String(describing: taken))")
                try await hypervisor.perform(.powerOff, on: copy.uuid)
                try await hypervisor.undefine(copy.uuid)
                _ = try await record.first(within: .seconds(10)) { $0 == .removed(copy.uuid) ? true : nil }
            }
        }
    }

    @Test func `a copy has the content of its original, and a pool is refreshed on request`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.makePool("scratch")
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                let content = Data((0..<2_097_152).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                let file = "\(libvirtd.directory)/scratch/outside.img"
                _ = try #require(FileManager.default.createFile(atPath: file, contents: content))
                #expect(try await hypervisor.volumes(in: "scratch").isEmpty)
                try await hypervisor.refreshPool("scratch")
                let found = try #require(try await hypervisor.volumes(in: "scratch").first)
                #expect(found.name == "outside.img" && found.capacityBytes == 2_097_152 && found.path == file)
                let source = VolumeName(pool: "scratch", name: found.name)
                let raw = try await hypervisor.copyVolume(
                    source, to: NewVolume(name: "raw.img", capacityBytes: found.capacityBytes, format: .raw),
                    in: "scratch")
                #expect(FileManager.default.contents(atPath: raw.path) == content)
                let image = try await hypervisor.copyVolume(
                    source, to: NewVolume(name: "image.qcow2", capacityBytes: found.capacityBytes, format: .qcow2),
                    in: "scratch")
                #expect(image.format == "qcow2" && image.capacityBytes == 2_097_152)
                let back = try await hypervisor.copyVolume(
                    VolumeName(pool: "scratch", name: image.name),
                    to: NewVolume(name: "back.img", capacityBytes: found.capacityBytes, format: .raw), in: "scratch")
                #expect(FileManager.default.contents(atPath: back.path) == content)
            }
        }
    }
}
