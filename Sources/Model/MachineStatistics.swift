// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What one disk of a machine has moved since the machine was started; nil where the node does not tell.
package struct DiskCounters: Sendable, Equatable {
    /// The name in the guest, such as `vda`.
    package var target: String
    /// Bytes read.
    package var readBytes: Int64?
    /// Bytes written.
    package var writeBytes: Int64?
    /// Requests to read.
    package var readRequests: Int64?
    /// Requests to write.
    package var writeRequests: Int64?
    /// The size that the guest sees, in bytes.
    package var capacityBytes: Int64?
    /// What the image takes on the node, in bytes.
    package var allocatedBytes: Int64?

    /// Makes counters of which nothing is known.
    package init(target: String) { self.target = target }
}

/// What one interface of a machine has moved; nil where the node does not tell.
package struct InterfaceCounters: Sendable, Equatable {
    /// The device on the node, such as `vnet0`.
    package var target: String
    /// Bytes that the guest received.
    package var receivedBytes: Int64?
    /// Bytes that the guest sent.
    package var sentBytes: Int64?
    /// Packets that the guest received.
    package var receivedPackets: Int64?
    /// Packets that the guest sent.
    package var sentPackets: Int64?
    /// Packets that could not be received.
    package var receiveErrors: Int64?
    /// Packets that could not be sent.
    package var sendErrors: Int64?
    /// Packets dropped on their way in.
    package var receiveDrops: Int64?
    /// Packets dropped on their way out.
    package var sendDrops: Int64?

    /// Makes counters of which nothing is known.
    package init(target: String) { self.target = target }
}

/// One machine's counters with those of each disk and interface.
package struct MachineStatistics: Sendable, Equatable {
    /// When they were read.
    package var at: Date
    /// The machine as a whole.
    package var counters: MachineCounters
    /// The most memory it may get, in KiB.
    package var maxMemoryKiB: Int64?
    /// Its disks.
    package var disks: [DiskCounters]
    /// Its interfaces.
    package var interfaces: [InterfaceCounters]

    /// Makes statistics.
    package init(
        at: Date, counters: MachineCounters, maxMemoryKiB: Int64? = nil, disks: [DiskCounters] = [],
        interfaces: [InterfaceCounters] = []
    ) {
        self.at = at
        self.counters = counters
        self.maxMemoryKiB = maxMemoryKiB
        self.disks = disks
        self.interfaces = interfaces
    }
}
