// SPDX-License-Identifier: Apache-2.0

import PluginHost

/// The numbers of a row of the plugin table: their keys, where they are kept, and what is allowed.
enum PluginRowTimes {
    /// A number of a row.
    struct Entry<Root, Value, Bound: Comparable> {
        let key: String
        let value: WritableKeyPath<Root, Value>
        let range: ClosedRange<Bound>

        init(_ key: String, _ value: WritableKeyPath<Root, Value>, _ range: ClosedRange<Bound>) {
            self.key = key
            self.value = value
            self.range = range
        }
    }

    /// How long things may take, in seconds.
    static var timeouts: [Entry<PluginTimeouts, Duration, Double>] {
        [
            Entry("start", \.start, 0.1...600), Entry("call", \.call, 0.1...3600), Entry("poll", \.poll, 0.1...86_400),
            Entry("shutdown", \.shutdown, 0...60), Entry("ping", \.ping, 0.1...3600),
        ]
    }

    /// The times of restarting, in seconds.
    static var restart: [Entry<PluginRestartLimits, Duration, Double>] {
        [
            Entry("within", \.within, 1...86_400), Entry("firstDelay", \.firstDelay, 0.001...3600),
            Entry("longestDelay", \.longestDelay, 0.001...86_400),
        ]
    }

    /// What a process may use.
    static var limits: [Entry<PluginProcessLimits, Int?, Int>] {
        [
            Entry("memoryMiB", \.memoryMiB, 16...1_048_576), Entry("files", \.files, 16...1_048_576),
            Entry("cpuSeconds", \.cpuSeconds, 1...31_536_000),
        ]
    }

    /// How many requests it may have.
    static var queue: [Entry<PluginQueueLimits, Int, Int>] {
        [Entry("inFlight", \.inFlight, 1...4096), Entry("waiting", \.waiting, 0...65_536)]
    }
}
