// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc

/// A network as libvirt lists it.
struct ListedNetwork: Sendable {
    /// Its description.
    var xml: [UInt8]
    /// Whether it is started.
    var isActive: Bool
    /// Whether the node starts it by itself.
    var autostart: Bool?
}

/// An interface of the host as libvirt lists it.
struct ListedInterface: Sendable {
    /// Its description.
    var xml: [UInt8]
    /// Its hardware address.
    var mac: String?
    /// Whether it is up.
    var isActive: Bool
}

extension Connection {
    /// Every network, started or only defined; none where the node has no driver for them.
    func networks() throws(LibvirtError) -> [ListedNetwork] {
        var list: UnsafeMutablePointer<virNetworkPtr?>?
        let count = unsafe virConnectListAllNetworks(pointer, &list, 0)
        guard try Self.isListed(count), let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var found: [ListedNetwork] = []
        for index in 0..<Int(count) {
            guard let each = unsafe list[index] else { continue }
            let network = unsafe Network(owning: each)
            // One that is gone meanwhile is left out.
            guard let xml = try? network.xml(), let isActive = try? network.isActive() else { continue }
            found.append(ListedNetwork(xml: xml, isActive: isActive, autostart: try? network.isAutostarted()))
        }
        return found
    }

    /// Every interface of the host; none where the node has no driver for them.
    func interfaces() throws(LibvirtError) -> [ListedInterface] {
        var list: UnsafeMutablePointer<virInterfacePtr?>?
        let count = unsafe virConnectListAllInterfaces(pointer, &list, 0)
        guard try Self.isListed(count), let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var found: [ListedInterface] = []
        for index in 0..<Int(count) {
            guard let each = unsafe list[index] else { continue }
            let interface = unsafe HostInterfaceHandle(owning: each)
            guard let xml = try? interface.xml() else { continue }
            found.append(
                ListedInterface(xml: xml, mac: interface.mac, isActive: (try? interface.isActive()) ?? false))
        }
        return found
    }

    /// The network of that name.
    func network(_ name: String) throws(LibvirtError) -> Network {
        guard let found = unsafe virNetworkLookupByName(pointer, name) else { throw LibvirtError.last() }
        return unsafe Network(owning: found)
    }

    /// The interface of the host of that name.
    func hostInterface(_ name: String) throws(LibvirtError) -> HostInterfaceHandle {
        guard let found = unsafe virInterfaceLookupByName(pointer, name) else { throw LibvirtError.last() }
        return unsafe HostInterfaceHandle(owning: found)
    }

    /// Keeps the definition of a network.
    func defineNetwork(_ xml: String) throws(LibvirtError) -> Network {
        guard let made = unsafe virNetworkDefineXML(pointer, xml) else { throw LibvirtError.last() }
        return unsafe Network(owning: made)
    }

    /// Keeps the definition of an interface of the host.
    func defineHostInterface(_ xml: String) throws(LibvirtError) -> HostInterfaceHandle {
        guard let made = unsafe virInterfaceDefineXML(pointer, xml, 0) else { throw LibvirtError.last() }
        return unsafe HostInterfaceHandle(owning: made)
    }

    /// Whether a list came; false where the driver has no such things.
    private static func isListed(_ count: Int32) throws(LibvirtError) -> Bool {
        guard count < 0 else { return true }
        let error = LibvirtError.last()
        guard error.isUnsupported else { throw error }
        return false
    }
}

/// libvirt's handle of an interface of the host; freed when dropped.
@safe
struct HostInterfaceHandle: ~Copyable {
    private let pointer: virInterfacePtr

    /// Takes over a reference.
    init(owning pointer: virInterfacePtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virInterfaceFree(pointer)
    }

    /// Its description as it is now.
    func xml() throws(LibvirtError) -> [UInt8] {
        guard let text = unsafe virInterfaceGetXMLDesc(pointer, 0) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        let raw = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
        return unsafe [UInt8](raw)
    }

    /// Its hardware address; known without asking the node.
    var mac: String? { unsafe virInterfaceGetMACString(pointer).map { unsafe String(cString: $0) } }

    /// Whether it is up.
    func isActive() throws(LibvirtError) -> Bool {
        try LibvirtError.check(unsafe virInterfaceIsActive(pointer)) == 1
    }

    /// Brings it up.
    func create() throws(LibvirtError) { try LibvirtError.check(unsafe virInterfaceCreate(pointer, 0)) }

    /// Takes it down.
    func destroy() throws(LibvirtError) { try LibvirtError.check(unsafe virInterfaceDestroy(pointer, 0)) }

    /// Forgets its definition.
    func undefine() throws(LibvirtError) { try LibvirtError.check(unsafe virInterfaceUndefine(pointer)) }
}
