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

    @Test func `a credential never shows itself`() {
        let credential = ConsoleCredential(password: "hunter2")
        #expect(!"\(credential)".contains("hunter2"))
        #expect(!String(reflecting: credential).contains("hunter2"))
    }
}
