// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// Reads the figures that a poller sends; members that it does not know are left alone.
enum SampleReading {
    /// The most that a rate can be: 2^53, from where on JSON loses digits.
    private static let most = 9_007_199_254_740_992.0

    static func host(_ value: JSONValue?) throws -> HostFigures {
        let members = value?.objectValue ?? [:]
        var host = HostFigures()
        host.cpuPercent = try number("cpuPercent", in: members, most: 100)
        host.memoryPercent = try number("memoryPercent", in: members, most: 100)
        host.diskPercent = try number("diskPercent", in: members, most: 100)
        // Of the three averages that hosts give, the first is kept.
        let load = members["load"]?.arrayValue?.first ?? members["load"]
        host.load = try number("load", in: ["load": load ?? .null], most: 1_000_000)
        host.traffic = try traffic(members)
        return host
    }

    static func machines(_ value: JSONValue?) throws -> [MachineFigures] {
        guard let list = value?.arrayValue else {
            throw GatehouseError.invalidParameter("machines", "machines must be a list.")
        }
        return try list.compactMap { entry in
            guard let members = entry.objectValue, let text = members["machine"]?.stringValue else {
                throw GatehouseError.invalidParameter("machines", "Each machine must be an object with \"machine\".")
            }
            // One that is gone by now is no mistake of the caller's.
            guard let address = MachineAddress(text) else { return nil }
            var machine = MachineFigures(uuid: address.uuid)
            machine.cpuPercent = try number("cpuPercent", in: members, most: 100)
            machine.memoryKiB = try number("memoryKiB", in: members, most: most)
            machine.memoryPercent = try number("memoryPercent", in: members, most: 100)
            machine.diskPercent = try number("diskPercent", in: members, most: 100)
            machine.traffic = try traffic(members)
            return machine
        }
    }

    private static func traffic(_ members: [String: JSONValue]) throws -> Traffic {
        Traffic(
            diskRead: try number("diskRead", in: members, most: most),
            diskWrite: try number("diskWrite", in: members, most: most),
            netReceived: try number("netReceived", in: members, most: most),
            netSent: try number("netSent", in: members, most: most))
    }

    /// A number held within 0 and the most; nil for one that is missing or `null`.
    private static func number(_ name: String, in members: [String: JSONValue], most: Double) throws -> Double? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let number = value.doubleValue, number.isFinite else {
            throw GatehouseError.invalidParameter(name, "\(name) must be a number or null.")
        }
        return min(max(number, 0), most)
    }
}
