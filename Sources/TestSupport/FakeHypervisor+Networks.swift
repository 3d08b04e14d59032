// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// The networks of a fake node.
package struct FakeNetworks: Sendable {
    /// Every network.
    package var networks: [NetworkSnapshot] = []
    /// Every interface of the host.
    package var interfaces: [HostInterface] = [HostInterface(name: "lo", type: "ethernet", isLoopback: true)]
    /// What machines have at their next start, where it is not what they have now.
    package var stored: [UUID: [MachineInterface]] = [:]
    /// What is told of every change of a machine that runs.
    package var outcome = DeviceOutcome.done
    /// Whether bridges of the host can be made and removed.
    package var changesHost = false

    /// None.
    package init() {}
}

extension FakeHypervisor {
    /// Changes what networks there are.
    package func setNetworks(_ change: (inout FakeNetworks) -> Void) {
        state.withLock { change(&$0.networks) }
    }

    /// The networks that were set or made.
    package func networks() async throws -> [NetworkSnapshot] {
        try whileReachable { $0.networks.networks.sorted { $0.name < $1.name } }
    }

    /// The interfaces that were set.
    package func hostInterfaces() async throws -> [HostInterface] {
        try whileReachable { $0.networks.interfaces.sorted { $0.name < $1.name } }
    }

    /// Adds a network.
    package func createNetwork(_ network: NewNetwork) async throws {
        try whileReachable { state in
            guard network.uplink == nil || state.networks.changesHost else {
                throw GatehouseError(.unsupported, "This node makes no bridges of the host.")
            }
            guard !state.networks.networks.contains(where: { $0.name == network.name }) else {
                throw GatehouseError(.hypervisorFailed, "There is one already.")
            }
            var made = NetworkSnapshot(
                name: network.name, kind: network.uplink == nil ? .virtual : .host,
                bridge: network.bridge ?? (network.uplink == nil ? "virbr9" : network.name))
            made.uplink = network.uplink
            made.autostart = network.uplink == nil ? true : nil
            state.networks.networks.append(made)
        }
    }

    /// Removes a network.
    package func removeNetwork(_ name: String, kind: NetworkKind) async throws {
        try whileReachable { state in
            let index = state.networks.networks.firstIndex { $0.name == name && $0.kind == kind }
            guard let index else { throw GatehouseError.networkNotFound }
            guard kind == .virtual || state.networks.changesHost else {
                throw GatehouseError(.unsupported, "This node removes no bridges of the host.")
            }
            state.networks.networks.remove(at: index)
        }
    }

    /// Has a network that can hold a VLAN apart.
    package func setVLAN(_ vlan: Int, isHeldApart: Bool, on network: String) async throws {
        try whileReachable { state in
            let index = state.networks.networks.firstIndex { $0.name == network && $0.kind == .virtual }
            guard let index else { throw GatehouseError.networkNotFound }
            guard state.networks.networks[index].separatesVLANs else {
                throw GatehouseError(.unsupported, "This network holds no VLANs apart.")
            }
            var vlans = Set(state.networks.networks[index].vlans)
            if isHeldApart { vlans.insert(vlan) } else { vlans.remove(vlan) }
            state.networks.networks[index].vlans = vlans.sorted()
        }
    }

    /// The interfaces of every machine.
    package func wirings() async throws -> [MachineWiring] {
        try whileReachable { state in state.machines.map { Self.wiring($0, state) } }
    }

    /// The interfaces of a machine.
    package func wiring(of uuid: UUID) async throws -> MachineWiring {
        try withMachine(uuid) { state, machine in Self.wiring(machine, state) }
    }

    /// Adds an interface to a machine.
    package func attach(_ interface: NewMachineInterface, to uuid: UUID) async throws {
        try withMachine(uuid) { state, machine in
            guard Self.wiring(machine, state).interface(interface.mac.description) == nil else {
                throw GatehouseError(.conflict, "The machine has it already.")
            }
            var made = MachineInterface(
                mac: interface.mac.description, type: interface.source.type, source: interface.source.name,
                model: interface.model)
            let stored = Self.wiring(machine, state).stored + [made]
            if machine.state.isActive { made.target = "vnet\(machine.interfaces?.count ?? 0)" }
            machine.interfaces = (machine.interfaces ?? []) + [made]
            if machine.state.isActive { state.networks.stored[uuid] = stored }
        }
    }

    /// Removes an interface from a machine.
    package func detachInterface(_ mac: MACAddress, from uuid: UUID) async throws -> DeviceOutcome {
        try change(mac, of: uuid) { _ in nil }
    }

    /// Changes an interface of a machine.
    package func moveInterface(
        _ mac: MACAddress, of uuid: UUID, to source: InterfaceSource
    ) async throws -> DeviceOutcome {
        try change(mac, of: uuid) { interface in
            var moved = interface
            (moved.type, moved.source) = (source.type, source.name)
            return moved
        }
    }

    private func change(
        _ mac: MACAddress, of uuid: UUID, _ body: (MachineInterface) -> MachineInterface?
    ) throws -> DeviceOutcome {
        try withMachine(uuid) { state, machine in
            let wiring = Self.wiring(machine, state)
            guard wiring.interface(mac.description) != nil else { throw GatehouseError.interfaceNotFound }
            func change(_ list: [MachineInterface]) -> [MachineInterface] {
                list.compactMap { MACAddress($0.mac) == mac ? body($0) : $0 }
            }
            guard machine.state.isActive else {
                machine.interfaces = change(wiring.stored)
                return .done
            }
            if state.networks.outcome == .done { machine.interfaces = change(wiring.live) }
            state.networks.stored[uuid] = change(wiring.stored)
            return state.networks.outcome
        }
    }

    private static func wiring(_ machine: MachineSnapshot, _ state: State) -> MachineWiring {
        let shown = machine.interfaces ?? []
        guard machine.state.isActive else { return MachineWiring(uuid: machine.uuid, isActive: false, stored: shown) }
        return MachineWiring(
            uuid: machine.uuid, isActive: true, live: shown, stored: state.networks.stored[machine.uuid] ?? shown)
    }
}
