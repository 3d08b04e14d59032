// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Where the time comes from, so that tests can set it.
package struct TimeSource: Sendable {
    /// The time of day; it may jump when the host's clock is set.
    package let now: @Sendable () -> Date
    /// Time since some fixed moment; it never jumps.
    package let uptime: @Sendable () -> Duration

    /// Makes a source from two clocks.
    package init(now: @escaping @Sendable () -> Date, uptime: @escaping @Sendable () -> Duration) {
        self.now = now
        self.uptime = uptime
    }

    /// The host's own clocks.
    package static var system: TimeSource {
        let start = ContinuousClock.now
        return TimeSource(now: { Date() }, uptime: { start.duration(to: .now) })
    }
}

extension Duration {
    /// The length in seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
