// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Model

extension Domain {
    /// Everything that libvirt tells of this one domain.
    func figures() throws(LibvirtError) -> DomainFigures? {
        let groups =
            VIR_DOMAIN_STATS_STATE.rawValue | VIR_DOMAIN_STATS_CPU_TOTAL.rawValue | VIR_DOMAIN_STATS_BALLOON.rawValue
            | VIR_DOMAIN_STATS_VCPU.rawValue | VIR_DOMAIN_STATS_INTERFACE.rawValue | VIR_DOMAIN_STATS_BLOCK.rawValue
        var list: [virDomainPtr?] = unsafe [pointer, nil]
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let count = try LibvirtError.check(unsafe virDomainListGetStats(&list, groups, &records, 0))
        guard count > 0, let records = unsafe records else { return nil }
        defer { unsafe virDomainStatsRecordListFree(records) }
        guard let record = unsafe records[0] else { return nil }
        return unsafe Connection.figures(record)
    }

    /// Processor time, processors and memory, which every driver tells.
    func usage() throws(LibvirtError) -> (cpuNanoseconds: Int64, vcpus: Int, memoryKiB: Int64, maxMemoryKiB: Int64) {
        var info = virDomainInfo()
        try LibvirtError.check(unsafe virDomainGetInfo(pointer, &info))
        return (
            Int64(clamping: info.cpuTime), Int(info.nrVirtCpu), Int64(clamping: info.memory),
            Int64(clamping: info.maxMem)
        )
    }

    /// The counters of a disk by its name in the guest.
    func disk(_ target: String) throws(LibvirtError) -> DiskCounters {
        var stats = virDomainBlockStatsStruct()
        try LibvirtError.check(
            unsafe virDomainBlockStats(pointer, target, &stats, MemoryLayout<virDomainBlockStatsStruct>.size))
        var disk = DiskCounters(target: target)
        disk.readBytes = Self.known(stats.rd_bytes)
        disk.writeBytes = Self.known(stats.wr_bytes)
        disk.readRequests = Self.known(stats.rd_req)
        disk.writeRequests = Self.known(stats.wr_req)
        return disk
    }

    /// The counters of an interface by its device on the node, or its hardware address.
    func interface(_ device: String) throws(LibvirtError) -> InterfaceCounters {
        var stats = virDomainInterfaceStatsStruct()
        try LibvirtError.check(
            unsafe virDomainInterfaceStats(pointer, device, &stats, MemoryLayout<virDomainInterfaceStatsStruct>.size))
        var interface = InterfaceCounters(target: device)
        interface.receivedBytes = Self.known(stats.rx_bytes)
        interface.sentBytes = Self.known(stats.tx_bytes)
        interface.receivedPackets = Self.known(stats.rx_packets)
        interface.sentPackets = Self.known(stats.tx_packets)
        interface.receiveErrors = Self.known(stats.rx_errs)
        interface.sendErrors = Self.known(stats.tx_errs)
        interface.receiveDrops = Self.known(stats.rx_drop)
        interface.sendDrops = Self.known(stats.tx_drop)
        return interface
    }

    /// libvirt writes -1 for what it does not know.
    private static func known(_ value: Int64) -> Int64? { value < 0 ? nil : value }
}
