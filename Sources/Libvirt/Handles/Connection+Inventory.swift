// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Glibc

/// A domain in a list, because a list can not hold values that can not be copied.
///
/// A domain's handle may be used by any thread; libvirt counts references under its own lock.
final class DomainReference: @unchecked Sendable {
    /// The handle.
    let domain: Domain
    /// Its UUID.
    let uuid: UUID
    /// Its name.
    let name: String

    init?(_ domain: consuming Domain) {
        guard let uuid = try? domain.uuid(), let name = try? domain.name() else { return nil }
        self.domain = domain
        self.uuid = uuid
        self.name = name
    }
}

/// What a domain is doing and why, in libvirt's numbers.
struct DomainActivity: Sendable, Equatable {
    /// A `virDomainState`.
    var state: Int32
    /// A reason that depends on the state.
    var reason: Int32
}

extension Connection {
    /// Every domain, defined or running, that fits a filter (`virConnectListAllDomainsFlags`).
    func domains(filter: UInt32 = 0) throws(LibvirtError) -> [DomainReference] {
        var list: UnsafeMutablePointer<virDomainPtr?>?
        let count = try LibvirtError.check(unsafe virConnectListAllDomains(pointer, &list, filter))
        guard let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var found: [DomainReference] = []
        found.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            guard let domain = unsafe list[index] else { continue }
            if let reference = DomainReference(unsafe Domain(owning: domain)) { found.append(reference) }
        }
        return found
    }

    /// The UUIDs of the domains that fit a filter.
    func uuids(filter: virConnectListAllDomainsFlags) throws(LibvirtError) -> Set<UUID> {
        Set(try domains(filter: filter.rawValue).map(\.uuid))
    }

    /// The activity of every domain, in one call.
    func activities() throws(LibvirtError) -> [UUID: DomainActivity] {
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let wanted = VIR_DOMAIN_STATS_STATE.rawValue
        let count = try LibvirtError.check(unsafe virConnectGetAllDomainStats(pointer, wanted, &records, 0))
        guard let records = unsafe records else { return [:] }
        defer { unsafe virDomainStatsRecordListFree(records) }
        var found: [UUID: DomainActivity] = [:]
        for index in 0..<Int(count) {
            guard let record = unsafe records[index], let domain = unsafe record.pointee.dom,
                let uuid = unsafe Domain.uuid(of: domain)
            else { continue }
            var activity = DomainActivity(state: VIR_DOMAIN_NOSTATE.number, reason: 0)
            for position in 0..<Int(unsafe record.pointee.nparams) {
                let parameter = unsafe record.pointee.params + position
                guard unsafe parameter.pointee.type == VIR_TYPED_PARAM_INT.number else { continue }
                let value = unsafe parameter.pointee.value.i
                switch unsafe Self.name(of: parameter) {
                case "state.state": activity.state = value
                case "state.reason": activity.reason = value
                default: break
                }
            }
            found[uuid] = activity
        }
        return found
    }

    private static func name(of parameter: virTypedParameterPtr) -> String {
        unsafe withUnsafeBytes(of: parameter.pointee.field) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension virDomainState {
    /// The number as libvirt's functions return it.
    var number: Int32 { Int32(bitPattern: rawValue) }
}

extension virTypedParameterType {
    /// The number as libvirt's structures hold it.
    var number: Int32 { Int32(bitPattern: rawValue) }
}
