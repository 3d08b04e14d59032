// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct UnfinishedVolumeTests {
    private static func volume(_ name: String) -> VolumeSnapshot {
        VolumeSnapshot(
            name: name, path: "/images/\(name)", format: "qcow2", capacityBytes: 1 << 30, allocatedBytes: 1 << 20)
    }

    @Test func `what a crash left half made is deleted, and nothing that is in use`() async throws {
        try await StorageFixture.run { fixture in
            let node = try #require(await fixture.test.core.inventory.node(named: "n1")).record.id
            let names = ["half.qcow2", "web.qcow2", "gone.qcow2"].map { VolumeName(pool: "images", name: $0) }
            try await fixture.test.storageRepository.noteMaking(of: names, on: node)
            fixture.node.put(Self.volume("half.qcow2"), in: "images")
            let storage = fixture.test.core.storage
            await storage.takeUpUnfinished()
            await storage.clearUnfinished()
            #expect(fixture.node.volumeNames(in: "images") == ["dvd.iso", "free.img", "web.qcow2"])
            #expect(try await fixture.test.storageRepository.volumesInMaking().isEmpty)
        }
    }

    @Test func `what can not be deleted now is deleted later, but for a new one of the same name`() async throws {
        try await StorageFixture.run { fixture in
            let (node, storage) = (fixture.node, fixture.test.core.storage)
            let template = try await fixture.template()
            let order: [String: JSONValue] = ["template": template, "name": "web2"]
            node.duringCopies {
                node.put(Self.volume("web2-vda.qcow2"), in: "images")
                node.fail(GatehouseError(.timeout, "Slow."), GatehouseError(.timeout, "Still slow."))
            }
            #expect(await fixture.failure("machine.create", order)?.code == .timeout)
            #expect(node.volumeNames(in: "images").contains("web2-vda.qcow2"), "it could not be deleted yet")
            #expect(try await fixture.test.storageRepository.volumesInMaking().count == 1)
            await storage.clearUnfinished()
            #expect(node.volumeNames(in: "images").contains("web2-vda.qcow2"), "a minute has not gone by")
            fixture.test.clock.advance(.seconds(60))
            await storage.clearUnfinished()
            #expect(!node.volumeNames(in: "images").contains("web2-vda.qcow2"))
            #expect(try await fixture.test.storageRepository.volumesInMaking().isEmpty)

            node.duringCopies { node.fail(GatehouseError(.timeout, "Slow."), GatehouseError(.timeout, "Still slow.")) }
            #expect(await fixture.failure("machine.create", order)?.code == .timeout)
            try await fixture.call(
                "volume.create",
                ["pool": try await fixture.pool("images"), "name": "web2-vda.qcow2", "capacityBytes": .int(1 << 30)])
            fixture.test.clock.advance(.seconds(60))
            await storage.clearUnfinished()
            #expect(node.volumeNames(in: "images").contains("web2-vda.qcow2"))
        }
    }

    @Test func `a volume that was there before is never taken for an unfinished one`() async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            fixture.node.put(Self.volume("web2-vda.qcow2"), in: "images")
            let error = await fixture.failure("machine.create", ["template": template, "name": "web2"])
            #expect(error?.code == .conflict)
            #expect(fixture.node.volumeNames(in: "images").contains("web2-vda.qcow2"))
            #expect(try await fixture.test.storageRepository.volumesInMaking().isEmpty)
        }
    }
}
