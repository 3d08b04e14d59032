// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials

/// The callbacks that are registered at a connection.
struct EventRegistrations: Sendable {
    fileprivate var events: [Int32] = []
    fileprivate var watchesClose = false
}

extension Connection {
    /// Has libvirt report every change of a domain, and the end of the connection, to `signals`.
    ///
    /// Needs the event loop. Kinds of event that the driver does not know are left out.
    func register(_ signals: NodeSignals) throws(LibvirtError) -> EventRegistrations {
        var made = EventRegistrations()
        made.watchesClose = registerClose(signals)
        let callbacks = unsafe Self.callbacks
        for index in unsafe callbacks.indices {
            let (kind, callback) = unsafe callbacks[index]
            let opaque = unsafe Unmanaged.passRetained(signals).toOpaque()
            let number = unsafe virConnectDomainEventRegisterAny(
                pointer, nil, Int32(bitPattern: kind.rawValue), callback, opaque, Self.release)
            if number >= 0 {
                made.events.append(number)
                continue
            }
            unsafe Unmanaged<NodeSignals>.fromOpaque(opaque).release()
            if kind == VIR_DOMAIN_EVENT_ID_LIFECYCLE {
                let error = LibvirtError.last()
                deregister(made)
                throw error
            }
        }
        return made
    }

    /// Takes the callbacks back; without that the connection would never be closed.
    func deregister(_ registrations: EventRegistrations) {
        for number in registrations.events { _ = unsafe virConnectDomainEventDeregisterAny(pointer, number) }
        if registrations.watchesClose { _ = unsafe virConnectUnregisterCloseCallback(pointer, Self.closed) }
    }

    private func registerClose(_ signals: NodeSignals) -> Bool {
        let opaque = unsafe Unmanaged.passRetained(signals).toOpaque()
        if unsafe virConnectRegisterCloseCallback(pointer, Self.closed, opaque, Self.release) == 0 { return true }
        unsafe Unmanaged<NodeSignals>.fromOpaque(opaque).release()
        return false
    }

    private static let release: virFreeCallback = { opaque in
        guard let opaque = unsafe opaque else { return }
        unsafe Unmanaged<NodeSignals>.fromOpaque(opaque).release()
    }

    private static let closed: virConnectCloseFunc = { _, reason, opaque in
        guard let opaque = unsafe opaque else { return }
        let text =
            switch UInt32(bitPattern: reason) {
            case VIR_CONNECT_CLOSE_REASON_EOF.rawValue: "the node closed the connection"
            case VIR_CONNECT_CLOSE_REASON_KEEPALIVE.rawValue: "the node gave no sign of life"
            case VIR_CONNECT_CLOSE_REASON_CLIENT.rawValue: "the connection was closed here"
            default: "the connection failed"
            }
        unsafe Unmanaged<NodeSignals>.fromOpaque(opaque).takeUnretainedValue().lost(text)
    }

    // MARK: Domain events

    private typealias Generic = virConnectDomainEventGenericCallback
    private typealias Lifecycle =
        @convention(c) (virConnectPtr?, virDomainPtr?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    private typealias WithNumber =
        @convention(c) (virConnectPtr?, virDomainPtr?, Int32, UnsafeMutableRawPointer?) -> Void
    private typealias WithSize =
        @convention(c) (virConnectPtr?, virDomainPtr?, UInt64, UnsafeMutableRawPointer?) -> Void
    private typealias WithName =
        @convention(c) (virConnectPtr?, virDomainPtr?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void

    /// libvirt takes callbacks of many shapes as one type, and casts them back by the kind of event.
    private static var callbacks: [(kind: virDomainEventID, callback: Generic)] {
        let plain: Generic = { _, domain, opaque in unsafe Connection.note(domain, opaque) }
        let lifecycle: Lifecycle = { _, domain, _, _, opaque in
            unsafe Connection.note(domain, opaque)
            return 0
        }
        let number: WithNumber = { _, domain, _, opaque in unsafe Connection.note(domain, opaque) }
        let size: WithSize = { _, domain, _, opaque in unsafe Connection.note(domain, opaque) }
        let name: WithName = { _, domain, _, opaque in unsafe Connection.note(domain, opaque) }
        return unsafe [
            (VIR_DOMAIN_EVENT_ID_LIFECYCLE, unsafeBitCast(lifecycle, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_REBOOT, plain),
            (VIR_DOMAIN_EVENT_ID_PMWAKEUP, unsafeBitCast(number, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_PMSUSPEND, unsafeBitCast(number, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, unsafeBitCast(number, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, unsafeBitCast(size, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, unsafeBitCast(name, to: Generic.self)),
            (VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, unsafeBitCast(name, to: Generic.self)),
        ]
    }

    private static func note(_ domain: virDomainPtr?, _ opaque: UnsafeMutableRawPointer?) {
        guard let domain = unsafe domain, let opaque = unsafe opaque else { return }
        guard let uuid = unsafe Domain.uuid(of: domain) else { return }
        unsafe Unmanaged<NodeSignals>.fromOpaque(opaque).takeUnretainedValue().changed(uuid)
    }
}
