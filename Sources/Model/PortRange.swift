// SPDX-License-Identifier: Apache-2.0

/// TCP ports from one to another, both included.
package struct PortRange: Sendable, Equatable, CustomStringConvertible {
    /// The most ports of a range.
    package static let most = 1_000

    /// The ports; within 1024 to 65535.
    package let ports: ClosedRange<Int>

    /// Reads a range such as `9000-9100`; nil for anything else, and for more than `most` ports.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isDigits = { (part: Substring) in
            (1...5).contains(part.utf8.count) && part.utf8.allSatisfy { 48...57 ~= $0 }
        }
        guard parts.count == 2, parts.allSatisfy(isDigits), let first = Int(parts[0]), let last = Int(parts[1]),
            (1024...65_535).contains(first), (first...65_535).contains(last), last - first < Self.most
        else { return nil }
        ports = first...last
    }

    /// The range as it is written.
    package var description: String { "\(ports.lowerBound)-\(ports.upperBound)" }
}
