// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Libvirt

@Suite struct DomainDescriptionTests {
    /// Much like what QEMU's driver gives for a running domain.
    static let live = """
        <domain type='qemu' id='3'>
          <name>web &amp; mail</name>
          <uuid>5f0f5f4e-2f0a-4b53-8d0d-0d7f2c1b6a11</uuid>
          <metadata><x:y xmlns:x='urn:x'>note</x:y></metadata>
          <memory unit='KiB'>1048576</memory>
          <currentMemory unit='KiB'>524288</currentMemory>
          <vcpu placement='static' current='2'>4</vcpu>
          <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><boot dev='hd'/></os>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2'/>
              <source file='/srv/web.qcow2' index='1'/><backingStore type='file'><source file='/srv/b'/></backingStore>
              <target dev='vda' bus='virtio'/>
            </disk>
            <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
            <disk type='volume' device='disk'><source pool='p' volume='v'/><target dev='vdb'/></disk>
            <interface type='bridge'>
              <mac address='52:54:00:01:02:03'/><source bridge='br0'/><target dev='vnet0'/><model type='virtio'/>
            </interface>
            <serial type='pty'><source path='/dev/pts/4'/><target type='isa-serial' port='0'/></serial>
            <console type='pty' tty='/dev/pts/4'><source path='/dev/pts/4'/></console>
            <graphics type='spice' autoport='yes'/>
            <graphics type='vnc' port='5901' autoport='yes' listen='0.0.0.0' passwd='secret'>
              <listen type='address' address='0.0.0.0'/>
            </graphics>
          </devices>
        </domain>
        """

    private static func description(devices: String) throws -> DomainDescription {
        let text = "<domain><name>n</name><uuid>5f0f5f4e-2f0a-4b53-8d0d-0d7f2c1b6a11</uuid><devices>"
        return try DomainDescription(xml: Array((text + devices + "</devices></domain>").utf8))
    }

    @Test func `what only a machine shown alone has is read`() throws {
        let text = """
            <domain type='qemu' id='7'><name>n</name><uuid>5f0f5f4e-2f0a-4b53-8d0d-0d7f2c1b6a11</uuid>
              <metadata>
                <l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
                  <l:os id='http://debian.org/debian/12'/>
                </l:libosinfo>
              </metadata>
              <os><type>hvm</type><kernel>/boot/k</kernel><initrd>/boot/i</initrd><cmdline>quiet a=b</cmdline></os>
              <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>
              <devices><graphics type='vnc' port='5902' listen='127.0.0.1'/></devices>
            </domain>
            """
        let details = try DomainDescription(xml: Array(text.utf8)).details
        var wanted = MachineDetails()
        (wanted.hypervisorID, wanted.os) = (7, "http://debian.org/debian/12")
        (wanted.kernel, wanted.initrd, wanted.commandLine) = ("/boot/k", "/boot/i", "quiet a=b")
        (wanted.onPowerOff, wanted.onReboot, wanted.onCrash) = ("destroy", "restart", "preserve")
        (wanted.vncAddress, wanted.vncPort) = ("127.0.0.1", 5902)
        #expect(details == wanted)
        #expect(try Self.description(devices: "").details == MachineDetails())
    }

    @Test func `what the node gives to a running machine is no change of its definition`() throws {
        let stored = Self.live
            .replacing(" id='3'", with: "").replacing("port='5901' ", with: "")
            .replacing("<target dev='vnet0'/>", with: "").replacing("'>524288<", with: "'>262144<")
        let live = try DomainDescription(xml: Array(Self.live.utf8))
        #expect(!live.differs(from: try DomainDescription(xml: Array(stored.utf8))))
        for (old, new) in [
            ("current='2'", "current='4'"), ("52:54:00:01:02:03", "52:54:00:01:02:04"), ("'br0'", "'br1'"),
            ("/srv/web.qcow2", "/srv/other.qcow2"), ("<graphics type='spice' autoport='yes'/>", ""),
            ("<disk type='volume' device='disk'>", "<disk type='volume' device='lun'>"),
        ] {
            let changed = try DomainDescription(xml: Array(stored.replacing(old, with: new).utf8))
            #expect(live.differs(from: changed), "\(new)")
        }
        let network = try Self.description(
            devices: "<interface type='bridge'><source network='lan' bridge='br0'/></interface>")
        #expect(network.interfaces.first?.type == "network" && network.interfaces.first?.source == "lan")
    }

