// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import FoundationEssentials
import Glibc
package import Model

extension LibvirtHypervisor {
    /// What the stored definition of each machine takes, and that of its run.
    package func attachments() async throws -> [MachineAttachments] {
        try await calling("look at the machines' disks") { session in
            try await session.read(within: timing.sample) { connection in
                try connection.domains().compactMap { try Self.attachments(of: $0) }
            }
        }
    }

    private static func attachments(of reference: DomainReference) throws -> MachineAttachments? {
        var found = MachineAttachments(uuid: reference.uuid)
        do {
            for isStored in [false, true] {
                // A machine that is gone with its run has no stored definition, and says so.
                guard try !isStored || reference.domain.isPersistent() else { continue }
                found.disks += try DomainDefinition(try reference.domain.xml(isStored: isStored)).attachments
            }
        } catch let error as LibvirtError where error.isNoDomain {
            return nil
        }
        return found
    }

    /// How a machine will be when it is started next; without passwords.
    package func definition(of uuid: UUID) async throws -> MachineDefinition {
        try await calling("read the machine's definition") { session in
            try await session.read { connection in
                let text = try connection.domain(uuid).xml(withSecrets: true, isStored: true)
                return try DomainDefinition(text).definition(text: text)
            }
        }
    }

    /// Defines a machine after another one's definition.
    package func define(_ copy: MachineCopy, of definition: String) async throws {
        let document = try DomainDefinition(Array(definition.utf8)).document(of: copy)
        try await calling("define the machine") { session in
            try await session.change { connection in
                // libvirt would replace a definition of the same UUID and name without a word.
                if (try? connection.domain(copy.uuid)) != nil {
                    throw GatehouseError(.conflict, "There is a machine of that UUID already.")
                }
                guard !connection.hasDomain(named: copy.name) else {
                    throw GatehouseError(.conflict, "The node has a machine of that name; choose another name.")
                }
                try connection.define(document)
            }
        }
    }

    /// Forgets a machine that is off.
    package func undefine(_ uuid: UUID) async throws {
        try await calling("delete the machine") { session in
            try await session.change { connection in
                let domain = try connection.domain(uuid)
                let state = DomainReading.state(try domain.activity(), hasSavedImage: false)
                guard !state.isActive else {
                    throw GatehouseError(.conflict, "The machine is running; power it off first.")
                }
                try domain.undefine()
            }
        }
    }
}

extension Domain {
    /// Forgets it with its saved image, its firmware variables and what libvirt knows of its snapshots.
    func undefine() throws(LibvirtError) {
        let saved = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue
        let snapshots = VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue
        let everything =
            saved | snapshots | VIR_DOMAIN_UNDEFINE_NVRAM.rawValue | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue
        // Drivers other than QEMU's know some of the flags only.
        for flags in [everything, saved | snapshots] {
            if unsafe virDomainUndefineFlags(pointer, flags) == 0 { return }
            let error = LibvirtError.last()
            guard error.isUnsupported || error.number == VIR_ERR_INVALID_ARG.rawValue else { throw error }
        }
        try LibvirtError.check(unsafe virDomainUndefine(pointer))
    }
}

extension Connection {
    /// Whether there is a domain of that name.
    func hasDomain(named name: String) -> Bool {
        guard let found = unsafe virDomainLookupByName(pointer, name) else { return false }
        _ = unsafe virDomainFree(found)
        return true
    }

    /// Defines a domain.
    func define(_ document: String) throws(LibvirtError) {
        guard let made = unsafe virDomainDefineXML(pointer, document) else { throw LibvirtError.last() }
        _ = unsafe virDomainFree(made)
    }
}
