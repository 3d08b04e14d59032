// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct InventoryTests {
    @Test func `a node that is connected has its machines listed`() async throws {
        let hypervisor = FakeHypervisor([.fake("b"), .fake("a", .off)])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("the machines are there") { await test.core.inventory.allMachines().count == 2 }
            let names = await test.core.inventory.allMachines().map(\.snapshot.name)
            #expect(names == ["a", "b"])
            hypervisor.put(.fake("c"))
            try await eventually("the machine is there") { await test.core.inventory.allMachines().count == 3 }
        }
    }
}
