// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The networks of a node, the interfaces of its host and those of its machines.
///
/// Each call has a deadline of its own and throws `nodeUnreachable`, `timeout`, `notFound`, `unsupported`,
/// `conflict` or `hypervisorFailed`.
package protocol NetworkHypervisor: Sendable {
    /// Every network, by name: the hypervisor's own and the bridges of the host that it did not make itself.
    func networks() async throws -> [NetworkSnapshot]

    /// Every interface of the host, by name.
    func hostInterfaces() async throws -> [HostInterface]

    /// Makes a network, starts it, and has it started with the node.
    func createNetwork(_ network: NewNetwork) async throws

    /// Stops a network and forgets it.
    func removeNetwork(_ name: String, kind: NetworkKind) async throws

    /// Has a network hold a VLAN apart, or no longer; nothing happens where that is so already.
    ///
    /// - Throws: `unsupported` for a network that can not.
    func setVLAN(_ vlan: Int, isHeldApart: Bool, on network: String) async throws

    /// The interfaces of every machine, running or stored.
    func wirings() async throws -> [MachineWiring]

    /// The interfaces of a machine, running or stored.
    func wiring(of uuid: UUID) async throws -> MachineWiring

    /// Gives a machine an interface: to its stored definition, and at once where it runs.
    func attach(_ interface: NewMachineInterface, to uuid: UUID) async throws

    /// Takes an interface from a machine.
    ///
    /// - Throws: `notFound` where it has none with that hardware address.
    func detachInterface(_ mac: MACAddress, from uuid: UUID) async throws -> DeviceOutcome

    /// Plugs an interface of a machine into something else.
    ///
    /// - Throws: `notFound` where it has none with that hardware address.
    func moveInterface(_ mac: MACAddress, of uuid: UUID, to source: InterfaceSource) async throws -> DeviceOutcome
}

/// A node without networks that Gatehouse could see: it has none, and refuses whatever would change one.
extension NetworkHypervisor {
    /// None.
    package func networks() async throws -> [NetworkSnapshot] { [] }

    /// Refused.
    package func hostInterfaces() async throws -> [HostInterface] { throw GatehouseError.noNetworks }

    /// Refused.
    package func createNetwork(_ network: NewNetwork) async throws { throw GatehouseError.noNetworks }

    /// Refused.
    package func removeNetwork(_ name: String, kind: NetworkKind) async throws { throw GatehouseError.noNetworks }

    /// Refused.
    package func setVLAN(_ vlan: Int, isHeldApart: Bool, on network: String) async throws {
        throw GatehouseError.noNetworks
    }

    /// None.
    package func wirings() async throws -> [MachineWiring] { [] }

    /// Refused.
    package func wiring(of uuid: UUID) async throws -> MachineWiring { throw GatehouseError.noNetworks }

    /// Refused.
    package func attach(_ interface: NewMachineInterface, to uuid: UUID) async throws {
        throw GatehouseError.noNetworks
    }

    /// Refused.
    package func detachInterface(_ mac: MACAddress, from uuid: UUID) async throws -> DeviceOutcome {
        throw GatehouseError.noNetworks
    }

    /// Refused.
    package func moveInterface(
        _ mac: MACAddress, of uuid: UUID, to source: InterfaceSource
    ) async throws -> DeviceOutcome {
        throw GatehouseError.noNetworks
    }
}

extension GatehouseError {
    /// The answer of a node of which no networks are known.
    package static let noNetworks = GatehouseError(
        .unsupported, "This node has no networks that Gatehouse can see or change; use a libvirt node.")

    /// The answer for a network that is not there.
    package static let networkNotFound = GatehouseError(
        .notFound, "There is no such network on this node; list them with network.list.",
        details: ["parameter": "network"])

    /// The answer for an interface that a machine has not.
    package static let interfaceNotFound = GatehouseError(
        .notFound, "The machine has no such interface; machine.show lists them.",
        details: ["parameter": "interface"])
}
