// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counters with one writer, the event loop, and readers anywhere; a count costs no locked instruction.
final class ConsoleCounters: Sendable {
    private let bytesIn = Atomic<UInt64>(0)
    private let bytesOut = Atomic<UInt64>(0)

    var snapshot: ConsoleStatistics {
        ConsoleStatistics(bytesIn: bytesIn.load(ordering: .relaxed), bytesOut: bytesOut.load(ordering: .relaxed))
    }

    /// To be called on the event loop only.
    func addIn(_ count: Int) {
        bytesIn.store(bytesIn.load(ordering: .relaxed) &+ UInt64(count), ordering: .relaxed)
    }

    /// To be called on the event loop only.
    func addOut(_ count: Int) {
        bytesOut.store(bytesOut.load(ordering: .relaxed) &+ UInt64(count), ordering: .relaxed)
    }
}
