// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A socket that listens, and never accepts.
final class Listener: Sendable {
    private let number: CInt
    /// Its port; zero for a unix socket.
    let port: Int

    init?(unix path: String) {
        let number = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        self.number = number
        port = 0
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(number, 5) == 0 else { return nil }
    }

    init?() {
        let number = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        self.number = number
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound, listen(number, 5) == 0 else { return nil }
    }

    deinit { close(number) }
}
