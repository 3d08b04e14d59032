// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
import TestSupport
import Testing

@testable import Libvirt

/// Machines of real QEMU that move between two libvirtds, each of which is a host of its own.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: PrivateLibvirtd.absence == nil, "\(PrivateLibvirtd.absence ?? "")"))
struct QEMUMigrationTests {
    private func withTwo(_ body: @Sendable (PrivateLibvirtd, PrivateLibvirtd) async throws -> Void) async throws {
        try await PrivateLibvirtd.with(host: UUID()) { one in
            try await PrivateLibvirtd.with(host: UUID()) { two in try await body(one, two) }
        }
    }

    /// A core over two nodes of that kind, with one machine that runs on the first.
    private func withCore(
        _ one: PrivateLibvirtd, _ two: PrivateLibvirtd, _ body: @Sendable (TestCore) async throws -> Void
    ) async throws {
        try await one.define(QEMUTests.domain())
        let started = try await one.virsh("start", "bios")
        try #require(started.status == 0, "\(started.output)")
        let nodes = [
            TestCore.node("one", try TestNode.hypervisor(one.uri)),
            TestCore.node("two", try TestNode.hypervisor(two.uri)),
        ]
        try await TestCore.run(nodes: nodes) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            try await body(test)
        }
    }

    private func waitFor(_ node: String, _ state: MachineState, _ test: TestCore) async throws {
        try await eventually("it is \(state) on \(node)") {
            let machine = try? await test.machine("bios")
            return machine?.nodeName == node && machine?.snapshot.state == state
        }
    }

    @Test func `a running machine moves with its definition, and goes on`() async throws {
        try await withTwo { one, two in
            try await one.define(QEMUTests.domain())
            let (here, there) = (try TestNode.hypervisor(one.uri), try TestNode.hypervisor(two.uri))
            try await running(here) { record in
                try await running(there) { other in
                    _ = try await (record.inventory(), other.inventory())
                    await #expect {
                        try await here.migrate(QEMUTests.uuid, to: there) { _ in }
                    } throws: { ($0 as? GatehouseError)?.code == .conflict }
                    _ = try await one.virsh("autostart", "bios")
                    try await here.perform(.start, on: QEMUTests.uuid)
                    try await here.migrate(QEMUTests.uuid, to: there) { _ in }
                    let moved = try await there.machine(QEMUTests.uuid)
                    #expect(moved.state == .running && moved.persistent == true && moved.autostart == true)
                    await #expect(throws: GatehouseError.machineNotFound) { try await here.machine(QEMUTests.uuid) }
                    try await other.waitFor(QEMUTests.uuid, .running)
                    _ = try await record.first(within: .seconds(20)) { event -> Bool? in
                        event == .removed(QEMUTests.uuid) ? true : nil
                    }
                    try await there.perform(.pause, on: QEMUTests.uuid)
                    try await there.migrate(QEMUTests.uuid, to: here) { _ in }
                    #expect(try await here.machine(QEMUTests.uuid).state == .paused)
                }
            }
        }
    }

    @Test func `a move that is given up leaves the machine where it is, running`() async throws {
        try await withTwo { one, two in
            // So much memory takes some seconds at that speed, though all of it is empty.
            let memory = QEMUTests.domain().replacing("<memory unit='MiB'>48<", with: "<memory unit='MiB'>1024<")
            try await one.define(memory)
            let (here, there) = (try TestNode.hypervisor(one.uri), try TestNode.hypervisor(two.uri))
            try await running(here) { record in
                try await running(there) { other in
                    _ = try await (record.inventory(), other.inventory())
                    try await here.perform(.start, on: QEMUTests.uuid)
                    let slow = try await one.virsh("migrate-setspeed", "bios", "1")
                    try #require(slow.status == 0, "\(slow.output)")
                    let move = Task { try await here.migrate(QEMUTests.uuid, to: there) { _ in } }
                    try await Task.sleep(for: .milliseconds(300))
                    move.cancel()
                    await #expect(throws: CancellationError.self) { try await move.value }
                    #expect(try await here.machine(QEMUTests.uuid).state == .running)
                    await #expect(throws: GatehouseError.machineNotFound) { try await there.machine(QEMUTests.uuid) }
                    _ = try await one.virsh("migrate-setspeed", "bios", "1000")
                    let told = Mutex<[Int]>([])
                    try await here.migrate(QEMUTests.uuid, to: there) { percent in told.withLock { $0.append(percent) }
                    }
                    #expect(told.withLock { $0 }.allSatisfy { (0...100).contains($0) })
                    #expect(try await there.machine(QEMUTests.uuid).state == .running)
                }
            }
        }
    }

    @Test func `a machine with a volume of its host does not move, whatever is there under that name`() async throws {
        try await withTwo { one, two in
            let disk = "<disk type='volume'><source pool='scratch' volume='v'/><target dev='vda' bus='virtio'/></disk>"
            for libvirtd in [one, two] {
                try await libvirtd.makePool("scratch")
                let made = try await libvirtd.virsh("vol-create-as", "scratch", "v", "1M")
                try #require(made.status == 0, "\(made.output)")
            }
            try await one.define(QEMUTests.domain().replacing("<serial type", with: disk + "<serial type"))
            let (here, there) = (try TestNode.hypervisor(one.uri), try TestNode.hypervisor(two.uri))
            try await running(here) { record in
                try await running(there) { other in
                    _ = try await (record.inventory(), other.inventory())
                    try await here.perform(.start, on: QEMUTests.uuid)
                    await #expect {
                        try await here.migrate(QEMUTests.uuid, to: there) { _ in }
                    } throws: { error in
                        let error = error as? GatehouseError
                        return error?.code == .conflict && error?.message.contains("vda") == true
                    }
                    #expect(try await here.machine(QEMUTests.uuid).state == .running)
                }
            }
        }
    }

    @Test func `a host that is the same, and one that has a machine of that name, take none`() async throws {
        try await withTwo { one, two in
            try await one.define(QEMUTests.domain())
            let other = QEMUTests.uuid.uuidString.lowercased()
            try await two.define(QEMUTests.domain().replacing(other, with: UUID().uuidString.lowercased()))
            let here = try TestNode.hypervisor(one.uri)
            let (again, there) = (try TestNode.hypervisor(one.uri), try TestNode.hypervisor(two.uri))
            try await running(here) { record in
                try await running(again) { second in
                    try await running(there) { third in
                        _ = try await (record.inventory(), second.inventory(), third.inventory())
                        try await here.perform(.start, on: QEMUTests.uuid)
                        for target in [again, there] {
                            await #expect(throws: GatehouseError.self) {
                                try await here.migrate(QEMUTests.uuid, to: target) { _ in }
                            }
                            #expect(try await here.machine(QEMUTests.uuid).state == .running)
                        }
                    }
                }
            }
        }
    }

    @Test func `maintenance moves a running machine to the other host, which keeps its notes, and back`() async throws {
        try await withTwo { one, two in
            try await withCore(one, two) { test in
                let before = try await test.machine("bios")
                _ = try await test.core.inventory.setNotes("Ours.", of: before.id)
                let actor = MaintenanceActor(name: "anna")
                try await test.core.maintenance.enter(before.id.node, policy: .migrate, by: actor)
                try await waitFor("two", .running, test)
                let moved = try await test.machine("bios")
                #expect(moved.address == before.address && moved.record.notes == "Ours.")
                #expect(try await two.virsh("domstate", "bios").output.contains("running"))
                #expect(try await one.virsh("list", "--all", "--name").output.contains("bios") == false)
                try await test.core.maintenance.leave(before.id.node, bringsBack: true, by: actor)
                try await waitFor("one", .running, test)
                #expect(try await test.machine("bios").id == before.id)
            }
        }
    }

    @Test func `a machine that the other host refuses is saved, and goes on from there after maintenance`() async throws
    {
        try await withTwo { one, two in
            let other = QEMUTests.uuid.uuidString.lowercased()
            let elder = QEMUTests.domain().replacing(other, with: UUID().uuidString.lowercased())
            try await withCore(one, two) { test in
                let id = try await test.machine("bios").id
                try await two.define(elder)
                try await eventually("it is there") { await test.core.inventory.allMachines().count == 2 }
                let actor = MaintenanceActor(name: "anna")
                try await test.core.maintenance.enter(id.node, policy: .migrate, by: actor)
                #expect(await test.core.inventory.node(id.node)?.maintenance?.machines.map(\.deed) == [.saved])
                #expect(try await one.virsh("domstate", "bios").output.contains("shut off"))
                await #expect(throws: GatehouseError.self) {
                    try await test.core.inventory.perform(.start, on: id, by: "ben")
                }
                try await test.core.maintenance.leave(id.node, bringsBack: false, by: actor)
                try await eventually("it runs") {
                    await test.core.inventory.machine(id)?.snapshot.state == .running
                }
                #expect(try await one.virsh("domstate", "bios").output.contains("running"))
            }
        }
    }

    @Test func `where another host is found is where it is reached from here`() throws {
        func address(_ uri: String) throws -> String? {
            try LibvirtNode(uri: try LibvirtURI(uri)).migrationAddress
        }
        #expect(try address("qemu:///system") == nil)
        #expect(try address("qemu+ssh://root@b.example:2222/system") == "tcp://b.example")
        #expect(try address("qemu+tls://[fd00::2]/system") == "tcp://[fd00::2]")
    }
}
