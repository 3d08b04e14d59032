// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Where a new password comes from; never from the arguments, which every user of the host can read.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from the first line of standard input, instead of asking twice.")
    var passwordStdin = false

    /// The password.
    func read() throws -> String {
        let surroundings = Surroundings.current
        if passwordStdin { return try Password.firstLine(of: surroundings.input(Password.maximumBytes + 2)) }
        guard let password = try surroundings.hiddenLine("New password: ") else {
            throw Failure(.usage, "Nobody can be asked for the password here; give it with --password-stdin.")
        }
        guard try surroundings.hiddenLine("Again: ") == password else {
            throw Failure(.usage, "The two passwords differ; nothing was changed.")
        }
        return password
    }
}

/// What a password from outside looks like.
enum Password {
    /// The longest that the daemon takes.
    static let maximumBytes = 1024

    static let tooLong = Failure(.usage, "A password has at most \(maximumBytes) bytes.")

    /// The first line of an input, without its end.
    static func firstLine(of bytes: [UInt8]) throws -> String {
        var line = bytes.prefix { $0 != 0x0A }
        if line.last == 0x0D { line.removeLast() }
        guard line.count <= maximumBytes else { throw tooLong }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw Failure(.usage, "The password is not valid UTF-8.")
        }
        guard !text.isEmpty else { throw Failure(.usage, "Standard input holds no password.") }
        return text
    }
}