    @Test func `the kinds of guest are read from a node's capabilities, each once`() throws {
        let guest = { (type: String, arch: String) in
            "<guest><os_type>\(type)</os_type><arch name='\(arch)'><domain type='qemu'/></arch></guest>"
        }
        let text = "<capabilities><host/>\(guest("hvm", "x86_64"))\(guest("hvm", "x86_64"))\(guest("exe", "i686"))"
        let guests = try CapabilitiesReading.guests(Array((text + "</capabilities>").utf8))
        #expect(guests.map(\.osType) == ["hvm", "exe"] && guests.map(\.architecture) == ["x86_64", "i686"])
        #expect(throws: GatehouseError.self) { try CapabilitiesReading.guests(Array("<capabilities>".utf8)) }
    }

    @Test func `what a machine is made of is read`() throws {
        let description = try DomainDescription(xml: Array(Self.live.utf8))
        #expect(description.name == "web & mail")
        #expect(description.vcpus == 2)
        #expect(description.memoryKiB == 524_288)
        #expect(description.maxMemoryKiB == 1_048_576)
        #expect(description.osType == "hvm")
        #expect(description.consoles == [.vnc, .text])
        #expect(
            description.disks == [
                MachineDisk(target: "vda", device: "disk", source: "/srv/web.qcow2", bus: "virtio", format: "qcow2"),
                MachineDisk(target: "sda", device: "cdrom", bus: "sata", readOnly: true),
                MachineDisk(target: "vdb", device: "disk", source: "p/v"),
            ])
        #expect(
            description.interfaces == [
                MachineInterface(
                    mac: "52:54:00:01:02:03", type: "bridge", source: "br0", model: "virtio", target: "vnet0")
            ])
    }

    @Test func `the screen is the first one that speaks VNC, by its place among all`() throws {
        let vnc = try #require(try DomainDescription(xml: Array(Self.live.utf8)).vnc)
        #expect(vnc == .init(index: 1, port: 5901, address: "0.0.0.0", socket: nil, password: "secret"))
    }

    @Test func `a screen on a unix socket or on none has no port`() throws {
        let socket = try Self.description(
            devices: "<graphics type='vnc' socket='/run/s'><listen type='socket' socket='/run/s'/></graphics>")
        #expect(socket.vnc?.socket == "/run/s")
        #expect(socket.vnc?.port == nil)
        let none = try Self.description(devices: "<graphics type='vnc'><listen type='none'/></graphics>")
        #expect(none.vnc == .init(index: 0, port: nil, address: nil, socket: nil, password: nil))
        let off = try Self.description(devices: "<graphics type='vnc' port='-1' autoport='yes'/>")
        #expect(off.vnc?.port == nil)
    }

    @Test(arguments: [
        ("<console type='pty'/>", true), ("<serial type='unix'/>", true), ("<serial type='tcp'/>", false),
        ("<console type='file'/><serial type='pty'/>", false), ("", false),
    ])
    func `a text console is one that libvirt can stream`(_ devices: String, _ has: Bool) throws {
        #expect(try Self.description(devices: devices).consoles.contains(.text) == has)
    }

    @Test(arguments: ["<a/>", "<domain/>", "<domain><name>n</name><uuid>x</uuid></domain>", "no"])
    func `anything else is a failure of the hypervisor`(_ text: String) {
        #expect {
            _ = try DomainDescription(xml: Array(text.utf8))
        } throws: { ($0 as? GatehouseError)?.code == .hypervisorFailed }
    }
}
