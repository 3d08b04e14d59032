// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Store

@Suite struct NetworkTests {
    @Test func `a network keeps its number, also over a start, and another node's is another`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let nodes = [try await store.node("one"), try await store.node("two")]
        let first = try await store.declareNetworks(["b", "a"], on: nodes[0])
        #expect(first.map(\.name) == ["b", "a"] && Set(first.map(\.id)).count == 2)
        #expect(first.allSatisfy { $0.node == nodes[0] && $0.description == "" && !$0.isDefault })
        let other = try await store.declareNetworks(["a"], on: nodes[1])
        #expect(!first.map(\.id).contains(other[0].id))
        try await store.close()
        let later = try scratch.open()
        let again = try await later.declareNetworks(["a", "c", "b"], on: nodes[0])
        #expect(again.map(\.name) == ["a", "c", "b"])
        #expect(again[0] == first[1] && again[2] == first[0])
        #expect(try await later.networks(of: nodes[0]).count == 3)
        #expect(try await later.declareNetworks([], on: nodes[0]) == [])
        try await later.close()
    }

    @Test func `one network of a node is its default, and a description is kept`() async throws {
        try await withStore { store in
            let nodes = [try await store.node("one"), try await store.node("two")]
            let networks = try await store.declareNetworks(["a", "b"], on: nodes[0])
            let other = try await store.declareNetworks(["a"], on: nodes[1])[0]
            for id in [networks[0].id, other.id, networks[1].id, networks[1].id] {
                try await store.setDefaultNetwork(id)
            }
            try await store.setDescription("Ours.", of: networks[1].id)
            #expect(try await store.networks(of: nodes[0]).map(\.isDefault) == [false, true])
            #expect(try await store.networks(of: nodes[1]).map(\.isDefault) == [true])
            #expect(try await store.networks(of: nodes[0])[1].description == "Ours.")
            try await store.removeNetwork(networks[1].id)
            try await store.removeNetwork(networks[1].id)
            #expect(try await store.networks(of: nodes[0]).map(\.name) == ["a"])
            #expect(try await store.declareNetworks(["b"], on: nodes[0])[0].id > networks[1].id, "no number twice")
        }
    }

    @Test func `what refers to nothing is not found`() async throws {
        try await withStore { store in
            await expect(.notFound) { try await store.setDefaultNetwork(NetworkID(9)) }
            await expect(.notFound) { try await store.setDescription("x", of: NetworkID(9)) }
            await expect(.notFound) { _ = try await store.declareNetworks(["a"], on: NodeID(9)) }
        }
    }
}
