// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import Libvirt

@Suite struct TestDriverTests {
    @Test func `the fake keeps the contract`() async throws {
        let uuid = UUID()
        let machine = MachineSnapshot(
            uuid: uuid, name: "one", state: .off, vcpus: 1, memoryKiB: 49_152, maxMemoryKiB: 49_152,
            consoles: [.vnc, .text])
        let fake = FakeHypervisor([machine])
        fake.put(
            PoolSnapshot(
                name: "pool", type: "dir", path: "/pool", isActive: true, capacityBytes: 1 << 40,
                allocatedBytes: 1 << 30, availableBytes: (1 << 40) - (1 << 30)))
        try await HypervisorContract(fake, subject: uuid, capabilities: .all, pool: "pool").verify()
    }

    @Test(.timeLimit(.minutes(1))) func `the test driver keeps the contract`() async throws {
        let directory = try ScratchDirectory()
        let hypervisor = try TestNode.hypervisor("test://" + TestNode.file(in: directory, machines: 2))
        try await HypervisorContract(
            hypervisor, subject: TestNode.uuid(1), capabilities: [.pictures, .keys, .saving, .screens], pool: "pool"
        ).verify()
    }

    @Test func `a node says what it is`() async throws {
        let hypervisor = try TestNode.hypervisor("test:///default")
        let facts = try await running(hypervisor) { record in
            try await record.first(within: .seconds(10)) { event -> NodeFacts? in
                if case .node(.online(let facts)) = event { facts } else { nil }
            }
        }
        #expect(facts.hypervisor == "TEST")
        #expect(facts.cpus == 16)
    }

    @Test(.timeLimit(.minutes(1))) func `five hundred machines are listed in a moment`() async throws {
        let directory = try ScratchDirectory()
        let hypervisor = try TestNode.hypervisor("test://" + TestNode.file(in: directory, machines: 500))
        let (machines, time) = try await running(hypervisor) { record in
            _ = try await record.first(within: .seconds(20)) { event -> Bool? in
                if case .node(.online) = event { true } else { nil }
            }
            let start = ContinuousClock.now
            let machines = try await record.inventory()
            return (machines, ContinuousClock.now - start)
        }
        #expect(machines.count == 500)
        #expect(machines.allSatisfy { $0.state == .off && $0.consoles == [.vnc, .text] && $0.persistent == true })
        #expect(time < .seconds(5), "it took \(time)")
    }

    @Test func `the test driver's text console is refused and its screen is at the listener`() async throws {
        let directory = try ScratchDirectory()
        let hypervisor = try TestNode.hypervisor("test://" + TestNode.file(in: directory, machines: 1))
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            try await hypervisor.perform(.start, on: TestNode.uuid(1))
            await #expect {
                _ = try await hypervisor.openConsole(.text, on: TestNode.uuid(1), force: false)
            } throws: { ($0 as? GatehouseError)?.code == .unsupported }
            let source = try await hypervisor.openConsole(.vnc, on: TestNode.uuid(1), force: false)
            guard case .tcp(let host, let port, let credential) = source else {
                Issue.record("not TCP: \(source)")
                return
            }
            #expect(host == "127.0.0.1" && port == 5901 && credential?.password == "x")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `opening and closing again leaves nothing behind`() async throws {
        let directory = try ScratchDirectory()
        let uri = "test://" + (try TestNode.file(in: directory, machines: 3))
        func once() async throws {
            try await running(try TestNode.hypervisor(uri)) { _ = try await $0.inventory() }
        }
        try await once()
        let before = Resources.descriptors
        for _ in 0..<50 { try await once() }
        // Other tests run at the same time, so only growth with the number of rounds counts.
        #expect(await eventually { Resources.descriptors < before + 40 && Resources.threads < 60 })
    }

    @Test func `two runs of one node at a time are refused`() async throws {
        let hypervisor = try TestNode.hypervisor("test:///default")
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            await #expect(throws: GatehouseError.self) { try await hypervisor.run { _ in } }
        }
    }
}
