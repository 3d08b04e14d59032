// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
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
    @Test func `a volume that somebody else made meanwhile stays`() async throws {
        try await StorageFixture.run { fixture in
            let (node, template) = (fixture.node, try await fixture.template())
            node.duringCopies { node.put(Self.volume("web2-vda.qcow2"), in: "images") }
            let error = await fixture.failure("machine.create", ["template": template, "name": "web2"])
            #expect(error?.code == .conflict)
            #expect(node.volumeNames(in: "images").contains("web2-vda.qcow2"))
            #expect(try await fixture.test.storageRepository.volumesInMaking().isEmpty)
        }
    }

    @Test func `a finished volume that could not be forgotten is forgotten later`() async throws {
        try await StorageFixture.run { fixture in
            let (core, kept) = (fixture.test.core, fixture.test.storageRepository)
            let repository = ForgetfulRepository(kept: kept)
            let storage = Storage(
                repository: repository, inventory: core.inventory, networks: core.networks, time: core.time,
                logger: TestCore.quiet)
            let node = try #require(await core.inventory.node(named: "n1")).record.id
            let pool = try #require(try await storage.pools(of: node).first { $0.snapshot.name == "images" })
            _ = try await storage.createVolume(.init(name: "new.qcow2", capacityBytes: 1 << 30), in: pool.record)
            #expect(try await kept.volumesInMaking().count == 1)
            await storage.forgetFinished()
            #expect(try await kept.volumesInMaking().count == 1)
            repository.mend()
            await storage.forgetFinished()
            #expect(try await kept.volumesInMaking().isEmpty)
            #expect(fixture.node.volumeNames(in: "images").contains("new.qcow2"))
        }
    }
}

/// A repository that can not forget what is being made, until it is mended.
private final class ForgetfulRepository: StorageRepository {
    private let kept: any StorageRepository
    private let isBroken = Mutex(true)

    init(kept: any StorageRepository) { self.kept = kept }

    func mend() { isBroken.withLock { $0 = false } }

    func forgetMaking(of volumes: [VolumeName], on node: NodeID) async throws {
        guard !isBroken.withLock({ $0 }) else { throw GatehouseError(.internal, "The disk is full.") }
        try await kept.forgetMaking(of: volumes, on: node)
    }

    func keepPools(
        of node: NodeID, _ pools: [(mechanism: String, place: String)], at date: Date
    ) async throws -> [PoolRecord] { try await kept.keepPools(of: node, pools, at: date) }
    func keepVolumes(of pool: PoolID, _ names: [String], at date: Date) async throws -> [VolumeRecord] {
        try await kept.keepVolumes(of: pool, names, at: date)
    }
    func pool(_ id: PoolID) async throws -> PoolRecord? { try await kept.pool(id) }
    func volume(_ id: VolumeID) async throws -> VolumeRecord? { try await kept.volume(id) }
    func forgetVolume(_ id: VolumeID) async throws { try await kept.forgetVolume(id) }
    func noteMaking(of volumes: [VolumeName], on node: NodeID) async throws {
        try await kept.noteMaking(of: volumes, on: node)
    }
    func volumesInMaking() async throws -> [NodeID: [VolumeName]] { try await kept.volumesInMaking() }
    func templates() async throws -> [Template] { try await kept.templates() }
    func addTemplate(_ template: Template) async throws -> Template { try await kept.addTemplate(template) }
    func removeTemplate(_ id: TemplateID) async throws { try await kept.removeTemplate(id) }
}
