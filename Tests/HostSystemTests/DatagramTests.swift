// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostSystem
import TestSupport
import Testing

@Suite struct DatagramTests {
    @Test func `a datagram reaches the socket of a path`() async throws {
        let scratch = try ScratchDirectory()
        let inbox = try await DatagramInbox(path: scratch.file("s"))
        let sender = try DatagramSender(to: scratch.file("s"))
        try sender.send(Array("READY=1\nSTATUS=ä".utf8))
        #expect(try await inbox.message("datagram") == "READY=1\nSTATUS=ä")
        await inbox.close()
    }

    @Test func `a datagram reaches an abstract socket`() throws {
        let name = "@gatehouse-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let receiver = OpenDescriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            unsafe path.copyBytes(from: [0] + Array(name.utf8.dropFirst()))
        }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, size) }
        }
        try #require(bound == 0)
        try receiver.stopBlocking()
        try DatagramSender(to: name).send(Array("WATCHDOG=1".utf8))
        #expect(receiver.read(most: 100) == .bytes(Array("WATCHDOG=1".utf8)))
    }

    @Test func `a receiver that comes again is reached again, and one that is gone is an error`() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.file("s")
        let sender = try DatagramSender(to: path)
        #expect(throws: SystemFailure.self) { try sender.send([1]) }
        for _ in 0..<2 {
            let inbox = try await DatagramInbox(path: path)
            try sender.send(Array("x".utf8))
            #expect(try await inbox.message("datagram") == "x")
            await inbox.close()
            unsafe unlink(path)
            #expect(throws: SystemFailure.self) { try sender.send([1]) }
        }
    }

    @Test(arguments: ["", String(repeating: "/long", count: 40)])
    func `a name that no socket can have is an error`(name: String) throws {
        let sender = try DatagramSender(to: name)
        #expect(throws: SystemFailure.self) { try sender.send([1]) }
    }
}
