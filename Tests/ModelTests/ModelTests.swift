// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Synchronization
import Testing

@Suite struct ModelTests {
    private static let uuid = "6f1d0b9c-0c5a-4f77-9c8e-0123456789ab"

    @Test func `a machine's address is its UUID, with its node where that is needed`() throws {
        let plain = try #require(MachineAddress(Self.uuid.uppercased()))
        #expect(plain.description == Self.uuid)
        let full = try #require(MachineAddress(Self.uuid + "@rack-2"))
        #expect(full.node == "rack-2")
        #expect(full.description == Self.uuid + "@rack-2")
    }

    @Test(arguments: ["", "x", "\(uuid)@", "@node", uuid + "0", String(repeating: "a", count: 500)])
    func `what is no address is refused`(text: String) {
        #expect(MachineAddress(text) == nil)
    }

    @Test func `levels are ordered by strength`() {
        #expect(AccessLevel.superUser > .maintenance)
        #expect(AccessLevel.owner > .admin)
        #expect(AccessLevel.none < .readOnlyAdmin)
        #expect(AccessLevel.allCases.filter(\.mayOperate) == [.superUser, .maintenance, .owner, .admin])
        #expect(AccessLevel.allCases.allSatisfy { AccessLevel(word: $0.word) == $0 })
    }

    @Test func `a descriptor is closed once, unless it was taken`() {
        let closed = Mutex<[Int32]>([])
        do {
            let dropped = ConsoleDescriptor(7) { descriptor in closed.withLock { $0.append(descriptor) } }
            _ = dropped
        }
        let taken = ConsoleDescriptor(8) { descriptor in closed.withLock { $0.append(descriptor) } }
        #expect(taken.take() == 8)
        #expect(taken.take() == nil)
        #expect(closed.withLock { $0 } == [7])
    }

    @Test(arguments: ["1.2.3.4::", "1:2:3:4:5:6:7:8:9", "::1::", "300.1.1.1", "1.2.3", "", ":::", "g::", "01.2.3.4"])
    func `what is no IP address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a range holds its addresses and no others`() throws {
        let range = try #require(AddressRange("10.1.0.0/20"))
        #expect(range.contains("10.1.15.255"))
        #expect(!range.contains("10.1.16.0"))
        #expect(range.contains("::ffff:10.1.2.3"))
        #expect(AddressRange.loopback.contains { $0.contains("::1") })
        #expect(AddressRange("10.0.0.0/33") == nil)
    }

    @Test func `a credential never shows itself`() {
        let credential = ConsoleCredential(password: "hunter2")
        #expect(!"\(credential)".contains("hunter2"))
        #expect(!String(reflecting: credential).contains("hunter2"))
    }

    @Test func `a range of ports is two ports that anybody may open, in order`() {
        #expect(PortRange("9000-9100")?.ports == 9000...9100 && PortRange("9000-9100")?.description == "9000-9100")
        #expect(PortRange("65535-65535")?.ports.count == 1 && PortRange("2000-2999")?.ports.count == 1000)
        let wrong = [
            "", "9000", "9100-9000", "80-90", "9000-65536", "2000-3000", "-9000", "9000-", "a-b", "+9000-9100",
            "9000-9100-9200", "9000 - 9100", "٩٠٠٠-٩١٠٠",
        ]
        for text in wrong { #expect(PortRange(text) == nil, "\(text)") }
    }
}
