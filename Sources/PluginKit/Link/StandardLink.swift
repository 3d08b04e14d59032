// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model

/// Standard input and output.
///
/// The thread that reads is the one that the plugin's code runs on, so that a call costs it no change of threads.
struct StandardLink: HostLink {
    private let input: OpenDescriptor
    private let outbox: Outbox
    private let thread: TaskThread

    /// Takes the standard output for the host alone.
    init() throws {
        SignalPolicy.ignoreBrokenPipes()
        input = OpenDescriptor(owning: 0)
        outbox = Outbox(try OpenDescriptor.takingStandardOutput())
        thread = try TaskThread()
    }

    var tasks: (any TaskExecutor)? { thread }

    func listen(_ take: @escaping @Sendable ([UInt8]?) -> Void) {
        let (input, thread, outbox) = (input, thread, outbox)
        do {
            try thread.start("host-reader") {
                var wishes = [Readiness(input, .reading)]
                thread.wait(for: &wishes, milliseconds: nil) { outbox.sendHeld() }
                guard wishes[0].isReady else { return true }
                guard case .bytes(let bytes) = input.read(most: OpenDescriptor.usualPiece) else {
                    take(nil)
                    return false
                }
                take(bytes)
                return true
            }
        } catch {
            take(nil)
        }
    }

    /// Answers that follow each other closely go out in one piece, when the jobs at hand are done.
    func send(_ lines: [[UInt8]]) {
        guard thread.isRunningCaller else { return outbox.send(lines) }
        outbox.hold(lines)
        // Another thread may have taken over in between, and have sent what was held before.
        if !thread.isRunningCaller { outbox.sendHeld() }
    }
    func flush() async { await outbox.flush() }
}
