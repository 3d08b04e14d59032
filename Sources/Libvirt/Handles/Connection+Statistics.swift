// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Glibc
import Model

/// What libvirt tells of one domain: numbers and texts by libvirt's own names.
struct DomainFigures: Sendable, Equatable {
    /// The domain.
    var uuid: UUID
    /// Numbers, such as `cpu.time`; what is over 63 bits is cut there.
    var numbers: [String: Int64] = [:]
    /// Texts, such as `block.0.name`.
    var texts: [String: String] = [:]
}

extension Connection {
    /// The groups of figures for a whole node: what one call can tell of hundreds of domains.
    private static let bulk =
        VIR_DOMAIN_STATS_STATE.rawValue | VIR_DOMAIN_STATS_CPU_TOTAL.rawValue | VIR_DOMAIN_STATS_BALLOON.rawValue
        | VIR_DOMAIN_STATS_INTERFACE.rawValue | VIR_DOMAIN_STATS_BLOCK.rawValue

    /// The figures of every domain in one call.
    ///
    /// A domain that is busy with something else gives what can be had without waiting for it.
    func allFigures() throws(LibvirtError) -> [DomainFigures] {
        do {
            return try allFigures(flags: VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue)
        } catch {
            // Drivers other than QEMU's know no flags here.
            guard error.isUnsupported || error.number == VIR_ERR_INVALID_ARG.rawValue else { throw error }
        }
        return try allFigures(flags: 0)
    }

    private func allFigures(flags: UInt32) throws(LibvirtError) -> [DomainFigures] {
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let count = try LibvirtError.check(unsafe virConnectGetAllDomainStats(pointer, Self.bulk, &records, flags))
        guard let records = unsafe records else { return [] }
        defer { unsafe virDomainStatsRecordListFree(records) }
        return (0..<Int(count)).compactMap { index in unsafe records[index].flatMap { unsafe Self.figures($0) } }
    }

    /// Reads one record of libvirt's.
    static func figures(_ record: virDomainStatsRecordPtr) -> DomainFigures? {
        guard let domain = unsafe record.pointee.dom, let uuid = unsafe Domain.uuid(of: domain) else { return nil }
        var figures = DomainFigures(uuid: uuid)
        for position in 0..<Int(unsafe record.pointee.nparams) {
            let parameter = unsafe record.pointee.params + position
            let name = unsafe withUnsafeBytes(of: parameter.pointee.field) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            let value = unsafe parameter.pointee.value
            switch unsafe parameter.pointee.type {
            case VIR_TYPED_PARAM_INT.number: figures.numbers[name] = unsafe Int64(value.i)
            case VIR_TYPED_PARAM_UINT.number: figures.numbers[name] = unsafe Int64(value.ui)
            case VIR_TYPED_PARAM_LLONG.number: figures.numbers[name] = unsafe value.l
            case VIR_TYPED_PARAM_ULLONG.number: figures.numbers[name] = unsafe Int64(clamping: value.ul)
            case VIR_TYPED_PARAM_STRING.number:
                if let text = unsafe value.s { figures.texts[name] = unsafe String(cString: text) }
            default: break
            }
        }
        return figures
    }
}

// MARK: - The host

extension Connection {
    /// Processors, memory, and the time that the processors have worked; what the driver does not tell is nil.
    func hostCounters(freeMemoryIsKiB: Bool) throws(LibvirtError) -> HostCounters {
        var node = virNodeInfo()
        try LibvirtError.check(unsafe virNodeGetInfo(pointer, &node))
        var host = HostCounters(cpus: Int(node.cpus), memoryKiB: Int64(clamping: node.memory))
        if let times = try processorTimes() {
            host.cpuNanoseconds = (times["user"] ?? 0) + (times["kernel"] ?? 0) + (times["intr"] ?? 0)
            host.idleNanoseconds = (times["idle"] ?? 0) + (times["iowait"] ?? 0)
        }
        if let memory = try memoryAmounts(), let total = memory["total"], let free = memory["free"] {
            // libvirt's own number leaves out memory that was added while the host ran.
            host.memoryKiB = total
            host.freeMemoryKiB = min(total, free + (memory["buffers"] ?? 0) + (memory["cached"] ?? 0))
        } else {
            let free = unsafe virNodeGetFreeMemory(pointer)
            let amount = Int64(clamping: freeMemoryIsKiB ? free : free / 1024)
            host.freeMemoryKiB = free == 0 ? nil : min(host.memoryKiB, amount)
        }
        return host
    }

    /// Whether a call worked; false where the driver does not know it.
    private static func isKnown(_ result: Int32) throws(LibvirtError) -> Bool {
        guard result < 0 else { return true }
        let error = LibvirtError.last()
        guard error.isUnsupported else { throw error }
        return false
    }

    /// Nanoseconds by what the processors did; nil where the driver does not tell.
    private func processorTimes() throws(LibvirtError) -> [String: Int64]? {
        let all = VIR_NODE_CPU_STATS_ALL_CPUS.rawValue
        var count: Int32 = 0
        guard try Self.isKnown(unsafe virNodeGetCPUStats(pointer, all, nil, &count, 0)), count > 0, count < 100 else {
            return nil
        }
        var list = [virNodeCPUStats](repeating: virNodeCPUStats(), count: Int(count))
        try LibvirtError.check(unsafe virNodeGetCPUStats(pointer, all, &list, &count, 0))
        var found: [String: Int64] = [:]
        for entry in list.prefix(Int(count)) {
            found[Self.text(of: entry.field)] = Int64(clamping: entry.value)
        }
        return found
    }

    /// KiB by what the memory is used for; nil where the driver does not tell.
    private func memoryAmounts() throws(LibvirtError) -> [String: Int64]? {
        let all = VIR_NODE_MEMORY_STATS_ALL_CELLS.rawValue
        var count: Int32 = 0
        guard try Self.isKnown(unsafe virNodeGetMemoryStats(pointer, all, nil, &count, 0)), count > 0, count < 100
        else { return nil }
        var list = [virNodeMemoryStats](repeating: virNodeMemoryStats(), count: Int(count))
        try LibvirtError.check(unsafe virNodeGetMemoryStats(pointer, all, &list, &count, 0))
        var found: [String: Int64] = [:]
        for entry in list.prefix(Int(count)) {
            found[Self.text(of: entry.field)] = Int64(clamping: entry.value)
        }
        return found
    }

    /// A name as C keeps it: an array of a fixed length that ends at its first zero.
    private static func text<Field>(of field: Field) -> String {
        unsafe withUnsafeBytes(of: field) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
