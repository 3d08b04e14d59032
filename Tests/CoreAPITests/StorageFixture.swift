// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

/// The core API over a node `n1` with a directory, a volume group and a device, and a machine `web` that has a disk.
struct StorageFixture: Sendable {
    let test: TestCore
    let api: CoreAPI
    let node: FakeHypervisor
    /// The other node, `n2`, with a machine `mail` and no pools.
    let other: FakeHypervisor
    /// A superuser in a session.
    let root: Principal

    static let gibibyte: Int64 = 1 << 30
    static let web = UUID(uuidString: "11111111-2222-4333-8444-555555555501") ?? UUID()

    /// The machine, with a disk of its own, a CD and an interface.
    static func machine(_ state: MachineState = .off) -> MachineSnapshot {
        var machine = MachineSnapshot.fake("web", state, uuid: web)
        machine.disks = [
            MachineDisk(target: "vda", device: "disk", source: "/images/web.qcow2", bus: "virtio", format: "qcow2"),
            MachineDisk(target: "sda", device: "cdrom", source: "/images/dvd.iso", readOnly: true),
        ]
        machine.interfaces = [MachineInterface(mac: "52:54:00:00:00:01", type: "bridge", source: "br0")]
        return machine
    }

    private static func makeNode() -> FakeHypervisor {
        let node = FakeHypervisor([machine()])
        let size = 100 * gibibyte
        node.put(
            PoolSnapshot(
                name: "images", type: "dir", path: "/images", isActive: true, capacityBytes: size,
                allocatedBytes: gibibyte, availableBytes: size - gibibyte))
        node.put(
            PoolSnapshot(
                name: "vg", type: "logical", path: "/dev/vg", isActive: true, capacityBytes: size,
                allocatedBytes: 0, availableBytes: size))
        node.put(PoolSnapshot(name: "sdb", type: "disk", path: "/dev", isActive: true, capacityBytes: size))
        node.put(PoolSnapshot(name: "away", type: "netfs", path: "/mnt/away", isActive: false))
        for (name, format) in [("web.qcow2", "qcow2"), ("dvd.iso", "iso"), ("free.img", "raw")] {
            node.put(
                VolumeSnapshot(
                    name: name, path: "/images/\(name)", format: format, capacityBytes: gibibyte,
                    allocatedBytes: name == "free.img" ? gibibyte : 1 << 20), in: "images")
        }
        return node
    }

    /// Runs a test.
    static func run(_ body: @Sendable (StorageFixture) async throws -> Void) async throws {
        let node = makeNode()
        let other = FakeHypervisor([.fake("mail")])
        try await TestCore.run(nodes: [TestCore.node("n1", node), TestCore.node("n2", other)]) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == 2 }
            try await body(
                StorageFixture(
                    test: test, api: CoreAPI(core: test.core, version: "1", logger: TestCore.quiet), node: node,
                    other: other, root: try await test.someone("root", .superUser)))
        }
    }

    /// Calls a method.
    @discardableResult
    func call(
        _ method: String, _ parameters: [String: JSONValue] = [:], as principal: Principal? = nil
    ) async throws -> JSONValue {
        try await api.call(method, parameters, principal: principal ?? root)
    }

    /// Calls a method that must fail, and gives the error.
    func failure(
        _ method: String, _ parameters: [String: JSONValue] = [:], as principal: Principal? = nil
    ) async -> GatehouseError? {
        do {
            try await call(method, parameters, as: principal)
            return nil
        } catch {
            return error as? GatehouseError
        }
    }

    /// The number of a pool.
    func pool(_ name: String) async throws -> JSONValue {
        let pools = try await call("pool.list", ["node": "n1"])["pools"]?.arrayValue ?? []
        return try #require(pools.first { $0["name"]?.stringValue == name }?["id"])
    }

    /// A volume of the directory.
    func volume(_ name: String) async throws -> JSONValue {
        let listed = try await call("volume.list", ["pool": try await pool("images")])["volumes"]?.arrayValue
        return try #require(listed?.first { $0["name"]?.stringValue == name })
    }

    /// The number of a volume of the directory.
    func volumeID(_ name: String) async throws -> JSONValue { try #require(try await volume(name)["id"]) }

    /// Makes a user, logs it in and gives it a level on the node `n1`.
    func user(_ name: String, _ level: AccessLevel) async throws -> Principal {
        let principal = try await test.someone(name)
        let user = try #require(principal.user)
        let node = try #require(await test.core.inventory.node(named: "n1"))
        _ = try await test.core.accounts.grant(to: .user(user.id), on: .node(node.record.id), level: level)
        return principal
    }

    /// Makes a template of `web`, and gives its number.
    func template(_ name: String = "base") async throws -> JSONValue {
        let made = try await call("template.create", ["machine": .string(Self.web.uuidString), "name": .string(name)])
        return try #require(made["template"]?["id"])
    }
}
