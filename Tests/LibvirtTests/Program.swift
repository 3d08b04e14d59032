// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import HostSystem

@testable import Libvirt

/// Runs other programs, with the little that tests need.
enum Program {
    struct Outcome: Sendable {
        var status: Int32
        var bytes: [UInt8]
        var errors: String
        var output: String { String(decoding: bytes, as: UTF8.self) + errors }
    }

    /// Runs a program to its end, on a thread of its own; input and output go through files.
    static func run(_ path: String, _ arguments: [String], input: String = "") async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let isStarted: Void? = try? OwnThread.start("test-program") {
                continuation.resume(
                    with: Result {
                        let (pid, files) = try start(path, arguments, input: input)
                        defer { files.remove() }
                        return Outcome(status: wait(pid), bytes: files.output, errors: files.errors)
                    })
            }
            if isStarted == nil { continuation.resume(throwing: CallFailure.noThread) }
        }
    }

    /// Runs a program while a body runs, and ends it then.
    static func during<Result: Sendable>(
        _ path: String, _ arguments: [String], _ body: () async throws -> Result
    ) async throws -> Result {
        let (pid, files) = try start(path, arguments, input: "")
        defer {
            kill(pid, SIGKILL)
            _ = wait(pid)
            files.remove()
        }
        return try await body()
    }

    /// The files that stand for a program's input and output.
    private struct Files {
        let name = "/tmp/gatehouse-test-\(UUID().uuidString)"
        var output: [UInt8] { (try? Data(contentsOf: URL(filePath: name + ".out"))).map { Array($0) } ?? [] }
        var errors: String { (try? String(contentsOfFile: name + ".err", encoding: .utf8)) ?? "" }

        func remove() {
            for part in [".in", ".out", ".err"] { _ = unsafe unlink(name + part) }
        }
    }

    private static func start(_ path: String, _ arguments: [String], input: String) throws -> (pid_t, Files) {
        let files = Files()
        try input.write(toFile: files.name + ".in", atomically: false, encoding: .utf8)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 0, files.name + ".in", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, files.name + ".out", create, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, files.name + ".err", create, 0o600)
        // The thread that starts it has every signal blocked; the program must not inherit that.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var pid = pid_t()
        let result = unsafe posix_spawn(&pid, path, &actions, &attributes, words, environ)
        guard result == 0 else {
            files.remove()
            throw LibvirtError(number: 0, message: "can not run \(path): \(result)")
        }
        return (pid, files)
    }

    private static func wait(_ pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}
