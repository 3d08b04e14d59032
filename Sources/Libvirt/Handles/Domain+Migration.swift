// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc

extension Domain {
    /// Moves it, while it is active, to the node of another connection.
    ///
    /// - Parameter address: where its hypervisor finds the other one; nil for what that host calls itself.
    func migrate(to destination: borrowing Connection, at address: String?) throws(LibvirtError) {
        // A transient one has no definition that could go along.
        let kept = try isPersistent() ? VIR_MIGRATE_PERSIST_DEST.rawValue | VIR_MIGRATE_UNDEFINE_SOURCE.rawValue : 0
        let isStartedByItself = (try? isAutostarted()) ?? false
        let flags = VIR_MIGRATE_LIVE.rawValue | VIR_MIGRATE_AUTO_CONVERGE.rawValue | kept
        var parameters: virTypedParameterPtr?
        var count: Int32 = 0
        var capacity: Int32 = 0
        if let address {
            try LibvirtError.check(
                unsafe virTypedParamsAddString(&parameters, &count, &capacity, VIR_MIGRATE_PARAM_URI, address))
        }
        defer { unsafe virTypedParamsFree(parameters, count) }
        let moved = unsafe virDomainMigrate3(pointer, destination.pointer, parameters, UInt32(count), flags)
        guard let moved = unsafe moved else { throw LibvirtError.last() }
        let domain = unsafe Domain(owning: moved)
        // That flag alone does not go along.
        if isStartedByItself { try? domain.setAutostarted(true) }
    }

    /// Has what libvirt is doing with it given up.
    func abortJob() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainAbortJob(pointer)) }

    /// How much of what libvirt is doing with it is done, 0 to 100; nil where it does nothing, or does not say.
    func jobPercent() throws(LibvirtError) -> Int? {
        var job = virDomainJobInfo()
        try LibvirtError.check(unsafe virDomainGetJobInfo(pointer, &job))
        guard job.type == Int32(bitPattern: VIR_DOMAIN_JOB_UNBOUNDED.rawValue), job.dataTotal > 0 else { return nil }
        return min(100, Int(Double(job.dataProcessed) * 100 / Double(job.dataTotal)))
    }
}
