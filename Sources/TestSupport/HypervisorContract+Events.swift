// SPDX-License-Identifier: Apache-2.0

package import Model

/// What a hypervisor has reported, in order.
package actor EventRecord {
    /// Nothing that was waited for came in time.
    package struct NothingCame: Error, CustomStringConvertible {
        /// The last events that did come.
        package let description: String
    }

    /// Every event so far.
    package private(set) var events: [HypervisorEvent] = []

    /// Begins with none.
    package init() {}

    /// Adds an event.
    package func append(_ event: HypervisorEvent) { events.append(event) }

    /// Waits for the first event, from position `mark` on, of which `pick` makes something.
    package func first<Picked: Sendable>(
        after mark: Int = 0, within limit: Duration, _ pick: @Sendable (HypervisorEvent) -> Picked?
    ) async throws -> Picked {
        let end = ContinuousClock.now + limit
        var next = mark
        while true {
            while next < events.count {
                defer { next += 1 }
                if let picked = pick(events[next]) { return picked }
            }
            guard ContinuousClock.now < end else {
                throw NothingCame(description: "none of \(events.suffix(5)) is it")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
