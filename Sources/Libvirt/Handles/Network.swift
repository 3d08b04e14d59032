// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc

/// libvirt's handle of a network; freed when dropped.
@safe
struct Network: ~Copyable {
    let pointer: virNetworkPtr

    /// Takes over a reference.
    init(owning pointer: virNetworkPtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virNetworkFree(pointer)
    }

    /// Its description as it is now.
    func xml() throws(LibvirtError) -> [UInt8] {
        guard let text = unsafe virNetworkGetXMLDesc(pointer, 0) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        let raw = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
        return unsafe [UInt8](raw)
    }

    /// Whether it is started.
    func isActive() throws(LibvirtError) -> Bool { try LibvirtError.check(unsafe virNetworkIsActive(pointer)) == 1 }

    /// Whether its definition outlives a stop.
    func isPersistent() throws(LibvirtError) -> Bool {
        try LibvirtError.check(unsafe virNetworkIsPersistent(pointer)) == 1
    }

    /// Whether the node starts it by itself.
    func isAutostarted() throws(LibvirtError) -> Bool {
        var value: Int32 = 0
        try LibvirtError.check(unsafe virNetworkGetAutostart(pointer, &value))
        return value != 0
    }

    /// Starts it.
    func create() throws(LibvirtError) { try LibvirtError.check(unsafe virNetworkCreate(pointer)) }

    /// Has the node start it by itself.
    func setAutostart() throws(LibvirtError) { try LibvirtError.check(unsafe virNetworkSetAutostart(pointer, 1)) }

    /// Stops it.
    func destroy() throws(LibvirtError) { try LibvirtError.check(unsafe virNetworkDestroy(pointer)) }

    /// Forgets its definition.
    func undefine() throws(LibvirtError) { try LibvirtError.check(unsafe virNetworkUndefine(pointer)) }

    /// Adds or removes a group of ports, in the definition and, where it is started, at once.
    func update(_ command: virNetworkUpdateCommand, portGroup: String) throws(LibvirtError) {
        var flags: UInt32 = 0
        if try isActive() { flags |= VIR_NETWORK_UPDATE_AFFECT_LIVE.rawValue }
        if try isPersistent() { flags |= VIR_NETWORK_UPDATE_AFFECT_CONFIG.rawValue }
        try LibvirtError.check(
            unsafe virNetworkUpdate(
                pointer, command.rawValue, VIR_NETWORK_SECTION_PORTGROUP.rawValue, -1, portGroup, flags))
    }
}
