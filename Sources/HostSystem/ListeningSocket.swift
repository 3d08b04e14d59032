// SPDX-License-Identifier: Apache-2.0

import CHost

/// A socket that listens for TCP connections and was open before this process began.
package final class ListeningSocket: Sendable {
    private let descriptor: OpenDescriptor
    /// Whether it can be reached from this host alone.
    package let isLoopback: Bool

    /// Takes a descriptor over; nil, and the descriptor closed, where it is no listening TCP socket.
    package init?(_ descriptor: OpenDescriptor) {
        let reach = gatehouse_listens_locally(descriptor.number)
        guard reach >= 0 else { return nil }
        self.descriptor = descriptor
        isLoopback = reach == 1
    }

    /// Another descriptor of the same socket, which the caller has to close.
    package func duplicate() throws(SystemFailure) -> CInt {
        let number = gatehouse_duplicate(descriptor.number)
        guard number >= 0 else { throw SystemFailure.last }
        return number
    }

    /// Sets how many connections may wait to be accepted; the system may have a lower limit.
    package func setBacklog(_ count: Int) throws(SystemFailure) {
        guard listen(descriptor.number, CInt(clamping: count)) == 0 else { throw SystemFailure.last }
    }
}
