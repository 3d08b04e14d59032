// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import Model

/// Decides whether a report fits behind the one before it.
package struct SampleOrder: Sendable {
    /// What to do with a report.
    package enum Verdict: Sendable, Equatable {
        /// Keep it.
        case keep
        /// Keep it in place of everything from then on: the clock was set back.
        case keepAfterClockChange
        /// It is there already, or so close to the last one that it says nothing new.
        case drop
    }

    /// How far ahead of this host's clock a report may be.
    package static let mostAhead: TimeInterval = 60
    /// How far behind this host's clock a report may be.
    package static let mostBehind: TimeInterval = 600
    /// Reports that follow closer than this are dropped.
    package static let leastApart: TimeInterval = 5

    /// Decides on a report of that moment.
    ///
    /// - Throws: `invalidParameters` where the moment is too far from now; `conflict` where it lies before
    ///   the last one.
    package static func decide(_ at: Date, last: Date?, now: Date) throws -> Verdict {
        let ahead = at.timeIntervalSince(now)
        guard ahead <= mostAhead else {
            throw GatehouseError.invalidParameter("at", "The sample lies in the future; set the clock that it is from.")
        }
        guard ahead >= -mostBehind else {
            throw GatehouseError.invalidParameter("at", "The sample is over ten minutes old; take a new one.")
        }
        guard let last else { return .keep }
        // What was kept under a clock that went wrong must not stop what comes under the right one.
        if last.timeIntervalSince(now) > mostAhead { return .keepAfterClockChange }
        let distance = at.timeIntervalSince(last)
        if distance >= leastApart { return .keep }
        guard distance >= 0 else {
            throw GatehouseError(
                .conflict, "A later sample of this node is kept already; samples are appended in order of time.")
        }
        return .drop
    }
}
