// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

extension LibvirtHypervisor {
    /// Gives a machine a disk: to its stored definition, and at once where it runs and can take one.
    package func attachDisk(_ disk: NewMachineDisk, to uuid: UUID) async throws -> DeviceOutcome {
        try await calling("attach the disk") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                let choice = try Self.definitions(of: domain)
                let document = MachineDiskXML.new(disk)
                guard disk.waits else { return try Self.attach(document, to: domain, choice) }
                guard choice.contains(.stored) else {
                    throw GatehouseError(.conflict, "The machine has something in this place, and no next start.")
                }
                try domain.attach(document, to: .stored)
                return choice.contains(.live) ? .pending : .done
            }
        }
    }

    private static func attach(
        _ document: String, to domain: borrowing Domain, _ choice: DefinitionChoice
    ) throws -> DeviceOutcome {
        do {
            try domain.attach(document, to: choice)
            return .done
        } catch {
            guard choice == [.live, .stored], error.isUnsupported || error.isOutOfSlots else { throw error }
            try domain.attach(document, to: .stored)
            return .pending
        }
    }

    /// Takes a disk from a machine; what is behind it stays as it is.
    ///
    /// What runs comes first: where the node refuses that for another reason than that it never can, the stored
    /// definition stays as it is.
    package func detachDisk(_ target: String, from uuid: UUID) async throws -> DeviceOutcome {
        try await calling("detach the disk") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                let choice = try Self.definitions(of: domain)
                let live = choice.contains(.live) ? try MachineDiskXML.find(target, in: try domain.xml()) : nil
                let stored =
                    choice.contains(.stored)
                    ? try MachineDiskXML.find(target, in: try domain.xml(isStored: true)) : nil
                guard live != nil || stored != nil else { throw GatehouseError.diskNotFound }
                if let live {
                    do {
                        try domain.detach(live.document, from: .live)
                    } catch let error as LibvirtError {
                        guard stored != nil, error.isUnsupported else { throw error }
                    }
                }
                if let stored { try domain.detach(stored.document, from: .stored) }
                guard live != nil, try MachineDiskXML.find(target, in: try domain.xml()) != nil else { return .done }
                return .pending
            }
        }
    }
}

extension LibvirtError {
    /// Whether a machine that runs has no place left to plug something into, as those of type q35 have few.
    fileprivate var isOutOfSlots: Bool { message.contains("No more available PCI slots") }
}

/// The disks in a domain's XML.
enum MachineDiskXML {
    /// The disk of that name.
    static func find(_ target: String, in xml: [UInt8]) throws -> XMLElement? {
        guard let root = try? XMLElement.parse(xml) else {
            throw GatehouseError(.hypervisorFailed, "The node described the machine in a way that can not be read.")
        }
        return root.first("devices")?.all("disk").first { $0.first("target")?["dev"] == target }
    }

    /// A disk that is to be attached.
    static func new(_ disk: NewMachineDisk) -> String {
        var element = XMLElement(
            name: "disk", attributes: ["type": disk.isDevice ? "block" : "file", "device": "disk"])
        element.children = [
            XMLElement(name: "driver", attributes: ["name": "qemu", "type": disk.format.rawValue]),
            XMLElement(name: "source", attributes: [disk.isDevice ? "dev" : "file": disk.path]),
            XMLElement(name: "target", attributes: ["dev": disk.target, "bus": disk.bus.rawValue]),
        ]
        if disk.isReadOnly { element.children.append(XMLElement(name: "readonly")) }
        if disk.isShareable { element.children.append(XMLElement(name: "shareable")) }
        return element.document
    }
}
