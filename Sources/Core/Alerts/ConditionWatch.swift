// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// Decides, from one look after another, when a condition is an alert and when it is over.
///
/// It is one when it has been there for as long as the threshold says, and over when it has been gone, with
/// a margin, for a minute; for what is not measured, at once. Where nothing is known for two minutes the
/// time begins anew, and what was raised stays.
package struct ConditionWatch: Sendable, Equatable {
    /// What one look showed.
    package enum Look: Sendable, Equatable {
        /// It is there.
        case bad
        /// It is gone, with a margin.
        case good
        /// It is gone, but not by the margin.
        case between
        /// Nothing is known.
        case unknown
    }

    /// What is to be done.
    package enum Verdict: Sendable, Equatable {
        /// Raise an alert.
        case raise
        /// The alert is over.
        case clear
    }

    /// How far below its threshold a percentage must fall, so that it does not come and go.
    package static let margin = 5.0
    /// How long something measured must be gone.
    package static let calm: TimeInterval = 60
    /// Looks further apart say nothing of the time between them.
    package static let longestGap: TimeInterval = 120

    /// Whether there is an alert.
    package private(set) var isRaised: Bool
    private var since: Date?
    private var lastLook: Date?

    /// Begins with an alert or without.
    package init(isRaised: Bool = false) { self.isRaised = isRaised }

    /// What a measured percentage shows.
    package static func look(_ value: Double?, threshold percent: Int?) -> Look {
        guard let value, value.isFinite, let percent else { return .unknown }
        if value >= Double(percent) { return .bad }
        return value < Double(percent) - margin ? .good : .between
    }

    /// Takes note of a look; gives what is to be done now, each thing once.
    package mutating func note(_ look: Look, at date: Date, threshold: Threshold) -> Verdict? {
        guard threshold.isEnabled else {
            since = nil
            return isRaised ? settle(false) : nil
        }
        if let lastLook, date.timeIntervalSince(lastLook) > Self.longestGap || date < lastLook { since = nil }
        guard look != .unknown else { return nil }
        lastLook = date
        guard look == (isRaised ? .good : .bad) else {
            since = nil
            return nil
        }
        let begin = since ?? date
        since = begin
        let wait = isRaised ? (threshold.kind.isMeasured ? Self.calm : 0) : Double(threshold.minutes) * 60
        guard date.timeIntervalSince(begin) >= wait else { return nil }
        return settle(!isRaised)
    }

    private mutating func settle(_ raised: Bool) -> Verdict {
        isRaised = raised
        since = nil
        return raised ? .raise : .clear
    }
}
