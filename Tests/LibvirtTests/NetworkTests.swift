// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import Libvirt

/// Networks of the fake and of libvirt's test driver, which touches nothing of this host.
@Suite struct NetworkTests {
    @Test func `the fake keeps the contract of networks`() async throws {
        let uuid = UUID()
        let machine = MachineSnapshot(uuid: uuid, name: "one", state: .off)
        try await HypervisorContract(FakeHypervisor([machine]), subject: uuid, capabilities: .all)
            .verifyNetworks(attaches: true)
    }

    @Test func `the test driver keeps the contract of networks`() async throws {
        let uuid = try #require(UUID(uuidString: "6695eb01-f6a4-8304-79aa-97f2502e193f"))
        let hypervisor = try TestNode.hypervisor("test:///default")
        try await HypervisorContract(hypervisor, subject: uuid, capabilities: []).verifyNetworks(attaches: false)
    }

    @Test func `the test driver's network, interface and machine are read`() async throws {
        let hypervisor = try TestNode.hypervisor("test:///default")
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            let networks = try await hypervisor.networks()
            let found = try #require(networks.first { $0.name == "default" })
            #expect(found.kind == .virtual && found.bridge == "virbr0" && found.isActive && found.autostart == false)
            #expect(found.address == "192.168.122.1" && found.netmask == "255.255.255.0")
            let interface = try #require(try await hypervisor.hostInterfaces().first { $0.name == "eth1" })
            #expect(interface.mac == "aa:bb:cc:dd:ee:ff" && interface.mtu == 1492 && interface.counters == nil)
            let wiring = try #require(try await hypervisor.wirings().first)
            #expect(wiring.isActive && wiring.live.map(\.source) == ["default"] && wiring.stored.count == 1)
            #expect(wiring.interface("AA:BB:CC:DD:EE:FF") == wiring.live.first)
            #expect(wiring.interface("testnet0") == wiring.live.first && wiring.interface("") == nil)
        }
    }

    @Test func `a bridge of the host is made with its uplink and removed, where the driver can`() async throws {
        let hypervisor = try TestNode.hypervisor("test:///default")
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            try await hypervisor.createNetwork(try NewNetwork(name: "br7", uplink: "eth1"))
            let made = try #require(try await hypervisor.networks().first { $0.name == "br7" })
            #expect(made.kind == .host && made.bridge == "br7" && made.uplink == "eth1" && made.isActive)
            try await hypervisor.removeNetwork("br7", kind: .host)
            #expect(try await hypervisor.networks().allSatisfy { $0.name != "br7" })
        }
    }

    @Test func `VLANs of a network of Open vSwitch are groups of ports`() async throws {
        let directory = try ScratchDirectory()
        let network = """
            <network><name>ovs</name><uuid>00000000-0000-4000-8000-0000000000aa</uuid><forward mode='bridge'/>
            <bridge name='ovs0'/><virtualport type='openvswitch'/>
            <portgroup name='both'><vlan trunk='yes'><tag id='7'/><tag id='8'/></vlan></portgroup></network>
            """
        let file = try TestNode.file(in: directory, domains: [TestNode.domain(1), network])
        let hypervisor = try TestNode.hypervisor("test://" + file)
        try await running(hypervisor) { record in
            _ = try await record.inventory()
            func vlans() async throws -> [Int]? {
                try await hypervisor.networks().first { $0.name == "ovs" }?.vlans
            }
            #expect(try await vlans() == [7, 8])
            for _ in 0..<2 { try await hypervisor.setVLAN(42, isHeldApart: true, on: "ovs") }
            #expect(try await vlans() == [7, 8, 42])
            for _ in 0..<2 { try await hypervisor.setVLAN(42, isHeldApart: false, on: "ovs") }
            #expect(try await vlans() == [7, 8])
            await #expect {
                try await hypervisor.setVLAN(7, isHeldApart: false, on: "ovs")
            } throws: { ($0 as? GatehouseError)?.code == .conflict }
        }
    }
}

/// Networks of real QEMU: a bridge of each test's own on this host, gone when the test is.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: PrivateLibvirtd.networkAbsence == nil, "\(PrivateLibvirtd.networkAbsence ?? "")"))
struct QEMUNetworkTests {
    @Test func `real QEMU keeps the contract of networks`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.define(QEMUTests.domain())
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await HypervisorContract(hypervisor, subject: QEMUTests.uuid, capabilities: .all)
                .verifyNetworks(attaches: true)
        }
    }

    @Test func `this host's interfaces have counters, and its bridges can not be made by libvirt here`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                let loopback = try #require(try await hypervisor.hostInterfaces().first { $0.name == "lo" })
                #expect(loopback.isLoopback && loopback.address == "127.0.0.1" && loopback.netmask == "255.0.0.0")
                #expect(loopback.counters != nil && loopback.isPromiscuous == false)
                await #expect {
                    try await hypervisor.createNetwork(try NewNetwork(name: "ghbr9", uplink: "eth0"))
                } throws: { ($0 as? GatehouseError)?.code == .unsupported }
                let network =
                    "<network><name>ovs</name><forward mode='bridge'/><bridge name='nowhere'/>"
                    + "<virtualport type='openvswitch'/></network>"
                let file = "\(libvirtd.directory)/network.xml"
                try network.write(toFile: file, atomically: false, encoding: .utf8)
                let defined = try await libvirtd.virsh("net-define", file)
                #expect(defined.status == 0, "\(defined.output)")
                try await hypervisor.setVLAN(42, isHeldApart: true, on: "ovs")
                #expect(try await hypervisor.networks().first { $0.name == "ovs" }?.vlans == [42])
                try await hypervisor.setVLAN(42, isHeldApart: false, on: "ovs")
                try await hypervisor.removeNetwork("ovs", kind: .virtual)
                #expect(try await hypervisor.networks().allSatisfy { $0.name != "ovs" })
            }
        }
    }
}
