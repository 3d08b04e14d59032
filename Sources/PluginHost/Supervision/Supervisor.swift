// SPDX-License-Identifier: Apache-2.0

import Model

/// Decides when a plugin's process is started, ended and started again.
///
/// It does nothing itself and knows no clock: it is told what happened and when, and answers what to do.
struct Supervisor: Sendable {
    /// What is to be done.
    enum Step: Sendable, Equatable {
        case nothing
        /// Start a process now.
        case start
        /// Start one after a pause, unless something else happens first.
        case startAfter(Duration)
        /// End the process, with time to finish what it does.
        case end
        /// End the process at once.
        case kill
    }

    /// Pings without a sign of life after which a process is ended and started again.
    static let mostMissedPings = 4

    /// Where the plugin stands.
    private(set) var state = PluginState.disabled
    /// What went wrong last; nil once it runs well.
    private(set) var error: String?
    /// Times it was started again because it had ended by itself.
    private(set) var restarts = 0

    private let limits: PluginRestartLimits
    private var ends: [ContinuousClock.Instant] = []
    private var attempt = 0
    private var missedPings = 0
    private var healthySince: ContinuousClock.Instant?

    init(limits: PluginRestartLimits) { self.limits = limits }

    /// Somebody wants it to run, now and with a clean record.
    mutating func switchOn() -> Step {
        switch state {
        case .disabled, .backoff, .failed:
            forget()
            error = nil
            state = .starting
            return .start
        case .starting, .healthy, .degraded: return .nothing
        }
    }

    /// Nobody wants it to run any more.
    mutating func switchOff() -> Step {
        let hadProcess = state == .starting || state == .healthy || state == .degraded
        forget()
        state = .disabled
        error = nil
        return hadProcess ? .end : .nothing
    }

    /// It can not be run, for a reason that only a person can mend; a process that is there must not go on.
    mutating func refuse(_ reason: String) -> Step {
        let hadProcess = state == .starting || state == .healthy || state == .degraded
        forget()
        state = .failed
        error = reason
        return hadProcess ? .kill : .nothing
    }

    /// Its process has answered `initialize`.
    mutating func becomeHealthy(at now: ContinuousClock.Instant) {
        guard state == .starting else { return }
        state = .healthy
        error = nil
        missedPings = 0
        healthySince = now
    }

    /// Another process, which is ready, takes the place of the one that was there.
    mutating func becomeReplaced(at now: ContinuousClock.Instant) {
        forget()
        state = .healthy
        error = nil
        healthySince = now
    }

    /// The pause is over.
    mutating func endPause() -> Step {
        guard state == .backoff else { return .nothing }
        state = .starting
        return .start
    }

    /// Its process ended by itself.
    ///
    /// - Parameter jitter: a number from 0 up to 1 by chance, so that many plugins do not start at the same time.
    mutating func processEnded(
        _ reason: String, at now: ContinuousClock.Instant, jitter: Double
    ) -> Step {
        guard state == .starting || state == .healthy || state == .degraded else { return .nothing }
        if let healthySince, healthySince.duration(to: now) >= limits.within { attempt = 0 }
        healthySince = nil
        missedPings = 0
        error = reason
        let window = limits.within
        ends.removeAll { $0.duration(to: now) >= window }
        guard ends.count < limits.most else {
            state = .failed
            let seconds = limits.within.components.seconds
            error = "\(reason) It was started again \(limits.most) times within \(seconds) s and is now left off; "
            error? += "look at its log, then restart it."
            return .nothing
        }
        ends.append(now)
        restarts += 1
        let pause = pause(jitter: jitter)
        attempt += 1
        state = .backoff
        return .startAfter(pause)
    }

    /// It gave a sign of life.
    ///
    /// - Parameter slowly: how long a ping took that took too long; nil for one that did not.
    mutating func answered(slowly: Duration? = nil) {
        missedPings = 0
        if let slowly, state == .healthy || state == .degraded {
            state = .degraded
            let tenths = slowly.components.seconds * 10 + slowly.components.attoseconds / 100_000_000_000_000_000
            error = "It answers slowly: the last ping took \(tenths / 10).\(tenths % 10) s."
        } else if state == .degraded {
            state = .healthy
            error = nil
        }
    }

    /// It gave no sign of life for the time of a ping.
    mutating func missedPing() -> Step {
        guard state == .healthy || state == .degraded else { return .nothing }
        missedPings += 1
        if missedPings >= Self.mostMissedPings {
            error = "It did not answer \(missedPings) pings."
            return .kill
        }
        state = .degraded
        error = "It does not answer pings (\(missedPings) of \(Self.mostMissedPings) missed)."
        return .nothing
    }

    private mutating func forget() {
        ends = []
        attempt = 0
        missedPings = 0
        healthySince = nil
    }

    /// Twice as long each time, shortened by chance to no less than half.
    private func pause(jitter: Double) -> Duration {
        let full = min(limits.longestDelay, limits.firstDelay * (1 << min(attempt, 30)))
        return full * (1 - 0.5 * min(max(jitter, 0), 1))
    }
}
