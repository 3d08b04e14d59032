// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostSystem

/// Where a backup's passphrase comes from; never from the arguments, which every user of the host can read.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The backup's passphrase is the first line of that file (mode 0600).", valueName: "file"))
    var passphraseFile: String?

    @Flag(help: "The backup's passphrase is the first line of standard input.")
    var passphraseStdin = false

    func validate() throws {
        guard passphraseFile == nil || !passphraseStdin else {
            throw ValidationError("Name either --passphrase-file or --passphrase-stdin.")
        }
    }

    /// The passphrase that was given; nil for none.
    func read() throws -> String? {
        if passphraseStdin {
            return try Password.firstLine(of: Surroundings.current.input(Password.maximumBytes + 2))
        }
        guard let passphraseFile else { return nil }
        do {
            let file = try OpenDescriptor.file(at: passphraseFile)
            let status = try file.status()
            guard status.kind == .file else { throw Failure(.usage, "\(passphraseFile) is no file.") }
            guard status.mode & 0o077 == 0 else {
                throw Failure(.usage, "\(passphraseFile) can be read by others; close it first: chmod 600.")
            }
            guard case .bytes(let bytes) = file.read(most: Password.maximumBytes + 2) else {
                throw Failure(.usage, "\(passphraseFile) holds no passphrase.")
            }
            return try Password.firstLine(of: bytes)
        } catch let failure as SystemFailure {
            throw Failure(.usage, "\(passphraseFile) can not be read: \(failure).")
        }
    }

    /// The passphrase of a backup that has one; asked for where it was not given.
    func require() throws -> String {
        if let given = try read() { return given }
        guard let typed = try Surroundings.current.hiddenLine("Passphrase of the backup: ") else {
            throw Failure(
                .usage, "The backup is encrypted; give its passphrase with --passphrase-file or --passphrase-stdin.")
        }
        return typed
    }
}
