// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// How full a storage of a node is, as the node last counted it.
package struct StorageFill: Sendable, Equatable {
    /// The pool's name.
    package var name: String
    /// What it can hold, in bytes; over 0.
    package var capacityBytes: Int64
    /// What is left, in bytes.
    package var availableBytes: Int64

    /// Makes one.
    package init(name: String, capacityBytes: Int64, availableBytes: Int64) {
        self.name = name
        self.capacityBytes = capacityBytes
        self.availableBytes = availableBytes
    }

    /// How full it is, of 100.
    package var percent: Double {
        guard capacityBytes > 0 else { return 0 }
        return min(max(100 - 100 * Double(availableBytes) / Double(capacityBytes), 0), 100)
    }
}

/// What a node's host has used up to some moment; nil where the node does not tell.
package struct HostCounters: Sendable, Equatable {
    /// Time that its processors have worked, all together.
    package var cpuNanoseconds: Int64?
    /// Time that its processors had nothing to do, all together.
    package var idleNanoseconds: Int64?
    /// How many processors it has.
    package var cpus: Int
    /// The memory it has, in KiB.
    package var memoryKiB: Int64
    /// Memory that could be had now, in KiB.
    package var freeMemoryKiB: Int64?
    /// Processes that were ready to run, on average over 1, 5 and 15 minutes.
    package var load: [Double]?
    /// Its storage pools that are active.
    package var storage: [StorageFill]?

    /// Makes counters; what is not given is not known.
    package init(
        cpuNanoseconds: Int64? = nil, idleNanoseconds: Int64? = nil, cpus: Int, memoryKiB: Int64,
        freeMemoryKiB: Int64? = nil, load: [Double]? = nil, storage: [StorageFill]? = nil
    ) {
        self.cpuNanoseconds = cpuNanoseconds
        self.idleNanoseconds = idleNanoseconds
        self.cpus = cpus
        self.memoryKiB = memoryKiB
        self.freeMemoryKiB = freeMemoryKiB
        self.load = load
        self.storage = storage
    }
}

/// What a machine has used since it was started; nil where its node does not tell.
///
/// A counter begins anew with each start of the machine.
package struct MachineCounters: Sendable, Equatable {
    /// Its UUID.
    package var uuid: UUID
    /// What it is doing.
    package var state: MachineState
    /// Time that its processors have worked, all together.
    package var cpuNanoseconds: Int64?
    /// How many processors it has.
    package var vcpus: Int?
    /// The memory it has now, in KiB.
    package var memoryKiB: Int64?
    /// Memory that its guest uses, in KiB; only a guest with a balloon driver tells.
    package var usedMemoryKiB: Int64?
    /// Bytes read from all its disks.
    package var diskReadBytes: Int64?
    /// Bytes written to all its disks.
    package var diskWriteBytes: Int64?
    /// Bytes received by all its interfaces.
    package var netReceivedBytes: Int64?
    /// Bytes sent by all its interfaces.
    package var netSentBytes: Int64?

    /// Makes counters of which nothing is known.
    package init(uuid: UUID, state: MachineState) {
        self.uuid = uuid
        self.state = state
    }
}

/// A node and all its machines, read in one go.
package struct NodeSample: Sendable, Equatable {
    /// When it was read.
    package var at: Date
    /// The host.
    package var host: HostCounters
    /// The machines.
    package var machines: [MachineCounters]

    /// Makes a sample.
    package init(at: Date, host: HostCounters, machines: [MachineCounters]) {
        self.at = at
        self.host = host
        self.machines = machines
    }
}
