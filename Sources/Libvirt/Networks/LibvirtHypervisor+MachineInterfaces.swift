// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import FoundationEssentials
package import Model

extension LibvirtHypervisor {
    /// The interfaces of every machine, running or stored; a machine that vanishes meanwhile is left out.
    package func wirings() async throws -> [MachineWiring] {
        try await calling("list the machines' interfaces") { session in
            try await session.read(within: timing.sample) { connection in
                try connection.domains().compactMap { reference in
                    do {
                        return try Self.wiring(reference.domain)
                    } catch let error as LibvirtError where error.isNoDomain {
                        return nil
                    }
                }
            }
        }
    }

    /// The interfaces of a machine, running or stored.
    package func wiring(of uuid: UUID) async throws -> MachineWiring {
        try await calling("list the machine's interfaces") { session in
            try await session.read { connection in try Self.wiring(try connection.domain(uuid)) }
        }
    }

    private static func wiring(_ domain: borrowing Domain) throws -> MachineWiring {
        let isActive = try domain.isActive()
        let isPersistent = try domain.isPersistent()
        var wiring = MachineWiring(uuid: try domain.uuid(), isActive: isActive)
        if isActive { wiring.live = try DomainDescription(xml: try domain.xml()).interfaces }
        if isPersistent { wiring.stored = try DomainDescription(xml: try domain.xml(isStored: true)).interfaces }
        return wiring
    }

    /// Gives a machine an interface: to its stored definition, and at once where it runs.
    package func attach(_ interface: NewMachineInterface, to uuid: UUID) async throws {
        try await calling("attach the interface") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                guard try Self.wiring(domain).interface(interface.mac.description) == nil else {
                    throw GatehouseError(.conflict, "The machine has an interface with that MAC address already.")
                }
                try domain.attach(MachineInterfaceXML.new(interface), to: try Self.definitions(of: domain))
            }
        }
    }

    /// Takes an interface from a machine.
    ///
    /// What runs comes first: where the node refuses that, the stored definition stays as it is.
    package func detachInterface(_ mac: MACAddress, from uuid: UUID) async throws -> DeviceOutcome {
        try await calling("detach the interface") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                let parts = try Self.elements(mac, of: domain)
                if let live = parts.live { try domain.detach(live.document, from: .live) }
                if let stored = parts.stored { try domain.detach(stored.document, from: .stored) }
                guard parts.live != nil else { return .done }
                return try Self.wiring(domain).live.contains { MACAddress($0.mac) == mac } ? .pending : .done
            }
        }
    }

    /// Plugs an interface of a machine into something else; at its next start where the hypervisor can not at once.
    package func moveInterface(
        _ mac: MACAddress, of uuid: UUID, to source: InterfaceSource
    ) async throws -> DeviceOutcome {
        try await calling("move the interface") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                let parts = try Self.elements(mac, of: domain)
                var outcome = DeviceOutcome.done
                if let live = parts.live {
                    do {
                        try domain.update(MachineInterfaceXML.moved(live, to: source), in: .live)
                    } catch let error as LibvirtError {
                        guard parts.stored != nil, error.isUnsupported else { throw error }
                        outcome = .pending
                    }
                }
                if let stored = parts.stored {
                    try domain.update(MachineInterfaceXML.moved(stored, to: source), in: .stored)
                }
                return outcome
            }
        }
    }

    /// Which definitions a domain has.
    static func definitions(of domain: borrowing Domain) throws -> DefinitionChoice {
        var choice: DefinitionChoice = []
        if try domain.isActive() { choice.insert(.live) }
        if try domain.isPersistent() { choice.insert(.stored) }
        return choice
    }

    /// The interface of that address in what runs and in what is stored.
    ///
    /// - Throws: `notFound` where it is in neither.
    private static func elements(
        _ mac: MACAddress, of domain: borrowing Domain
    ) throws -> (live: XMLElement?, stored: XMLElement?) {
        let choice = try definitions(of: domain)
        let live = choice.contains(.live) ? try MachineInterfaceXML.find(mac, in: try domain.xml()) : nil
        let stored =
            choice.contains(.stored) ? try MachineInterfaceXML.find(mac, in: try domain.xml(isStored: true)) : nil
        guard live != nil || stored != nil else { throw GatehouseError.interfaceNotFound }
        return (live, stored)
    }
}

/// The interfaces in a domain's XML.
enum MachineInterfaceXML {
    /// The interface of that address.
    static func find(_ mac: MACAddress, in xml: [UInt8]) throws -> XMLElement? {
        guard let root = try? XMLElement.parse(xml) else {
            throw GatehouseError(.hypervisorFailed, "The node described the machine in a way that can not be read.")
        }
        return root.first("devices")?.all("interface").first { element in
            element.first("mac")?["address"].flatMap { MACAddress($0) } == mac
        }
    }

    /// An interface that is to be attached.
    static func new(_ interface: NewMachineInterface) -> String {
        var element = XMLElement(name: "interface", attributes: ["type": interface.source.type])
        element.children = [
            XMLElement(name: "mac", attributes: ["address": interface.mac.description]), source(interface.source),
        ]
        if let model = interface.model {
            element.children.append(XMLElement(name: "model", attributes: ["type": model]))
        }
        return element.document
    }

    /// The interface plugged into something else, without what belonged to its old place.
    static func moved(_ element: XMLElement, to place: InterfaceSource) -> String {
        var element = element
        element.attributes["type"] = place.type
        element.children.removeAll { ["source", "target", "alias", "virtualport", "vlan"].contains($0.name) }
        element.children.insert(source(place), at: 0)
        return element.document
    }

    private static func source(_ place: InterfaceSource) -> XMLElement {
        XMLElement(name: "source", attributes: [place.type: place.name])
    }
}
