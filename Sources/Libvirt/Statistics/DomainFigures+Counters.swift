// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

extension DomainFigures {
    /// How many disks or interfaces are read of one domain, at most.
    private static let maximumDevices: Int64 = 1000

    /// What the figures say of the machine as a whole.
    var counters: MachineCounters {
        let activity = DomainActivity(
            state: Int32(clamping: numbers["state.state"] ?? 0), reason: Int32(clamping: numbers["state.reason"] ?? 0))
        var counters = MachineCounters(uuid: uuid, state: DomainReading.state(activity, hasSavedImage: false))
        counters.cpuNanoseconds = numbers["cpu.time"]
        counters.vcpus = numbers["vcpu.current"].map { Int($0) }
        counters.memoryKiB = numbers["balloon.current"]
        counters.usedMemoryKiB = usedMemoryKiB
        let (disks, interfaces) = (disks, interfaces)
        counters.diskReadBytes = sum(disks.map(\.readBytes), of: "block")
        counters.diskWriteBytes = sum(disks.map(\.writeBytes), of: "block")
        counters.netReceivedBytes = sum(interfaces.map(\.receivedBytes), of: "net")
        counters.netSentBytes = sum(interfaces.map(\.sentBytes), of: "net")
        return counters
    }

    /// What the guest uses, as its balloon driver sees it; memory that it could give back does not count.
    private var usedMemoryKiB: Int64? {
        guard let available = numbers["balloon.available"],
            let left = numbers["balloon.usable"] ?? numbers["balloon.unused"], left <= available
        else { return nil }
        return available - left
    }

    /// The most memory, in KiB.
    var maxMemoryKiB: Int64? { numbers["balloon.maximum"] }

    /// The disks.
    var disks: [DiskCounters] {
        devices("block").compactMap { prefix in
            guard let name = texts["\(prefix).name"] else { return nil }
            var disk = DiskCounters(target: name)
            disk.readBytes = numbers["\(prefix).rd.bytes"]
            disk.writeBytes = numbers["\(prefix).wr.bytes"]
            disk.readRequests = numbers["\(prefix).rd.reqs"]
            disk.writeRequests = numbers["\(prefix).wr.reqs"]
            disk.capacityBytes = numbers["\(prefix).capacity"]
            disk.allocatedBytes = numbers["\(prefix).allocation"]
            return disk
        }
    }

    /// The interfaces.
    var interfaces: [InterfaceCounters] {
        devices("net").compactMap { prefix in
            guard let name = texts["\(prefix).name"] else { return nil }
            var interface = InterfaceCounters(target: name)
            interface.receivedBytes = numbers["\(prefix).rx.bytes"]
            interface.sentBytes = numbers["\(prefix).tx.bytes"]
            interface.receivedPackets = numbers["\(prefix).rx.pkts"]
            interface.sentPackets = numbers["\(prefix).tx.pkts"]
            interface.receiveErrors = numbers["\(prefix).rx.errs"]
            interface.sendErrors = numbers["\(prefix).tx.errs"]
            interface.receiveDrops = numbers["\(prefix).rx.drop"]
            interface.sendDrops = numbers["\(prefix).tx.drop"]
            return interface
        }
    }

    private func devices(_ kind: String) -> [String] {
        let count = min(max(numbers["\(kind).count"] ?? 0, 0), Self.maximumDevices)
        return (0..<count).map { "\(kind).\($0)" }
    }

    /// The sum of what is known; nothing at all moves through devices that are not there.
    private func sum(_ values: [Int64?], of kind: String) -> Int64? {
        numbers["\(kind).count"] == 0 ? 0 : Self.sum(values)
    }

    /// The sum of what is known; nil where nothing is.
    static func sum(_ values: [Int64?]) -> Int64? {
        let known = values.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }
}
