// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Synchronization

/// A text console's stream, on a connection of its own.
///
/// Of its own, because libvirt has one queue for all requests of a connection: a guest that does not
/// take its input would hold up every other call on it.
final class ConsoleLink: @unchecked Sendable {
    /// Shared by the event loop and the threads that send; libvirt's streams have a lock.
    let stream: DataStream
    private let connection: Connection
    private let closing: Closing

    /// What libvirt's callback holds: what to do when the connection is gone.
    private final class Closing: Sendable {
        let handler = Mutex<(@Sendable () -> Void)?>(nil)
    }

    /// Opens the console of a running domain (`virDomainConsoleFlags`).
    init(uri: String, uuid: UUID, flags: UInt32) throws(LibvirtError) {
        let connection = try Connection(uri: uri)
        let domain = try connection.domain(uuid)
        let stream = try connection.makeStream(blocking: false)
        try domain.openConsole(stream, flags: flags)
        self.connection = connection
        self.stream = stream
        closing = Closing()
    }

    /// Has a body called when the connection is gone.
    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        closing.handler.withLock { $0 = body }
        let opaque = unsafe Unmanaged.passRetained(closing).toOpaque()
        guard unsafe virConnectRegisterCloseCallback(connection.pointer, Self.closed, opaque, Self.release) != 0
        else { return }
        unsafe Unmanaged<Closing>.fromOpaque(opaque).release()
    }

    /// Sends what goes; the answer is what is left, or nil where the stream is broken.
    func send(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = bytes
        while !rest.isEmpty {
            guard let transfer = try? stream.send(rest) else { return nil }
            guard case .moved(let count) = transfer else { return rest }
            rest = rest.dropFirst(count)
        }
        return rest
    }

    /// Ends the stream and returns when the node has it back.
    ///
    /// A node that is stuck with input which the guest does not take answers only when the guest takes
    /// it, or when another opener takes over. Closing the connection before that would be no use: the
    /// node would go on holding the console, and libvirtd 9.0 may crash when it is then taken over.
    func giveBack() {
        stream.abort()
        closing.handler.withLock { $0 = nil }
        _ = unsafe virConnectUnregisterCloseCallback(connection.pointer, Self.closed)
    }

    /// Has the connection given up when the node does not answer within some seconds.
    func breakOff() {
        connection.setKeepAlive(seconds: 1, count: 3)
    }

    private static let closed: virConnectCloseFunc = { _, _, opaque in
        guard let opaque = unsafe opaque else { return }
        let closing = unsafe Unmanaged<Closing>.fromOpaque(opaque).takeUnretainedValue()
        closing.handler.withLock { $0 }?()
    }

    private static let release: virFreeCallback = { opaque in
        guard let opaque = unsafe opaque else { return }
        unsafe Unmanaged<Closing>.fromOpaque(opaque).release()
    }
}
