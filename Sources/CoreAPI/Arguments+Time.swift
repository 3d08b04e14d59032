// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

extension Arguments {
    /// A moment, if given, as RFC 3339 writes it, with or without a fraction of a second.
    ///
    /// - Throws: `invalidParameters`.
    func optionalTime(_ name: String) throws -> Date? {
        guard let text = optionalString(name) else { return nil }
        for hasFraction in [true, false] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            if let date = try? style.parse(text) { return date }
        }
        throw GatehouseError.invalidParameter(name, "\(name) must be a moment such as 2026-01-31T12:00:00Z.")
    }
}

extension Parameter {
    /// A moment that may be left out.
    static func optionalTime(_ name: String, _ summary: String) -> Parameter {
        .optional(name, .string(maximum: 40), summary)
    }
}
