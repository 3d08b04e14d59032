// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a command sees of the process around it, so that tests can put something else in its place.
struct Surroundings: Sendable {
    /// The surroundings of the command that is running.
    @TaskLocal static var current = Surroundings.process

    /// The environment variables.
    var environment: [String: String]
    /// Whether this is root, whom the daemon lets in by what the kernel says.
    var isRoot: Bool
    /// Writes to standard output.
    var out: @Sendable (String) -> Void
    /// Writes to standard error.
    var error: @Sendable (String) -> Void
    /// Reads standard input to its end, but no more than that many bytes.
    var input: @Sendable (_ maximum: Int) throws -> [UInt8]
    /// Asks for a text that is not shown; nil where nobody sits at a terminal.
    var hiddenLine: @Sendable (_ prompt: String) throws -> String?

    /// Those of this process.
    static var process: Surroundings {
        Surroundings(
            environment: ProcessInfo.processInfo.environment,
            isRoot: geteuid() == 0,
            // Whoever reads may have gone; then there is nobody to tell.
            out: { try? FileHandle.standardOutput.write(contentsOf: Data($0.utf8)) },
            error: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) },
            input: { try StandardInput.read(maximum: $0) },
            hiddenLine: { try HiddenLine.read(prompt: $0) })
    }

    /// Says in one line what went wrong.
    func fail(_ message: String) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        error("gatehouse: \(HarmlessText.line(line))\n")
    }
}

/// Standard input as bytes.
enum StandardInput {
    /// Everything up to its end, but no more than that many bytes.
    static func read(maximum: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < maximum,
            let piece = try FileHandle.standardInput.read(upToCount: maximum - bytes.count), !piece.isEmpty
        { bytes.append(contentsOf: piece) }
        return bytes
    }
}
