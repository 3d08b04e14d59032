// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing

@testable import Libvirt

@Suite struct DomainDefinitionTests {
    private static let xml = """
        <domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>old</name><uuid>\(TestNode.uuid(7).uuidString.lowercased())</uuid><title>Old</title>
          <genid>43dc0cf8-809b-4adb-9bea-a9abb5f3d90e</genid><metadata><a:b xmlns:a='urn:a'>&lt;kept&gt;</a:b></metadata>
          <memory unit='KiB'>2048</memory><vcpu>2</vcpu>
          <sysinfo type='smbios'><system><entry name='uuid'>x</entry><entry name='product'>P</entry></system></sysinfo>
          <os><type arch='x86_64' machine='q35'>hvm</type><nvram template='/t.fd'>/var/nvram/old.fd</nvram></os>
          <devices>
            <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/i/a.img'/>
              <backingStore type='file'><format type='qcow2'/><source file='/i/base.qcow2'/><backingStore/></backingStore>
              <target dev='vda' bus='virtio'/><serial>S1</serial></disk>
            <disk type='volume' device='disk'><source pool='p' volume='v'/><target dev='vdb'/><shareable/></disk>
            <disk type='file' device='cdrom'><source file='/i/dvd.iso'/><target dev='sda'/><readonly/></disk>
            <disk type='file' device='cdrom'><target dev='sdb'/><readonly/></disk>
            <interface type='bridge'><mac address='52:54:00:AA:BB:CC'/><source bridge='br0'/><target dev='tap7'/>
              <model type='virtio'/></interface>
            <graphics type='vnc' port='5905' autoport='no' listen='0.0.0.0' passwd='s3cret'/>
          </devices>
        </domain>
        """

    private func definition() throws -> DomainDefinition { try DomainDefinition(Array(Self.xml.utf8)) }

    @Test func `a definition tells its disks, its processor and its interfaces`() throws {
        let told = try definition().definition(text: Array(Self.xml.utf8))
        #expect(told.osType == "hvm" && told.architecture == "x86_64" && told.vcpus == 2)
        #expect(
            told.disks == [
                DefinedDisk(target: "vda", isOwn: true, path: "/i/a.img"),
                DefinedDisk(target: "vdb", isOwn: true, volume: VolumeName(pool: "p", name: "v")),
                DefinedDisk(target: "sda", isOwn: false, path: "/i/dvd.iso"), DefinedDisk(target: "sdb", isOwn: false),
            ])
        #expect(told.interfaces.map(\.source) == ["br0"])
        #expect(!told.text.contains("s3cret"))
    }

    @Test func `attachments have every layer of a disk`() throws {
        #expect(
            try definition().attachments == [
                AttachedDisk(paths: ["/i/a.img", "/i/base.qcow2"]),
                AttachedDisk(paths: [], volume: VolumeName(pool: "p", name: "v"), isShareable: true),
                AttachedDisk(paths: ["/i/dvd.iso"], isReadOnly: true),
            ])
    }

    @Test func `a copy has nothing of the original that is one of a kind`() throws {
        let copy = MachineCopy(
            uuid: TestNode.uuid(8), name: "new", macs: ["52:54:00:00:00:09"],
            disks: [
                "vda": .init(path: "/i/n'<&>.qcow2", format: "qcow2", isDevice: false),
                "vdb": .init(path: "/dev/vg/n", format: "raw", isDevice: true),
            ])
        let kept = try definition().definition(text: Array(Self.xml.utf8)).text
        let text = try DomainDefinition(Array(kept.utf8)).document(of: copy)
        let root = try XMLElement.parse(Array(text.utf8))
        for unwanted in [
            "id='3'", "Old", "43dc0cf8", "/var/nvram/old.fd", "/i/a.img", "base.qcow2", "5905", "tap7", "s3cret",
        ] {
            #expect(!text.contains(unwanted), "\(unwanted)")
        }
        #expect(root.first("uuid")?.text == TestNode.uuid(8).uuidString.lowercased() && root.first("genid")?.text == "")
        #expect(root.first("name")?.text == "new" && root.attributes["xmlns:qemu"] != nil)
        #expect(root.first("metadata")?.first("a:b")?.text == "<kept>")
        #expect(root.first("sysinfo")?.first("system")?.children.map { $0["name"] } == ["product"])
        #expect(root.first("os")?.first("nvram")?["template"] == "/t.fd")
        let described = try DomainDescription(xml: Array(text.utf8))
        #expect(described.disks.map(\.source) == ["/i/n'<&>.qcow2", "/dev/vg/n", "/i/dvd.iso", nil])
        #expect(described.disks.map(\.format) == ["qcow2", "raw", nil, nil])
        #expect(described.interfaces.map(\.mac) == ["52:54:00:00:00:09"])
        let disks = root.first("devices")?.all("disk") ?? []
        #expect(disks.map { $0["type"] } == ["file", "block", "file", "file"])
        #expect(disks[0].first("driver")?["cache"] == "none" && disks[0].first("serial")?.text == "S1")
        #expect(root.first("devices")?.first("graphics")?["autoport"] == "yes")
        #expect(described.vnc?.password?.count == 8, "what asked for a password asks for another one")
    }

    @Test(arguments: ["", "<domain/>", "<a><devices/></a>", "<domain><devices></domain>"])
    func `what is no definition is refused`(text: String) {
        #expect(throws: GatehouseError.self) { try DomainDefinition(Array(text.utf8)) }
    }

    @Test func `what is written is read as it was`() throws {
        let element = XMLElement(
            name: "a", attributes: ["x": "<'&\"\n\t>", "y": "ä"],
            children: [XMLElement(name: "b", text: " & < > \u{1F600} "), XMLElement(name: "c")])
        #expect(try XMLElement.parse(Array(element.document.utf8)) == element)
        #expect(XMLElement.escaped("a\u{0}\u{1}\u{FFFF}b") == "ab", "XML has no way to write these")
    }

    @Test func `a volume's name and path never become XML`() throws {
        let volume = NewVolume(name: "<a>'\"&", capacityBytes: 7, format: .qcow2, allocation: .sparse)
        let below = VolumeSnapshot(name: "b", path: "/<b>", format: "raw", capacityBytes: 7, allocatedBytes: 7)
        let read = try VolumeDescription.read(Array(VolumeDescription.text(volume, backing: below).utf8))
        #expect(read.name == volume.name && read.capacityBytes == 7 && read.allocatedBytes == 0)
        #expect(read.backingPath == "/<b>" && read.format == "qcow2")
        #expect(throws: GatehouseError.self) { try VolumeDescription.read(Array("<volume/>".utf8)) }
    }
}
