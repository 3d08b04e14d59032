// SPDX-License-Identifier: Apache-2.0

/// How long things may take and how often they are tried.
package struct LibvirtTiming: Sendable, Equatable {
    /// A call that only asks.
    package var read: Duration = .seconds(10)
    /// A call that asks about every machine at once; it takes some milliseconds for each of them.
    package var sample: Duration = .seconds(30)
    /// A call that changes a machine's state, or opens a connection.
    package var change: Duration = .seconds(60)
    /// Saving a machine's memory to disk.
    package var save: Duration = .seconds(600)
    /// Making or copying a volume.
    package var copy: Duration = .seconds(6 * 3600)
    /// Moving a machine to another node.
    package var move: Duration = .seconds(1800)
    /// The shortest wait before connecting again.
    package var backoffStart: Duration = .seconds(1)
    /// The longest wait before connecting again.
    package var backoffLimit: Duration = .seconds(30)
    /// How often everything is read again, in case an event was lost.
    package var resync: Duration = .seconds(300)
    /// Seconds between two signs of life.
    package var keepAliveSeconds: Int32 = 5
    /// Signs of life that may be missed.
    package var keepAliveCount: UInt32 = 5
    /// So many calls that hang on one connection make it given up.
    package var hangingBeforeReconnect = 3
    /// So many calls that hang on a node make every other refused.
    package var hangingLimit = 8

    /// The values above.
    package init() {}
}

/// The wait before the next attempt: doubled each time, with a random part so that many nodes do
/// not knock at the same moment.
struct Backoff {
    private let start: Duration
    private let limit: Duration
    private var next: Duration

    init(start: Duration, limit: Duration) {
        self.start = start
        self.limit = limit
        next = start
    }

    /// Begins anew with the shortest wait.
    mutating func reset() { next = start }

    /// The wait now, from three quarters of the full one up to it.
    mutating func wait() -> Duration {
        defer { next = min(next * 2, limit) }
        return next * Double.random(in: 0.75...1)
    }
}
