// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads a line from a terminal without showing it.
///
/// The terminal gives every key at once and makes no signals meanwhile, so that an interrupt comes
/// as a byte and the terminal is always put back as it was.
enum HiddenLine {
    private static let interrupt: UInt8 = 0x03
    private static let endOfInput: UInt8 = 0x04
    private static let eraseLine: UInt8 = 0x15

    /// Prompts and reads; nil where standard input is no terminal.
    static func read(prompt: String) throws -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        let before = try stty(["-g"])
        _ = try stty(["-echo", "-icanon", "-isig", "min", "1", "time", "0"])
        defer { _ = try? stty([before]) }
        try FileHandle.standardError.write(contentsOf: Data(prompt.utf8))
        defer { try? FileHandle.standardError.write(contentsOf: Data("\n".utf8)) }
        return try line { try FileHandle.standardInput.read(upToCount: 1)?.first }
    }

    /// Puts a line together from keys, minding those that take back.
    static func line(from nextByte: () throws -> UInt8?) throws -> String {
        var bytes: [UInt8] = []
        while let byte = try nextByte() {
            switch byte {
            case 0x0A, 0x0D, endOfInput: return String(decoding: bytes, as: UTF8.self)
            case interrupt: throw Failure(.failed, "Given up.")
            case eraseLine: bytes = []
            case 0x08, 0x7F: bytes = Array(String(decoding: bytes, as: UTF8.self).dropLast().utf8)
            default:
                guard bytes.count < Password.maximumBytes else { throw Password.tooLong }
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func stty(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/stty")
        process.arguments = arguments
        process.standardInput = FileHandle.standardInput
        let output = Pipe()
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw Failure(.failed, "The terminal can not hide what is typed (no stty); use --password-stdin.")
        }
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.failed, "The terminal can not hide what is typed; use --password-stdin.")
        }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
