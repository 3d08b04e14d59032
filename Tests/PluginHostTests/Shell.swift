// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import HostSystem

/// A shell, run to its end on a thread of its own.
enum Shell {
    /// Runs a script; what it printed, without the last line break.
    static func run(_ script: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try OwnThread.start("shell") { continuation.resume(with: Result { try execute(script) }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private static func execute(_ script: String) throws -> String {
        // A shell that can not hear of its children's ends waits for ever.
        var everything = sigset_t()
        unsafe sigfillset(&everything)
        unsafe pthread_sigmask(SIG_UNBLOCK, &everything, nil)
        guard let pipe = unsafe popen("exec sh <<'THE END'\n\(script)\nTHE END\n", "r") else {
            throw CocoaError(.fileReadUnknown)
        }
        var bytes: [UInt8] = []
        while case let byte = unsafe fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        _ = unsafe pclose(pipe)
        while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
