// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Glibc
import Model

/// An open libvirt connection; closed when dropped.
///
/// Every function may block for as long as the node likes. libvirt allows calls on one connection
/// from several threads.
@safe
struct Connection: ~Copyable {
    /// The handle; valid for as long as this value lives.
    let pointer: virConnectPtr

    /// Opens a connection without asking anybody for a password.
    init(uri: String) throws(LibvirtError) {
        guard LibvirtLibrary.isReady else {
            throw LibvirtError(number: VIR_ERR_INTERNAL_ERROR.rawValue, message: "libvirt can not be initialised")
        }
        guard let opened = unsafe virConnectOpenAuth(uri, nil, 0) else {
            throw LibvirtError.last()
        }
        unsafe pointer = opened
    }

    deinit {
        _ = unsafe virConnectClose(pointer)
    }

    /// Whether libvirt still holds the connection for alive; asks no one.
    var isAlive: Bool { unsafe virConnectIsAlive(pointer) == 1 }

    /// Asks the other end for a sign of life at an interval; does nothing where there is no other end.
    func setKeepAlive(seconds: Int32, count: UInt32) {
        _ = unsafe virConnectSetKeepAlive(pointer, seconds, count)
    }

    /// What the node says of itself.
    func facts() throws(LibvirtError) -> NodeFacts {
        guard let type = unsafe virConnectGetType(pointer) else { throw LibvirtError.last() }
        var version: UInt = 0
        try LibvirtError.check(unsafe virConnectGetVersion(pointer, &version))
        let node = try node()
        guard let host = unsafe virConnectGetHostname(pointer) else { throw LibvirtError.last() }
        defer { unsafe free(host) }
        return unsafe NodeFacts(
            hypervisor: String(cString: type), version: LibvirtLibrary.text(ofVersion: version),
            hostname: String(cString: host), cpus: Int(node.cpus), memoryKiB: Int(clamping: node.memory))
    }

    /// The node's hardware (`virNodeGetInfo`).
    func node() throws(LibvirtError) -> virNodeInfo {
        var node = virNodeInfo()
        try LibvirtError.check(unsafe virNodeGetInfo(pointer, &node))
        return node
    }

    /// What the node can do, as XML (https://libvirt.org/formatcaps.html).
    func capabilities() throws(LibvirtError) -> [UInt8] {
        guard let text = unsafe virConnectGetCapabilities(pointer) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        let raw = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
        return unsafe [UInt8](raw)
    }

    /// The domain with a UUID.
    func domain(_ uuid: UUID) throws(LibvirtError) -> Domain {
        let found = unsafe withUnsafeBytes(of: uuid.uuid) { raw in
            unsafe virDomainLookupByUUID(pointer, raw.assumingMemoryBound(to: UInt8.self).baseAddress)
        }
        guard let found = unsafe found else { throw LibvirtError.last() }
        return unsafe Domain(owning: found)
    }

    /// A stream for one transfer.
    func makeStream(blocking: Bool) throws(LibvirtError) -> DataStream {
        let flags = blocking ? 0 : VIR_STREAM_NONBLOCK.rawValue
        guard let stream = unsafe virStreamNew(pointer, flags) else { throw LibvirtError.last() }
        return unsafe DataStream(owning: stream)
    }
}
