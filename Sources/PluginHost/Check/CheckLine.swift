// SPDX-License-Identifier: Apache-2.0

/// What came of one thing that a plugin was checked for.
package struct CheckLine: Sendable, Equatable {
    /// How it came out.
    package enum Outcome: Sendable, Equatable {
        /// It is as it should be; with what is worth knowing, or nothing.
        case passed(String)
        /// It is not; with what was found and what to do.
        case failed(String)
        /// It was not looked at; with why.
        case skipped(String)
    }

    /// What was checked.
    package let name: String
    /// How it came out.
    package let outcome: Outcome

    /// Whether it is not as it should be.
    package var hasFailed: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// The line for people, without a line break.
    package var text: String {
        switch outcome {
        case .passed(let note): "ok    \(name)\(note.isEmpty ? "" : " (\(note))")"
        case .failed(let why): "FAIL  \(name): \(why)"
        case .skipped(let why): "skip  \(name): \(why)"
        }
    }
}

/// Everything that was found out about a plugin.
package struct CheckReport: Sendable {
    /// What was checked, in order.
    package var lines: [CheckLine] = []
    /// What the plugin wrote to its log meanwhile, and what the host noted there.
    package var log: [String] = []

    /// Whether nothing has failed.
    package var hasPassed: Bool { !lines.contains(where: \.hasFailed) }

    /// How many passed, failed and were skipped, in words.
    package var summary: String {
        let failed = lines.count(where: \.hasFailed)
        let skipped = lines.count { line in
            if case .skipped = line.outcome { true } else { false }
        }
        return "\(lines.count - failed - skipped) passed, \(failed) failed, \(skipped) skipped"
    }
}

/// Why something is not looked at.
struct CheckSkip: Error {
    let why: String
}
