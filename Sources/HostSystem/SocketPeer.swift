// SPDX-License-Identifier: Apache-2.0

package import CHost

/// The process at the other end of a unix socket, as the kernel tells (unix(7), SO_PEERCRED).
package typealias SocketPeer = gatehouse_socket_peer

extension SocketPeer {
    /// The number of the socket option that gives it.
    package static var option: CInt { SO_PEERCRED }

    /// The user it acts as.
    package var user: UInt32 { uid }
}

/// The user that this process acts as.
package func effectiveUser() -> UInt32 { geteuid() }
