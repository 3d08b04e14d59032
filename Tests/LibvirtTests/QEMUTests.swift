// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Model
import TestSupport
import Testing

@testable import Libvirt

/// Machines of real QEMU, in software: one with no disk and no system is enough for most.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: PrivateLibvirtd.absence == nil, "\(PrivateLibvirtd.absence ?? "")"))
struct QEMUTests {
    static let uuid = TestNode.uuid(0xBEEF)

    static func domain(graphics: String = "<graphics type='vnc'><listen type='none'/></graphics>") -> String {
        """
        <domain type='qemu'>
          <name>bios</name><uuid>\(uuid.uuidString.lowercased())</uuid><memory unit='MiB'>48</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
          <devices>
            <serial type='pty'/><console type='pty'/>\(graphics)<video><model type='vga'/></video>
          </devices>
        </domain>
        """
    }

    @Test func `real QEMU keeps the contract`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.define(Self.domain())
            try await libvirtd.makePool("scratch")
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await HypervisorContract(hypervisor, subject: Self.uuid, capabilities: .all, pool: "scratch").verify()
        }
    }

    @Test func `the screen is a descriptor that speaks RFB and asks for no password`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.define(Self.domain(graphics: "<graphics type='vnc' autoport='yes' passwd='secret'/>"))
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                try await hypervisor.perform(.start, on: Self.uuid)
                let source = try await hypervisor.openConsole(.vnc, on: Self.uuid, force: false)
                let socket = try ConsoleSocket(source)
                #expect(try await socket.read(upTo: 12) == Array("RFB 003.008\n".utf8))
                try socket.write(Array("RFB 003.008\n".utf8))
                #expect(try await socket.read(upTo: 2) == [1, 1])
                let picture = try #require(try await hypervisor.screenshot(of: Self.uuid))
                #expect(picture.type == "image/png" && picture.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            }
        }
    }

    @Test func `a change that waits for the next start is told, and the screen's password`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            let screen = "<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='secret'/>"
            try await libvirtd.define(Self.domain(graphics: screen))
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                #expect(try await hypervisor.details().supportsHVM)
                #expect(try await hypervisor.vncPassword(of: Self.uuid) == "secret")
                try await hypervisor.perform(.start, on: Self.uuid)
                let details = try #require(try await hypervisor.machine(Self.uuid).details)
                #expect(details.hypervisorID ?? 0 > 0 && details.vncPort ?? 0 >= 5900 && !details.needsReboot)
                #expect(details.onReboot == "restart" && details.vncAddress == "127.0.0.1")
                _ = try await libvirtd.virsh("setmaxmem", "bios", "65536", "--config")
                #expect(try await hypervisor.machine(Self.uuid).details?.needsReboot == true)
                try await hypervisor.perform(.powerOff, on: Self.uuid)
                #expect(try await hypervisor.machine(Self.uuid).details?.needsReboot == false)
            }
        }
    }

    @Test func `a machine with a disk and an interface is measured, with its host`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            let image = "\(libvirtd.directory)/disk.img"
            _ = try #require(FileManager.default.createFile(atPath: image, contents: Data(count: 1_048_576)))
            let devices = """
                <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='\(image)'/>
                  <target dev='vda' bus='virtio'/></disk>
                <interface type='ethernet'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>
                """
            try await libvirtd.define(
                Self.domain(graphics: "<graphics type='vnc'><listen type='none'/></graphics>" + devices))
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                try await hypervisor.perform(.start, on: Self.uuid)
                #expect(
                    await eventually {
                        let read = try? await hypervisor.statistics(of: Self.uuid).disks.first?.readBytes
                        return read ?? 0 > 0
                    }, "the BIOS looks for a system on the disk")
                let statistics = try await hypervisor.statistics(of: Self.uuid)
                #expect(statistics.counters.vcpus == 1 && statistics.counters.memoryKiB == 49_152)
                #expect(statistics.maxMemoryKiB == 49_152)
                let disk = try #require(statistics.disks.first)
                #expect(disk.target == "vda" && disk.capacityBytes == 1_048_576 && disk.readRequests ?? 0 > 0)
                #expect(statistics.interfaces.count == 1 && statistics.interfaces.first?.receivedBytes != nil)
                let before = try await hypervisor.sample()
                #expect(before.host.load?.count == 3, "the node is this host")
                #expect(before.host.cpuNanoseconds ?? 0 > 0 && before.host.freeMemoryKiB ?? 0 > 0)
                try await Task.sleep(for: .milliseconds(300))
                let after = try await hypervisor.sample()
                let times = [before, after].map { ($0.host.cpuNanoseconds ?? 0) + ($0.host.idleNanoseconds ?? 0) }
                let passed = Double(times[1] - times[0]) / 1e9 / Double(after.host.cpus)
                #expect((0.1...3).contains(passed), "\(passed) seconds a processor")
                let machine = try #require(after.machines.first)
                #expect(after.machines.count == 1 && machine.diskReadBytes ?? 0 > 0 && machine.netSentBytes != nil)
            }
        }
    }

    @Test func `a machine made, changed and undone elsewhere is reported`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                #expect(try await record.inventory().isEmpty)
                try await libvirtd.define(Self.domain())
                try await record.waitFor(Self.uuid, .off)
                _ = try await libvirtd.virsh("start", "bios")
                try await record.waitFor(Self.uuid, .running)
                let nic = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
                let file = "\(libvirtd.directory)/nic.xml"
                try nic.write(toFile: file, atomically: false, encoding: .utf8)
                let mark = await record.events.count
                let attached = try await libvirtd.virsh("attach-device", "bios", file, "--live")
                #expect(attached.status == 0, "\(attached.output)")
                try await record.waitFor(Self.uuid, .running, after: mark)
                #expect(try await hypervisor.machine(Self.uuid).interfaces?.count == 1)
                _ = try await libvirtd.virsh("destroy", "bios")
                try await record.waitFor(Self.uuid, .off)
                _ = try await libvirtd.virsh("undefine", "bios")
                _ = try await record.first(within: .seconds(10)) { $0 == .removed(Self.uuid) ? true : nil }
            }
        }
    }

    @Test func `a node that goes away and comes back is listed anew`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.define(Self.domain())
            var timing = LibvirtTiming()
            timing.backoffStart = .milliseconds(200)
            timing.backoffLimit = .seconds(1)
            let hypervisor = try TestNode.hypervisor(libvirtd.uri, timing: timing)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                try await hypervisor.perform(.start, on: Self.uuid)
                try libvirtd.signal(SIGKILL)
                _ = try await record.first(within: .seconds(10)) { event -> Bool? in
                    if case .node(.unreachable) = event { true } else { nil }
                }
                await #expect {
                    _ = try await hypervisor.machine(Self.uuid)
                } throws: { ($0 as? GatehouseError)?.code == .nodeUnreachable }
                let mark = await record.events.count
                try await libvirtd.restart()
                let machines = try await record.inventory(after: mark)
                #expect(machines.map(\.uuid) == [Self.uuid])
                #expect(try await hypervisor.machine(Self.uuid).state == machines.first?.state)
            }
        }
    }
}

extension EventRecord {
    /// Waits for a machine to be reported in a state.
    func waitFor(_ uuid: UUID, _ state: MachineState, after mark: Int = 0) async throws {
        _ = try await first(after: mark, within: .seconds(20)) { event -> Bool? in
            if case .machine(let machine) = event, machine.uuid == uuid, machine.state == state { true } else { nil }
        }
    }
}
