// SPDX-License-Identifier: Apache-2.0

package import Model

/// Who changes a machine's interface.
package struct InterfaceChange: Sendable {
    /// The machine.
    package let machine: MachineID
    /// Who asked for it.
    package let by: String
    /// The job that does it; nil where somebody asked directly.
    package let job: JobID?

    /// Names a change.
    package init(machine: MachineID, by: String, job: JobID?) {
        self.machine = machine
        self.by = by
        self.job = job
    }
}

extension Networks {
    /// Whether a text can name the model of an emulated card.
    package static func isModel(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let isLetter = (0x61...0x7A).contains(byte | 0x20)
                return isLetter || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
            }
    }

    /// Gives a machine an interface in a network: to its stored definition, and at once where it runs.
    ///
    /// Without a network it is the node's default one, without an address one that is free.
    /// - Throws: `machineLocked`; `notFound`; `conflict` for an address that is in use.
    package func attach(
        to network: String?, mac: MACAddress?, model: String?, _ change: InterfaceChange
    ) async throws -> MACAddress {
        try await inventory.change(
            "attachInterface", on: change.machine, by: change.by, job: change.job
        ) { hypervisor, _ in
            try await self.plugIn(change.machine, on: hypervisor, network: network, mac: mac, model: model)
        }
    }

    private func plugIn(
        _ machine: MachineID, on hypervisor: any Hypervisor, network: String?, mac: MACAddress?, model: String?
    ) async throws -> MACAddress {
        try await exclusively(on: machine.node) {
            let source = try await source(network, on: machine.node)
            let address = try await reserve(mac)
            var wasGiven = false
            defer { release(address, wasGiven: wasGiven) }
            try await hypervisor.attach(
                NewMachineInterface(mac: address, source: source, model: model), to: machine.uuid)
            wasGiven = true
            addresses[machine.node]?.found.insert(address)
            return address
        }
    }

    /// Takes an interface from a machine, named by its address or by its device on the node.
    ///
    /// - Throws: `machineLocked`; `notFound`.
    package func detach(_ interface: String, _ change: InterfaceChange) async throws -> DeviceOutcome {
        let uuid = change.machine.uuid
        return try await inventory.change(
            "detachInterface", on: change.machine, by: change.by, job: change.job
        ) { hypervisor, _ in
            let mac = try Self.address(of: interface, in: try await hypervisor.wiring(of: uuid))
            return try await hypervisor.detachInterface(mac, from: uuid)
        }
    }

    /// Plugs an interface of a machine into another network of its node.
    ///
    /// - Throws: `machineLocked`; `notFound`.
    package func move(
        _ interface: String, to network: String, _ change: InterfaceChange
    ) async throws -> DeviceOutcome {
        try await inventory.change(
            "moveInterface", on: change.machine, by: change.by, job: change.job
        ) { hypervisor, _ in
            try await self.plugOver(interface, of: change.machine, on: hypervisor, network: network)
        }
    }

    private func plugOver(
        _ interface: String, of machine: MachineID, on hypervisor: any Hypervisor, network: String
    ) async throws -> DeviceOutcome {
        try await exclusively(on: machine.node) {
            let source = try await source(network, on: machine.node)
            let mac = try Self.address(of: interface, in: try await hypervisor.wiring(of: machine.uuid))
            return try await hypervisor.moveInterface(mac, of: machine.uuid, to: source)
        }
    }

    /// What an interface in a network is plugged into; nil stands for the node's default network.
    private func source(_ network: String?, on node: NodeID) async throws -> InterfaceSource {
        guard let name = try await defaulted(network, on: node) else {
            throw GatehouseError.invalidParameter(
                "network", "The node has no default network; name one, or have a superuser choose a default.")
        }
        return try await self.network(name, on: node).snapshot.source
    }

    private func defaulted(_ network: String?, on node: NodeID) async throws -> String? {
        if let network { return network }
        return try await defaultNetwork(of: node)
    }

    private static func address(of interface: String, in wiring: MachineWiring) throws -> MACAddress {
        guard let found = wiring.interface(interface).flatMap({ MACAddress($0.mac) }) else {
            throw GatehouseError.interfaceNotFound
        }
        return found
    }
}
