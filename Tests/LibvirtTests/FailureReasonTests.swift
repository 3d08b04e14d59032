// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Testing

@testable import Libvirt

@Suite struct FailureReasonTests {
    private static let absent = LibvirtError(
        number: VIR_ERR_SYSTEM_ERROR.rawValue,
        message: "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory")
    private static let closed = LibvirtError(
        number: VIR_ERR_SYSTEM_ERROR.rawValue,
        message: "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied")
    private static let refused = LibvirtError(
        number: VIR_ERR_AUTH_UNAVAILABLE.rawValue, message: "authentication unavailable: no polkit agent available")

    @Test func `a libvirtd of this host that is not there is to be started`() throws {
        let reason = Failures.reason(Self.absent, at: try LibvirtURI("qemu:///system"))
        #expect(reason.hasPrefix(Self.absent.message))
        #expect(reason.contains("systemctl start libvirtd") && reason.contains("libvirt-daemon-system"))
    }

    @Test(arguments: [closed, refused])
    func `one that lets nobody in is joined by its group`(error: LibvirtError) throws {
        let reason = Failures.reason(error, at: try LibvirtURI("qemu:///system"))
        #expect(reason.hasPrefix(error.message) && reason.contains("group libvirt"))
    }

    @Test(arguments: ["qemu+ssh://root@host/system", "qemu+unix:///system?socket=/run/s", "test:///default"])
    func `of other nodes no more is known than what libvirt says`(uri: String) throws {
        #expect(Failures.reason(Self.absent, at: try LibvirtURI(uri)) == Self.absent.message)
    }
}
