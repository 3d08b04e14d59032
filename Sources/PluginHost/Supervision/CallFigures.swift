// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Counts a plugin's calls, and how long the last of them took.
final class CallFigures: Sendable {
    /// How many times are kept.
    private static let mostTimes = 1_024

    private struct State {
        var figures = PluginFigures()
        var times: [UInt32] = []
        var next = 0
    }

    private let state = Mutex(State())

    /// A call began.
    func begin() {
        state.withLock { state in
            state.figures.calls += 1
            state.figures.inFlight += 1
        }
    }

    /// A call that began is none: nobody was asked.
    func withdraw() {
        state.withLock { state in
            state.figures.calls -= 1
            state.figures.inFlight -= 1
        }
    }

    /// A call ended.
    func end(after time: Duration, isFailure: Bool) {
        let (seconds, attoseconds) = time.components
        let microseconds = UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        state.withLock { state in
            state.figures.inFlight -= 1
            if isFailure { state.figures.failures += 1 }
            if state.times.count < Self.mostTimes {
                state.times.append(microseconds)
            } else {
                state.times[state.next] = microseconds
                state.next = (state.next + 1) % Self.mostTimes
            }
        }
    }

    /// The figures now.
    var figures: PluginFigures {
        var (figures, times) = state.withLock { ($0.figures, $0.times) }
        guard !times.isEmpty else { return figures }
        times.sort()
        figures.medianMicroseconds = Int(times[(times.count - 1) / 2])
        figures.p99Microseconds = Int(times[(times.count * 99 + 99) / 100 - 1])
        return figures
    }
}
