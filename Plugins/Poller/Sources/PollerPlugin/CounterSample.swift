// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// The counters of a node and its running machines at one moment, as `node.sample` gives them.
struct CounterSample: Sendable, Equatable {
    /// The moment as the core wrote it, to be sent back the same.
    let moment: String
    /// The moment.
    let at: Date
    let host: HostCount
    /// By the machine's address; only those that run, since only they use anything.
    let machines: [String: MachineCount]

    /// The host's counters.
    struct HostCount: Sendable, Equatable {
        /// Nanoseconds that its processors worked.
        var busy: Int64?
        /// Nanoseconds that they did not.
        var idle: Int64?
        var memoryKiB: Int64?
        var freeMemoryKiB: Int64?
        /// Ready processes, on average over a minute.
        var load: Double?
        /// What storage holds and how much of it is left, in bytes.
        var storage: [Storage] = []
    }

    /// A storage pool.
    struct Storage: Sendable, Equatable {
        var capacity: Int64
        var available: Int64
    }

    /// A machine's counters.
    struct MachineCount: Sendable, Equatable {
        /// Nanoseconds that its processors worked.
        var busy: Int64?
        var vcpus: Int64?
        var memoryKiB: Int64?
        var usedMemoryKiB: Int64?
        var diskRead: Int64?
        var diskWrite: Int64?
        var netReceived: Int64?
        var netSent: Int64?
    }

    init(moment: String, at: Date, host: HostCount, machines: [String: MachineCount]) {
        self.moment = moment
        self.at = at
        self.host = host
        self.machines = machines
    }

    /// Reads an answer of `node.sample`.
    ///
    /// - Throws: `internal` where it has no moment.
    init(_ json: JSONValue) throws {
        guard let moment = json["at"]?.stringValue,
            let at = try? Date(moment, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        else { throw GatehouseError(.internal, "The sample of the node has no moment.") }
        let host = json["host"] ?? .null
        self.init(
            moment: moment, at: at,
            host: HostCount(
                busy: host["cpuNanoseconds"]?.count, idle: host["idleNanoseconds"]?.count,
                memoryKiB: host["memoryKiB"]?.count, freeMemoryKiB: host["freeMemoryKiB"]?.count,
                load: host["load"]?.arrayValue?.first?.doubleValue,
                storage: (host["storage"]?.arrayValue ?? []).compactMap(Storage.init)),
            machines: Dictionary(
                (json["machines"]?.arrayValue ?? []).compactMap { machine in
                    guard let id = machine["machine"]?.stringValue, Self.isRunning(machine["state"]) else { return nil }
                    return (id, MachineCount(machine))
                }
            ) { first, _ in first })
    }

    private static func isRunning(_ state: JSONValue?) -> Bool {
        ["running", "paused", "shutdown", "suspended"].contains(state?.stringValue)
    }
}

extension CounterSample.Storage {
    init?(_ json: JSONValue) {
        guard let capacity = json["capacityBytes"]?.count, capacity > 0,
            let available = json["availableBytes"]?.count
        else { return nil }
        self.init(capacity: capacity, available: available)
    }
}

extension CounterSample.MachineCount {
    init(_ json: JSONValue) {
        self.init(
            busy: json["cpuNanoseconds"]?.count, vcpus: json["vcpus"]?.count,
            memoryKiB: json["memoryKiB"]?.count, usedMemoryKiB: json["usedMemoryKiB"]?.count,
            diskRead: json["diskReadBytes"]?.count, diskWrite: json["diskWriteBytes"]?.count,
            netReceived: json["netReceivedBytes"]?.count, netSent: json["netSentBytes"]?.count)
    }
}

extension JSONValue {
    /// A whole number that is not negative, if this is one.
    fileprivate var count: Int64? { intValue.flatMap { $0 >= 0 ? $0 : nil } }
}
