// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct SharedStorageTests {
    private static let far = UUID()

    /// Gives the other node a pool and a machine with a disk.
    private static func share(_ path: String, disk: String, readOnly: Bool = false, in fixture: StorageFixture) {
        fixture.other.put(PoolSnapshot(name: "shared", type: "netfs", path: path, isActive: true))
        var machine = MachineSnapshot.fake("far", .off, uuid: far)
        machine.disks = [MachineDisk(target: "vda", device: "disk", source: disk, format: "raw", readOnly: readOnly)]
        fixture.other.put(machine)
    }

    private static func attach(_ volume: JSONValue, readOnly: Bool = false) -> [String: JSONValue] {
        ["machine": .string(StorageFixture.web.uuidString), "volume": volume, "readOnly": .bool(readOnly)]
    }

    @Test func `what a machine of another node has in the same directory is in use`() async throws {
        try await StorageFixture.run { fixture in
            Self.share("/images/", disk: "/images/free.img", in: fixture)
            let volume = try await fixture.volumeID("free.img")
            let shown = try await fixture.volume("free.img")
            #expect(shown["machines"] == [.string(Self.far.uuidString.lowercased())] && shown["inUse"] == true)
            #expect(await fixture.failure("volume.delete", ["volume": volume])?.code == .conflict)
            #expect(await fixture.failure("machine.attachDisk", Self.attach(volume))?.code == .conflict)
            fixture.other.remove(Self.far)
            try await fixture.call("machine.attachDisk", Self.attach(volume))
            try await fixture.call(
                "machine.detachDisk", ["machine": .string(StorageFixture.web.uuidString), "target": "vdb"])
            try await fixture.call("volume.delete", ["volume": volume])
        }
    }

    @Test func `a machine of another node is named to nobody who may not see it`() async throws {
        try await StorageFixture.run { fixture in
            Self.share("/images", disk: "/images/free.img", in: fixture)
            let volume = try await fixture.volumeID("free.img")
            let admin = try await fixture.user("admin", .admin)
            let shown = try await fixture.call("volume.show", ["volume": volume], as: admin)["volume"]
            #expect(shown?["inUse"] == true && shown?["machines"] == [])
            for (method, parameters) in [
                ("volume.delete", ["volume": volume]), ("machine.attachDisk", Self.attach(volume)),
            ] {
                let refusal = await fixture.failure(method, parameters, as: admin)
                #expect(refusal?.code == .conflict && refusal?.message.contains("another node") == true, "\(method)")
                #expect(refusal?.message.contains(Self.far.uuidString.lowercased()) == false, "\(method)")
            }
        }
    }

    @Test func `the same path outside of a common directory is another file`() async throws {
        try await StorageFixture.run { fixture in
            Self.share("/elsewhere", disk: "/images/free.img", in: fixture)
            let volume = try await fixture.volumeID("free.img")
            fixture.other.disconnect("The cable is out.")
            try await eventually("it is away") {
                let state = await fixture.test.core.inventory.node(named: "n2")?.state
                return if case .unreachable = state { true } else { false }
            }
            try await fixture.call("volume.delete", ["volume": volume])
        }
    }

    @Test func `nothing is deleted or written to that a node may have that can not be asked`() async throws {
        try await StorageFixture.run { fixture in
            Self.share("/images", disk: "/images/other.img", in: fixture)
            let volume = try await fixture.volumeID("free.img")
            fixture.other.disconnect("The cable is out.")
            try await eventually("it is away") {
                let state = await fixture.test.core.inventory.node(named: "n2")?.state
                return if case .unreachable = state { true } else { false }
            }
            let deleted = await fixture.failure("volume.delete", ["volume": volume])
            #expect(deleted?.code == .nodeUnreachable && deleted?.message.contains("n2") == true)
            #expect(await fixture.failure("machine.attachDisk", Self.attach(volume))?.code == .nodeUnreachable)
            try await fixture.call("machine.attachDisk", Self.attach(volume, readOnly: true))
        }
    }
}
