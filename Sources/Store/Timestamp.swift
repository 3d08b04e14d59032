// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension Date {
    /// Whole milliseconds since 1970, the way times are kept; rounded, and held within the years 0 to 9999.
    var milliseconds: Int64 {
        let value = (timeIntervalSince1970 * 1000).rounded()
        guard value.isFinite else { return 0 }
        return Int64(min(max(value, -62_167_219_200_000), 253_402_300_799_999))
    }

    /// The time that was kept as whole milliseconds since 1970.
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// The time as it comes back once it was kept.
    var kept: Date { Date(milliseconds: milliseconds) }
}

extension UUID {
    /// The text that is kept: 36 characters in lower case.
    var text: String { uuidString.lowercased() }
}
