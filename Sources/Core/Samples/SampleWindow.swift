// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// Which part of a history answers a question, in how many points.
package struct SampleWindow: Sendable, Equatable {
    /// The most points of an answer.
    package static let maximumPoints = 2000

    /// From then on.
    package let from: Date
    /// Until before then.
    package let to: Date
    /// The resolution.
    package let resolution: SampleResolution
    /// Seconds that make up one point.
    package let step: Int

    /// Works out what fits: the last hour where nothing is said, and the finest resolution that reaches back
    /// that far and gives no more points than an answer may have.
    ///
    /// Where a resolution was asked for that gives more points, neighbours are averaged.
    /// - Throws: `invalidParameters` where the begin does not lie before the end.
    package init(
        from: Date?, to: Date?, resolution: SampleResolution?, now: Date, retention: SampleRetention = SampleRetention()
    ) throws {
        // The last moment itself belongs to the answer.
        let end = to ?? now.addingTimeInterval(1)
        let begin = from ?? end.addingTimeInterval(-3600)
        guard begin < end else {
            throw GatehouseError.invalidParameter("from", "\"from\" must lie before \"to\".")
        }
        self.to = end
        self.resolution = resolution ?? Self.finest(from: begin, to: end, now: now, retention: retention)
        // Nothing older is kept, so nothing older needs points.
        let oldest = now.addingTimeInterval(-retention.length(self.resolution).seconds)
        self.from = min(max(begin, oldest), end)
        let points = max(0, end.timeIntervalSince(self.from)) / Double(self.resolution.seconds)
        let merged = min(max((points / Double(Self.maximumPoints)).rounded(.up), 1), 1_000_000)
        step = self.resolution.seconds * Int(merged)
    }

    private static func finest(
        from: Date, to: Date, now: Date, retention: SampleRetention
    ) -> SampleResolution {
        SampleResolution.allCases.first { resolution in
            now.timeIntervalSince(from) <= retention.length(resolution).seconds + 2
                && to.timeIntervalSince(from) / Double(resolution.seconds) <= Double(maximumPoints)
        } ?? .quarter
    }
}
