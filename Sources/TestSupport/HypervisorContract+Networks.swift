// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing

extension HypervisorContract {
    /// Checks what a hypervisor has to do with networks and interfaces, from connecting to the end of the run.
    ///
    /// Two networks are made and removed again. `attaches` says whether interfaces of machines can be changed.
    package func verifyNetworks(attaches: Bool) async throws {
        let record = EventRecord()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hypervisor] in try await hypervisor.run { await record.append($0) } }
            group.addTask {
                _ = try await record.first(within: self.patience) { event -> Bool? in
                    if case .inventory = event { true } else { nil }
                }
                let tag = String(UInt16.random(in: 0x1000...0xFFFF), radix: 16)
                try await self.verifyNetwork("gh \(tag) & 'a'", bridge: "gha\(tag)")
                try await self.verifyAbsence()
                try await self.verifyInterfaces(tag, attaches: attaches, record)
                throw CancellationError()
            }
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                group.cancelAll()
            }
        }
        await expect(.nodeUnreachable) { [hypervisor] in _ = try await hypervisor.networks() }
        await expect(.nodeUnreachable) { [hypervisor] in _ = try await hypervisor.wirings() }
    }

    private func verifyNetwork(_ name: String, bridge: String) async throws {
        let hypervisor = hypervisor
        let before = try await hypervisor.networks()
        #expect(Set(before.map(\.name)).count == before.count, "a name stands for one network")
        try await hypervisor.createNetwork(try NewNetwork(name: name, bridge: bridge))
        let after = try await hypervisor.networks()
        #expect(after.map(\.name) == after.map(\.name).sorted() && after.count == before.count + 1)
        let made = try #require(after.first { $0.name == name })
        #expect(made.kind == .virtual && made.bridge == bridge && made.isActive && made.autostart == true)
        #expect(made.uplink == nil && made.address == nil && !made.separatesVLANs && made.vlans == [])
        await #expect(throws: GatehouseError.self, "one is there already") {
            try await hypervisor.createNetwork(try NewNetwork(name: name))
        }
        await expect(.unsupported) { try await hypervisor.setVLAN(5, isHeldApart: true, on: name) }
        try await hypervisor.removeNetwork(name, kind: .virtual)
        #expect(try await hypervisor.networks() == before)
        let interfaces = try await hypervisor.hostInterfaces()
        #expect(!interfaces.isEmpty && Set(interfaces.map(\.name)).count == interfaces.count)
    }

    private func verifyAbsence() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        await expect(.notFound) { try await hypervisor.removeNetwork("nowhere", kind: .virtual) }
        await expect(.notFound) { try await hypervisor.removeNetwork("nowhere", kind: .host) }
        await expect(.notFound) { try await hypervisor.setVLAN(5, isHeldApart: true, on: "nowhere") }
        let mac = MACAddress.random()
        let stranger = UUID()
        let interface = NewMachineInterface(mac: mac, source: .network("nowhere"))
        await expect(.notFound) { _ = try await hypervisor.wiring(of: stranger) }
        await expect(.notFound) { try await hypervisor.attach(interface, to: stranger) }
        await expect(.notFound) { _ = try await hypervisor.detachInterface(mac, from: stranger) }
        await expect(.notFound) { _ = try await hypervisor.detachInterface(mac, from: subject) }
        await expect(.notFound) {
            _ = try await hypervisor.moveInterface(mac, of: subject, to: .network("nowhere"))
        }
    }

    private func verifyInterfaces(_ tag: String, attaches: Bool, _ record: EventRecord) async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        let names = ["one-\(tag)", "two-\(tag)"]
        for (number, name) in names.enumerated() {
            try await hypervisor.createNetwork(try NewNetwork(name: name, bridge: "gh\(number)\(tag)"))
        }
        if attaches {
            try await verifyPlugging(names, isRunning: false)
            try await change(.start, to: .running, record)
            try await verifyPlugging(names, isRunning: true)
            try await change(.powerOff, to: .off, record)
        } else {
            let interface = NewMachineInterface(mac: .random(), source: .network(names[0]))
            await expect(.unsupported) { try await hypervisor.attach(interface, to: subject) }
        }
        for name in names { try await hypervisor.removeNetwork(name, kind: .virtual) }
    }

    /// Plugs an interface in, moves it and takes it away.
    private func verifyPlugging(_ names: [String], isRunning: Bool) async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        let interface = NewMachineInterface(mac: .random(), source: .network(names[0]), model: "virtio")
        let mac = interface.mac
        func found() async throws -> (live: MachineInterface?, stored: MachineInterface?) {
            let wiring = try await hypervisor.wiring(of: subject)
            #expect(wiring.isActive == isRunning && wiring.uuid == subject)
            #expect(try await hypervisor.wirings().contains(wiring))
            return (
                wiring.live.first { $0.mac == mac.description }, wiring.stored.first { $0.mac == mac.description }
            )
        }
        try await hypervisor.attach(interface, to: subject)
        let attached = try await found()
        #expect(attached.stored?.source == names[0] && attached.stored?.model == "virtio")
        #expect(attached.stored?.type == "network" && (attached.live != nil) == isRunning)
        if isRunning { #expect(attached.live?.source == names[0] && attached.live?.target != nil) }
        #expect(try await hypervisor.machine(subject).interfaces?.contains { $0.mac == mac.description } == true)
        await expect(.conflict) { try await hypervisor.attach(interface, to: subject) }

        let outcome = try await hypervisor.moveInterface(mac, of: subject, to: .network(names[1]))
        let moved = try await found()
        #expect(outcome == .done && moved.stored?.source == names[1] && moved.stored?.model == "virtio")
        if isRunning { #expect(moved.live?.source == names[1] && moved.live?.target == attached.live?.target) }

        let end = try await hypervisor.detachInterface(mac, from: subject)
        let left = try await found()
        #expect(left.stored == nil)
        // Only a guest that listens lets go at once.
        #expect((left.live == nil) == (end == .done) && (isRunning || end == .done))
        if end == .done { await expect(.notFound) { _ = try await hypervisor.detachInterface(mac, from: subject) } }
    }
}
