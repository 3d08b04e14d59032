// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension Render {
    /// A node's counters.
    static func sample(_ sample: NodeSample, node: String, address: (UUID) -> MachineAddress?) -> JSONValue {
        [
            "node": .string(node), "at": time(sample.at), "host": host(sample.host),
            "machines": .array(
                // A machine that the inventory does not have yet has no address yet.
                sample.machines.compactMap { counters in
                    address(counters.uuid).map { .object(machine(counters, address: $0)) }
                }),
        ]
    }

    private static func host(_ host: HostCounters) -> JSONValue {
        [
            "cpuNanoseconds": .optional(host.cpuNanoseconds), "idleNanoseconds": .optional(host.idleNanoseconds),
            "cpus": .int(Int64(host.cpus)), "memoryKiB": .int(host.memoryKiB),
            "freeMemoryKiB": .optional(host.freeMemoryKiB),
            "load": host.load.map { .array($0.map(JSONValue.double)) } ?? .null,
            "storage": host.storage.map { .array($0.map(storage)) } ?? .null,
        ]
    }

    private static func storage(_ storage: StorageFill) -> JSONValue {
        [
            "name": .string(storage.name), "capacityBytes": .int(storage.capacityBytes),
            "availableBytes": .int(storage.availableBytes),
        ]
    }

    private static func machine(_ counters: MachineCounters, address: MachineAddress) -> [String: JSONValue] {
        [
            "machine": .string(address.description), "state": .string(counters.state.rawValue),
            "cpuNanoseconds": .optional(counters.cpuNanoseconds), "vcpus": .optional(counters.vcpus),
            "memoryKiB": .optional(counters.memoryKiB), "usedMemoryKiB": .optional(counters.usedMemoryKiB),
            "diskReadBytes": .optional(counters.diskReadBytes), "diskWriteBytes": .optional(counters.diskWriteBytes),
            "netReceivedBytes": .optional(counters.netReceivedBytes),
            "netSentBytes": .optional(counters.netSentBytes),
        ]
    }

    /// A machine's counters with those of each disk and interface.
    static func statistics(
        _ statistics: MachineStatistics, cpuPercent: Double?, machine address: MachineAddress
    ) -> JSONValue {
        var members = machine(statistics.counters, address: address)
        members["at"] = time(statistics.at)
        members["cpuPercent"] = hundredths(cpuPercent)
        members["maxMemoryKiB"] = .optional(statistics.maxMemoryKiB)
        members["disks"] = .array(statistics.disks.map(disk))
        members["interfaces"] = .array(statistics.interfaces.map(interface))
        return .object(members)
    }

    private static func disk(_ disk: DiskCounters) -> JSONValue {
        [
            "target": .string(disk.target), "readBytes": .optional(disk.readBytes),
            "writeBytes": .optional(disk.writeBytes), "readRequests": .optional(disk.readRequests),
            "writeRequests": .optional(disk.writeRequests), "capacityBytes": .optional(disk.capacityBytes),
            "allocatedBytes": .optional(disk.allocatedBytes),
        ]
    }

    private static func interface(_ interface: InterfaceCounters) -> JSONValue {
        [
            "target": .string(interface.target), "receivedBytes": .optional(interface.receivedBytes),
            "sentBytes": .optional(interface.sentBytes), "receivedPackets": .optional(interface.receivedPackets),
            "sentPackets": .optional(interface.sentPackets), "receiveErrors": .optional(interface.receiveErrors),
            "sendErrors": .optional(interface.sendErrors), "receiveDrops": .optional(interface.receiveDrops),
            "sendDrops": .optional(interface.sendDrops),
        ]
    }

    /// A part of a history.
    static func history(_ points: [SamplePoint], of subject: SampleSubject, window: SampleWindow) -> JSONValue {
        [
            "resolution": .string(window.resolution.word), "stepSeconds": .int(Int64(window.step)),
            "from": time(window.from), "to": time(window.to),
            "points": .array(points.map { point($0, isNode: subject.machine == nil) }),
        ]
    }

    private static func point(_ point: SamplePoint, isNode: Bool) -> JSONValue {
        var members: [String: JSONValue] = [
            "at": time(point.at), "cpuPercent": hundredths(point.cpuPercent),
            "diskRead": whole(point.traffic.diskRead), "diskWrite": whole(point.traffic.diskWrite),
            "netReceived": whole(point.traffic.netReceived), "netSent": whole(point.traffic.netSent),
        ]
        if isNode {
            members["memoryPercent"] = hundredths(point.memory)
            members["load"] = hundredths(point.load)
        } else {
            members["memoryKiB"] = whole(point.memory)
        }
        return .object(members)
    }

    private static func hundredths(_ value: Double?) -> JSONValue {
        value.map { .double(($0 * 100).rounded() / 100) } ?? .null
    }

    private static func whole(_ value: Double?) -> JSONValue {
        value.flatMap { Int64(exactly: $0.rounded()) }.map(JSONValue.int) ?? .null
    }
}
