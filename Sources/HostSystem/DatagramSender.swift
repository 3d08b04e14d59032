// SPDX-License-Identifier: Apache-2.0

import CHost

/// Sends datagrams to a unix socket by its name; whoever listens there may come and go (unix(7)).
package final class DatagramSender: Sendable {
    private let descriptor: OpenDescriptor
    private let name: String

    /// Makes a sender to the socket at a path, or to an abstract one, whose name is written with a leading `@`.
    package init(to name: String) throws(SystemFailure) {
        let number = gatehouse_datagram_socket()
        guard number >= 0 else { throw SystemFailure.last }
        descriptor = OpenDescriptor(owning: number)
        self.name = name
    }

    /// Sends one datagram; a receiver that is full is waited for, a second at most.
    package func send(_ bytes: [UInt8]) throws(SystemFailure) {
        let sent = unsafe bytes.withUnsafeBytes { buffer in
            unsafe gatehouse_send_datagram(descriptor.number, name, buffer.baseAddress, buffer.count)
        }
        guard sent == bytes.count else { throw SystemFailure.last }
    }
}
