// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import Libvirt

@Suite struct StatisticsTests {
    @Test func `the test driver's machine is measured, although no call tells all of it`() async throws {
        let hypervisor = try TestNode.hypervisor("test:///default")
        try await running(hypervisor) { record in
            let machine = try #require(try await record.inventory().first)
            let first = try await hypervisor.sample()
            #expect(first.host.cpus == 16 && first.host.memoryKiB == 3_145_728 && first.host.load == nil)
            #expect(try #require(first.host.cpuNanoseconds) > 0 && first.host.idleNanoseconds != nil)
            #expect(try #require(first.host.freeMemoryKiB) <= first.host.memoryKiB)
            let pool = try #require(first.host.storage?.first)
            #expect(pool.name == "default-pool" && pool.capacityBytes > 0 && pool.percent == 0)
            let counters = try #require(first.machines.first)
            #expect(first.machines.count == 1 && counters.uuid == machine.uuid && counters.state == .running)
            #expect(counters.vcpus == 2 && counters.memoryKiB == 2_097_152 && counters.usedMemoryKiB == nil)
            let second = try await hypervisor.sample()
            #expect(try #require(second.machines.first?.cpuNanoseconds) >= (try #require(counters.cpuNanoseconds)))
            #expect(second.at >= first.at && abs(second.at.timeIntervalSinceNow) < 10)
        }
    }

    @Test func `a machine's disks and interfaces are measured one by one`() async throws {
        let directory = try ScratchDirectory()
        let devices = """
            <disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>
            <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/>
              <target dev='testnet0'/></interface>
            """
        let hypervisor = try TestNode.hypervisor(
            "test://" + TestNode.file(in: directory, domains: [TestNode.domain(1, devices: devices)]))
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            let off = try await hypervisor.statistics(of: TestNode.uuid(1))
            #expect(off.counters.state == .off && off.counters.cpuNanoseconds == nil && off.disks.isEmpty)
            try await hypervisor.perform(.start, on: TestNode.uuid(1))
            let on = try await hypervisor.statistics(of: TestNode.uuid(1))
            #expect(on.counters.state == .running && on.counters.cpuNanoseconds != nil)
            #expect(on.disks.map(\.target) == ["vda", "vdb"] && on.disks.allSatisfy { $0.readBytes != nil })
            #expect(on.interfaces.map(\.target) == ["testnet0"] && on.interfaces[0].sentPackets != nil)
            #expect(on.maxMemoryKiB == 1_048_576)
            let sampled = try #require(try await hypervisor.sample().machines.first)
            #expect(sampled.diskReadBytes != nil && sampled.netSentBytes != nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `five hundred machines are measured in a moment`() async throws {
        let directory = try ScratchDirectory()
        let hypervisor = try TestNode.hypervisor("test://" + TestNode.file(in: directory, machines: 500))
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            let start = ContinuousClock.now
            let sample = try await hypervisor.sample()
            #expect(sample.machines.count == 500 && sample.machines.allSatisfy { $0.state == .off })
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func `figures become counters, and what is missing stays unknown`() {
        let uuid = UUID()
        var figures = DomainFigures(uuid: uuid)
        #expect(figures.counters == MachineCounters(uuid: uuid, state: .unknown))
        figures.numbers = [
            "state.state": 1, "state.reason": 1, "cpu.time": 7_000, "balloon.current": 1000, "balloon.maximum": 2000,
            "balloon.available": 900, "balloon.unused": 100, "balloon.usable": 400, "block.count": 3,
            "block.0.rd.bytes": 10, "block.0.wr.bytes": 20, "block.1.rd.bytes": 5, "block.1.capacity": 50,
            "net.count": 1, "net.0.rx.bytes": 3, "net.0.tx.bytes": 4, "net.0.rx.drop": 9,
        ]
        figures.texts = ["block.0.name": "vda", "block.1.name": "sda", "net.0.name": "vnet3"]
        let counters = figures.counters
        #expect(counters.state == .running && counters.cpuNanoseconds == 7_000 && counters.memoryKiB == 1000)
        #expect(counters.usedMemoryKiB == 500, "what the guest could give back is not used")
        #expect(counters.diskReadBytes == 15 && counters.diskWriteBytes == 20)
        #expect(counters.netReceivedBytes == 3 && counters.netSentBytes == 4)
        #expect(figures.disks.map(\.target) == ["vda", "sda"], "a disk without a name is none")
        #expect(figures.disks[1].capacityBytes == 50 && figures.interfaces[0].receiveDrops == 9)
        (figures.numbers["block.count"], figures.numbers["net.count"]) = (0, nil)
        #expect(figures.counters.diskReadBytes == 0, "no disk moves nothing")
        #expect(figures.counters.netSentBytes == nil)
    }

    @Test func `figures that make no sense do no harm`() {
        var figures = DomainFigures(uuid: UUID())
        figures.numbers = [
            "state.state": .max, "state.reason": .min, "block.count": .max, "net.count": -5,
            "block.0.rd.bytes": .max, "block.1.rd.bytes": .max, "balloon.available": 1, "balloon.unused": 2,
        ]
        figures.texts = ["block.0.name": "a", "block.1.name": "b"]
        #expect(figures.counters.state == .unknown && figures.counters.usedMemoryKiB == nil)
        #expect(figures.disks.count == 2 && figures.interfaces.isEmpty)
        #expect(figures.counters.diskReadBytes != nil)
    }
}
