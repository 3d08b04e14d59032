// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing

@testable import Store

@Suite struct StorageTests {
    private let day: TimeInterval = 86_400
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `a pool has one number for good`() async throws {
        try await withStore { store in
            let node = try await store.declareNodes([("one", .libvirt), ("two", .libvirt)]).map(\.id)
            let pools = [(mechanism: "file", place: "/a"), (mechanism: "lvm", place: "/a")]
            let first = try await store.keepPools(of: node[0], pools, at: start)
            #expect(first.map(\.place) == ["/a", "/a"] && Set(first.map(\.id)).count == 2)
            #expect(try await store.keepPools(of: node[0], pools.reversed(), at: start) == first.reversed())
            let other = try await store.keepPools(of: node[1], pools, at: start)
            #expect(Set(other.map(\.id)).isDisjoint(with: first.map(\.id)))
            let later = try await store.keepPools(of: node[0], pools, at: start.addingTimeInterval(1000 * day))
            #expect(later == first)
            #expect(try await store.pool(first[0].id) == first[0])
            #expect(try await store.pool(PoolID(99)) == nil)
        }
    }

    @Test func `a volume keeps its number while it is seen, and it is never given again`() async throws {
        try await withStore { store in
            let node = try await store.declareNodes([("one", .libvirt)])[0].id
            let pool = try await store.keepPools(of: node, [(mechanism: "file", place: "/a")], at: start)[0].id
            let first = try await store.keepVolumes(of: pool, ["a", "b"], at: start)
            #expect(first.map(\.name) == ["a", "b"])
            #expect(try await store.keepVolumes(of: pool, ["b", "a"], at: start) == first.reversed())
            #expect(try await store.volume(first[0].id) == first[0])
            try await store.forgetVolume(first[0].id)
            #expect(try await store.volume(first[0].id) == nil)
            let again = try await store.keepVolumes(of: pool, ["a", "b"], at: start)
            #expect(again[0].id > first[1].id && again[1] == first[1])
            for days in [40.0, 80, 120] {
                _ = try await store.keepVolumes(of: pool, ["b"], at: start.addingTimeInterval(days * day))
            }
            #expect(try await store.volume(again[0].id) == nil, "not seen for 90 days")
            #expect(try await store.volume(first[1].id) == first[1])
        }
    }

    @Test func `volumes that are being made are kept until they are forgotten`() async throws {
        try await withStore { store in
            let nodes = try await store.declareNodes([("one", .libvirt), ("two", .libvirt)]).map(\.id)
            let names = ["a", "b"].map { VolumeName(pool: "p", name: $0) }
            for node in nodes { try await store.noteMaking(of: names, on: node) }
            try await store.noteMaking(of: names, on: nodes[0])
            #expect(try await store.volumesInMaking() == [nodes[0]: names, nodes[1]: names])
            try await store.forgetMaking(of: names, on: nodes[0])
            try await store.forgetMaking(of: [names[0]], on: nodes[1])
            try await store.forgetMaking(of: names, on: nodes[0])
            #expect(try await store.volumesInMaking() == [nodes[1]: [names[1]]])
        }
    }

    @Test func `a template comes back as it was kept, and its name is one of a kind on its node`() async throws {
        try await withStore { store in
            let nodes = try await store.declareNodes([("one", .libvirt), ("two", .libvirt)]).map(\.id)
            let volume = Template.Volume(
                target: "vda", volume: VolumeName(pool: "p", name: "base-vda.qcow2"), path: "/a/base-vda.qcow2",
                format: "qcow2", capacityBytes: 1 << 40)
            let definition = MachineDefinition(
                text: "<domain/>", osType: "hvm", architecture: "x86_64", vcpus: 2, memoryKiB: 1024, maxMemoryKiB: nil,
                disks: [
                    DefinedDisk(target: "sda", isOwn: false, path: "/a/dvd.iso"),
                    DefinedDisk(target: "vda", isOwn: true, path: "/a/base-vda.qcow2"),
                ],
                interfaces: [MachineInterface(mac: "", type: "bridge", source: "br0", model: "virtio")])
            let template = Template(
                node: nodes[0], name: "base", description: "A base.", uuid: UUID(), definition: definition,
                volumes: [volume], createdAt: start)
            let kept = try await store.addTemplate(template)
            var expected = template
            expected.id = kept.id
            #expect(kept == expected && kept.id.number > 0)
            #expect(try await store.templates() == [kept])
            var namesake = template
            namesake.name = "BASE"
            namesake.uuid = UUID()
            await expect(.conflict) { _ = try await store.addTemplate(namesake) }
            namesake.node = nodes[1]
            let second = try await store.addTemplate(namesake)
            try await store.removeTemplate(kept.id)
            #expect(try await store.templates() == [second])
            await expect(.notFound) { try await store.removeTemplate(kept.id) }
        }
    }
}
