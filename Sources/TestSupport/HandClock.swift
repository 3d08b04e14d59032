// SPDX-License-Identifier: Apache-2.0

package import Core
package import FoundationEssentials
import Synchronization

/// Clocks that move only when a test moves them.
package final class HandClock: Sendable {
    private let state: Mutex<(now: Date, uptime: Duration)>

    /// Makes clocks that stand at noon of some day.
    package init() {
        state = Mutex((Date(timeIntervalSince1970: 1_800_014_400), .seconds(1000)))
    }

    /// The clocks as the core takes them.
    package var source: TimeSource {
        TimeSource(now: { self.state.withLock { $0.now } }, uptime: { self.state.withLock { $0.uptime } })
    }

    /// The time of day.
    package var now: Date { state.withLock { $0.now } }

    /// Moves both clocks on.
    package func advance(_ length: Duration) {
        state.withLock { state in
            state.now = state.now.addingTimeInterval(length.seconds)
            state.uptime += length
        }
    }
}
