// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostSystem
import Testing

@Suite struct SocketHandoverTests {
    @Test(
        arguments: [
            ("1", "https", ["https"]), ("2", "http:https", ["http", "https"]), ("2", nil, ["unknown", "unknown"]),
            ("3", "a::c", ["a", "unknown", "c"]), ("2", "only", ["only", "unknown"]), ("0", "x", []),
        ] as [(String, String?, [String])])
    func `each descriptor has the name that was given to it`(count: String, names: String?, expected: [String]) throws {
        #expect(try SocketHandover(process: "7", count: count, names: names, own: 7).names == expected)
    }

    @Test(arguments: [("8", "1"), (nil, "1"), ("7", nil), ("x", "1")] as [(String?, String?)])
    func `what is meant for another process, or for none, is left alone`(process: String?, count: String?) throws {
        #expect(try SocketHandover(process: process, count: count, names: nil, own: 7).names == [])
    }

    @Test(arguments: ["-1", "65", "1x", "", "99999999999999999999"])
    func `a count that makes no sense is an error`(count: String) {
        #expect(throws: SocketHandover.Problem.count(count)) {
            try SocketHandover(process: "7", count: count, names: nil, own: 7)
        }
    }

    @Test func `only a socket that listens for TCP connections is taken`() throws {
        #expect(ListeningSocket(try socket(AF_INET, SOCK_STREAM)) == nil)
        #expect(ListeningSocket(try socket(AF_INET, SOCK_DGRAM)) == nil)
        #expect(ListeningSocket(try OpenDescriptor.file(at: "/dev/null")) == nil)
        let local = try socket(AF_UNIX, SOCK_STREAM)
        listen(local.number, 1)
        #expect(ListeningSocket(local) == nil)
    }

    @Test(
        arguments: [
            (AF_INET, "127.0.0.5", true), (AF_INET, "0.0.0.0", false), (AF_INET6, "::1", true), (AF_INET6, "::", false),
            (AF_INET6, "::ffff:127.0.0.1", true),
        ])
    func `it is known who can reach a socket`(family: Int32, address: String, isLoopback: Bool) throws {
        let descriptor = try socket(family, SOCK_STREAM)
        guard bindTo(address, descriptor, family) else {
            try Test.cancel("this host has no address \(address)")
        }
        listen(descriptor.number, 1)
        let found = try #require(ListeningSocket(descriptor))
        #expect(found.isLoopback == isLoopback)
        let second = try found.duplicate()
        #expect(second != descriptor.number && fcntl(second, F_GETFD) & FD_CLOEXEC != 0)
        close(second)
        try found.setBacklog(100_000)
    }

    private func socket(_ family: Int32, _ type: __socket_type) throws -> OpenDescriptor {
        let number = Glibc.socket(family, Int32(type.rawValue), 0)
        try #require(number >= 0)
        return OpenDescriptor(owning: number)
    }

    private func bindTo(_ address: String, _ descriptor: OpenDescriptor, _ family: Int32) -> Bool {
        var storage = sockaddr_storage()
        let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            if family == AF_INET {
                let four = unsafe raw.assumingMemoryBound(to: sockaddr_in.self)
                unsafe four.pointee.sin_family = sa_family_t(family)
                unsafe inet_pton(family, address, &four.pointee.sin_addr)
            } else {
                let six = unsafe raw.assumingMemoryBound(to: sockaddr_in6.self)
                unsafe six.pointee.sin6_family = sa_family_t(family)
                unsafe inet_pton(family, address, &six.pointee.sin6_addr)
            }
            return unsafe bind(descriptor.number, raw.assumingMemoryBound(to: sockaddr.self), socklen_t(size)) == 0
        }
    }
}
