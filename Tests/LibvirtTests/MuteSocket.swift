// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostSystem
import Testing

@testable import Libvirt

/// A unix socket that takes connections into its backlog and says nothing, unless it is told what.
final class MuteSocket: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
            unsafe raw.copyBytes(from: path.utf8)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0 && listen(descriptor, 64) == 0)
    }

    deinit { close(descriptor) }

    /// Takes one connection, says something on it, and keeps it open until the other end closes.
    func say(_ bytes: [UInt8]) {
        let listener = descriptor
        try? OwnThread.start("test-server") {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { return }
            _ = unsafe bytes.withUnsafeBytes { unsafe send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            var byte: UInt8 = 0
            while unsafe read(peer, &byte, 1) > 0 {}
            close(peer)
        }
    }
}
