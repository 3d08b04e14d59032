// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Libvirt

@Suite struct HostDisksTests {
    private func refuse(_ disks: String) throws {
        try HostDisks.refuse(in: Array("<domain><devices>\(disks)</devices></domain>".utf8))
    }

    @Test(arguments: [
        "<disk type='block'><source dev='/dev/vg/a'/><target dev='vda'/></disk>",
        "<disk type='file'><source file='/a'/><target dev='sda'/></disk>"
            + "<disk type='volume'><source pool='p' volume='v'/><target dev='vda'/></disk>",
        "<disk type='nvme'><source type='pci'/><target dev='vda'/></disk>",
        "<disk type='file'><source file='/a'/><backingStore type='block'><source dev='/dev/b'/><backingStore/>"
            + "</backingStore><target dev='vda'/></disk>",
    ])
    func `a disk that another host may not have is named`(_ disks: String) {
        #expect {
            try refuse(disks)
        } throws: { error in
            let error = error as? GatehouseError
            return error?.code == .conflict && error?.message.contains("vda") == true
        }
    }

    @Test(arguments: [
        "", "<disk type='file'><source file='/a'/><target dev='vda'/></disk>",
        "<disk type='network'><source protocol='rbd' name='p/v'/><target dev='vda'/></disk>",
        "<disk type='block' device='cdrom'><source dev='/dev/sr0'/><target dev='sda'/><readonly/></disk>",
        "<disk type='block'><source dev='/dev/mapper/lun'/><target dev='vda'/><shareable/></disk>",
        "<disk type='block' device='floppy'><target dev='fda'/></disk>",
    ])
    func `files are left to libvirt; what is read-only, shareable or on a network goes along`(_ disks: String) throws {
        try refuse(disks)
    }

    @Test func `what can not be read does not move`() {
        #expect(throws: GatehouseError.self) { try HostDisks.refuse(in: Array("<domain/>".utf8)) }
    }
}
