// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Model

extension LibvirtError {
    /// Whether the domain is not there.
    var isNoDomain: Bool { number == VIR_ERR_NO_DOMAIN.rawValue }

    /// Whether the connection broke under the call.
    var isLostConnection: Bool {
        number == VIR_ERR_SYSTEM_ERROR.rawValue && origin == UInt32(VIR_FROM_RPC.rawValue)
    }

    /// Whether what was being done was given up on request.
    var isAbort: Bool { number == VIR_ERR_OPERATION_ABORTED.rawValue }

    /// Whether the driver does not know the function.
    var isNotSupported: Bool { number == VIR_ERR_NO_SUPPORT.rawValue }

    /// Whether the driver can not do it for this domain or at all.
    var isUnsupported: Bool {
        isNotSupported || number == VIR_ERR_CONFIG_UNSUPPORTED.rawValue
            || number == VIR_ERR_OPERATION_UNSUPPORTED.rawValue || number == VIR_ERR_ARGUMENT_UNSUPPORTED.rawValue
    }
}

extension NodeSession {
    /// What is known of all domains after the calls that ask for all at once.
    private struct Listing: Sendable {
        var domains: [DomainReference]
        var activities: [UUID: DomainActivity]
        var persistent: Set<UUID>?
        var autostarted: Set<UUID>?
        var saved: Set<UUID>?
    }

    /// How many descriptions are fetched in one call.
    private static let chunk = 32

    /// One domain, read now.
    func reading(_ uuid: UUID, inFull: Bool = false) async throws -> DomainReading {
        try await read { connection in try connection.domain(uuid).reading(inFull: inFull) }
    }

    /// Every machine; a domain that vanishes meanwhile is left out.
    ///
    /// Five calls ask about all domains, then one for each domain fetches its description, some side
    /// by side. Where descriptions do not come in time, the machine is still there, with less of it.
    func inventory() async throws -> [MachineSnapshot] {
        let listing = try await read { connection in try Self.list(connection) }
        let chunks = stride(from: 0, to: listing.domains.count, by: Self.chunk).map { start in
            Array(listing.domains[start..<min(start + Self.chunk, listing.domains.count)])
        }
        return try await withThrowingTaskGroup(of: (Int, [MachineSnapshot]).self) { group in
            for (number, domains) in chunks.enumerated() {
                group.addTask { (number, try await self.describe(domains, listing)) }
            }
            let parts = try await group.reduce(into: [:]) { parts, part in parts[part.0] = part.1 }
            return chunks.indices.flatMap { parts[$0] ?? [] }
        }
    }

    private static func list(_ connection: borrowing Connection) throws -> Listing {
        let domains = try connection.domains()
        return Listing(
            domains: domains,
            activities: try activities(connection, domains),
            persistent: try? connection.uuids(filter: VIR_CONNECT_LIST_DOMAINS_PERSISTENT),
            autostarted: try? connection.uuids(filter: VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
            saved: try? connection.uuids(filter: VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE))
    }

    /// Asks domain by domain where the driver does not answer for all.
    private static func activities(
        _ connection: borrowing Connection, _ domains: [DomainReference]
    ) throws(LibvirtError) -> [UUID: DomainActivity] {
        do {
            return try connection.activities()
        } catch {
            guard error.isNotSupported else { throw error }
        }
        var found: [UUID: DomainActivity] = [:]
        for reference in domains { found[reference.uuid] = try? reference.domain.activity() }
        return found
    }

    private func describe(_ domains: [DomainReference], _ listing: Listing) async throws -> [MachineSnapshot] {
        do {
            return try await read { _ in try domains.compactMap { try Self.machine($0, listing) } }
        } catch CallFailure.deadlinePassed {
            return domains.map { Self.bare($0, listing) }
        }
    }

    private static func machine(_ reference: DomainReference, _ listing: Listing) throws -> MachineSnapshot? {
        let description: DomainDescription
        do {
            description = try DomainDescription(xml: try reference.domain.xml())
        } catch let error as LibvirtError {
            if error.isNoDomain { return nil }
            throw error
        } catch {
            return bare(reference, listing)
        }
        let uuid = reference.uuid
        let reading = DomainReading(
            description: description,
            activity: listing.activities[uuid] ?? DomainActivity(state: 0, reason: 0),
            isPersistent: listing.persistent?.contains(uuid),
            isAutostarted: listing.autostarted?.contains(uuid),
            hasSavedImage: listing.saved?.contains(uuid) ?? false)
        return reading.snapshot(inFull: false)
    }

    private static func bare(_ reference: DomainReference, _ listing: Listing) -> MachineSnapshot {
        let uuid = reference.uuid
        let activity = listing.activities[uuid] ?? DomainActivity(state: 0, reason: 0)
        let saved = listing.saved?.contains(uuid) ?? false
        return MachineSnapshot(
            uuid: uuid, name: reference.name, state: DomainReading.state(activity, hasSavedImage: saved),
            autostart: listing.autostarted?.contains(uuid), persistent: listing.persistent?.contains(uuid))
    }
}
