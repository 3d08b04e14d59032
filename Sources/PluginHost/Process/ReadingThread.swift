// SPDX-License-Identifier: Apache-2.0

import HostSystem
import PluginProtocol
import Synchronization

/// The thread that reads what a plugin writes, and sends what did not fit into the pipe at once.
struct ReadingThread: Sendable {
    /// How long the error output is still read once the output is closed.
    private static let lastWords: Duration = .seconds(2)
    private static let pieceBytes = 1 << 16

    private let connection: PluginConnection
    private let output: OpenDescriptor
    private let errors: OpenDescriptor

    init(_ connection: PluginConnection, output: OpenDescriptor, errors: OpenDescriptor) throws(SystemFailure) {
        self.connection = connection
        self.output = output
        self.errors = errors
        try output.stopBlocking()
        try errors.stopBlocking()
    }

    /// Starts the thread; it ends by itself when the process has closed both streams.
    func start() throws(SystemFailure) {
        SignalPolicy.ignoreBrokenPipes()
        try OwnThread.start("plugin-\(connection.plugin)") { run() }
    }

    private func run() {
        var assembler = MessageAssembler()
        var output: OpenDescriptor? = self.output
        var errors: OpenDescriptor? = self.errors
        var last: ContinuousClock.Instant?
        while output != nil || errors != nil {
            let now = ContinuousClock.now
            let next = [connection.expire(at: now), last].compactMap { $0 }.min()
            var wishes = [
                Readiness(connection.wakeup.descriptor, .reading), Readiness(output, .reading),
                Readiness(errors, .reading), Readiness(connection.waitingInput, .writing),
            ]
            Readiness.wait(for: &wishes, milliseconds: next.map { Self.milliseconds(from: now, to: $0) })
            if wishes[0].isReady { connection.wakeup.rest() }
            if wishes[2].isReady, let source = errors, !readErrors(source) { errors = nil }
            if wishes[1].isReady, let source = output, !read(source, &assembler) { output = nil }
            if wishes[3].isReady { connection.flush() }
            if !connection.isOpen { output = nil }
            if output == nil, last == nil { last = .now + Self.lastWords }
            if let last, last <= .now { break }
            if output == nil { connection.fail(PluginConnection.ended(connection.plugin, "its process ended")) }
        }
        connection.log.endLine()
        connection.finished.open()
    }

    /// Reads messages; false at the end.
    private func read(_ source: OpenDescriptor, _ assembler: inout MessageAssembler) -> Bool {
        switch source.read(most: Self.pieceBytes) {
        case .bytes(let bytes):
            connection.receive(assembler.feed(bytes))
            return true
        case .nothing: return true
        case .end, .failed: return false
        }
    }

    /// Reads lines for the log; false at the end.
    private func readErrors(_ source: OpenDescriptor) -> Bool {
        switch source.read(most: Self.pieceBytes) {
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
