// SPDX-License-Identifier: Apache-2.0

import HostSystem
import PluginProtocol
import Synchronization

/// The thread that reads what a plugin writes, runs the tasks of its calls, and sends what did not fit into the pipe at once.
final class ReadingThread: Sendable {
    private struct State {
        var assembler = MessageAssembler(frequent: .answers)
        /// What the plugin writes; nil once it is closed.
        var output: OpenDescriptor?
        /// Its error output; nil once it is closed.
        var errors: OpenDescriptor?
        /// Until when the error output is read, once the output is closed.
        var last: ContinuousClock.Instant?
    }

    /// How long the error output is still read once the output is closed.
    private static let lastWords: Duration = .seconds(2)

    private let connection: PluginConnection
    private let state: Mutex<State>

    init(_ connection: PluginConnection, output: OpenDescriptor, errors: OpenDescriptor) throws(SystemFailure) {
        self.connection = connection
        state = Mutex(State(output: output, errors: errors))
        try output.stopBlocking()
        try errors.stopBlocking()
    }

    /// Starts the thread; it ends by itself when the process has closed both streams.
    func start() throws(SystemFailure) {
        SignalPolicy.ignoreBrokenPipes()
        try connection.thread.start("plugin-\(connection.plugin)") {
            if self.step() { return true }
            self.connection.log.endLine()
            self.connection.finished.open()
            return false
        }
    }

    /// Waits for something and does it; false at the end of both streams.
    private func step() -> Bool {
        let now = ContinuousClock.now
        // The lock is not held over the wait, in which tasks run.
        let (output, errors, last) = state.withLock { ($0.output, $0.errors, $0.last) }
        let next = [connection.expire(at: now), last].compactMap { $0 }.min()
        var wishes = [
            Readiness(output, .reading), Readiness(errors, .reading), Readiness(connection.waitingInput, .writing),
        ]
        connection.thread.wait(for: &wishes, milliseconds: next.map { Self.milliseconds(from: now, to: $0) })
        if wishes[1].isReady, let errors, !readErrors(errors) { state.withLock { $0.errors = nil } }
        if wishes[0].isReady, let output, !read(output) { state.withLock { $0.output = nil } }
        if wishes[2].isReady { connection.flush() }
        return goesOn()
    }

    private func goesOn() -> Bool {
        let isOpen = connection.isOpen
        let (hasOutput, isOver) = state.withLock { state in
            if !isOpen { state.output = nil }
            if state.output == nil, state.last == nil { state.last = .now + Self.lastWords }
            let isLate = state.last.map { $0 <= .now } ?? false
            return (state.output != nil, isLate || state.output == nil && state.errors == nil)
        }
        if !hasOutput { connection.fail(PluginConnection.ended(connection.plugin, "its process ended")) }
        return !isOver
    }

    /// Reads messages; false at the end.
    private func read(_ source: OpenDescriptor) -> Bool {
        switch source.read(most: OpenDescriptor.usualPiece) {
        case .bytes(let bytes):
            connection.receive(state.withLock { $0.assembler.feed(bytes) })
            return true
        case .nothing: return true
        case .end, .failed: return false
        }
    }

    /// Reads lines for the log; false at the end.
    private func readErrors(_ source: OpenDescriptor) -> Bool {
        switch source.read(most: OpenDescriptor.usualPiece) {
        case .bytes(let bytes):
            connection.log.feed(bytes)
            return true
        case .nothing: return true
        case .end, .failed: return false
        }
    }

    private static func milliseconds(from now: ContinuousClock.Instant, to then: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = now.duration(to: then).components
        return Int(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}

extension PluginConnection {
    /// The plugin's input while it is full and something waits to be sent to it.
    fileprivate var waitingInput: OpenDescriptor? { state.withLock { $0.queue.isBlocked ? $0.input : nil } }

    /// Sends what waits.
    fileprivate func flush() {
        if !write(afterRoom: true) { fail(Self.ended(plugin, "it closed its input")) }
    }
}
