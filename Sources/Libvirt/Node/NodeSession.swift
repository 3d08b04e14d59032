// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Synchronization

/// One open connection to a node, from opening it to closing it.
final class NodeSession: Sendable {
    /// Owns the connection, and hands it to several threads: libvirt's connections allow that.
    final class Owner: @unchecked Sendable {
        let connection: Connection
        init(_ connection: consuming Connection) { self.connection = connection }
    }

    private struct State {
        var owner: Owner?
        var registrations = EventRegistrations()
        var timeouts = 0
    }

    /// What libvirt reports.
    let signals = NodeSignals()
    /// The text consoles that are open.
    let pumps = PumpRegistry()
    private let threads: NodeThreads
    private let timing: LibvirtTiming
    private let state: Mutex<State>

    private init(_ owner: Owner, threads: NodeThreads, timing: LibvirtTiming) {
        self.threads = threads
        self.timing = timing
        state = Mutex(State(owner: owner))
    }

    /// Opens a connection and has it watched.
    static func open(_ uri: String, threads: NodeThreads, timing: LibvirtTiming) async throws -> NodeSession {
        let owner = try await threads.reads.run(within: timing.change) {
            let connection = try Connection(uri: uri)
            connection.setKeepAlive(seconds: timing.keepAliveSeconds, count: timing.keepAliveCount)
            return Owner(connection)
        }
        let session = NodeSession(owner, threads: threads, timing: timing)
        do {
            let signals = session.signals
            let made = try await threads.reads.run(within: timing.read) {
                try owner.connection.register(signals)
            }
            session.state.withLock { $0.registrations = made }
            return session
        } catch {
            await session.close()
            throw error
        }
    }

    /// Asks the node something.
    func read<Value: Sendable>(
        within deadline: Duration? = nil, _ body: @escaping @Sendable (borrowing Connection) throws -> Value
    ) async throws -> Value {
        try await call(threads.reads, within: deadline ?? timing.read, body)
    }

    /// Changes something on the node.
    func change<Value: Sendable>(
        within deadline: Duration? = nil, _ body: @escaping @Sendable (borrowing Connection) throws -> Value
    ) async throws -> Value {
        try await call(threads.changes, within: deadline ?? timing.change, body)
    }

    /// Moves a whole disk; two at a time, and apart from everything else.
    func copy<Value: Sendable>(
        within deadline: Duration, _ body: @escaping @Sendable (borrowing Connection) throws -> Value
    ) async throws -> Value {
        try await call(threads.copies, within: deadline, body)
    }

    /// Moves a machine to another node; two at a time, and apart from everything else.
    func move<Value: Sendable>(
        within deadline: Duration, _ body: @escaping @Sendable (borrowing Connection) throws -> Value
    ) async throws -> Value {
        try await call(threads.moves, within: deadline, body)
    }

    /// The connection, for a call on another one that needs this one too.
    ///
    /// - Throws: `CallFailure.notConnected`.
    func owner() throws -> Owner {
        guard let owner = state.withLock({ $0.owner }) else { throw CallFailure.notConnected }
        return owner
    }

    private func call<Value: Sendable>(
        _ workers: Workers, within deadline: Duration,
        _ body: @escaping @Sendable (borrowing Connection) throws -> Value
    ) async throws -> Value {
        let owner = try owner()
        do {
            return try await workers.run(within: deadline) { [signals] in
                do {
                    return try body(owner.connection)
                } catch let error as LibvirtError {
                    if !owner.connection.isAlive { signals.lost(error.message) }
                    throw error
                }
            }
        } catch CallFailure.deadlinePassed {
            noteTimeout()
            throw CallFailure.deadlinePassed
        }
    }

    /// Gives the connection up when too much hangs on it.
    private func noteTimeout() {
        let count = state.withLock { state in
            state.timeouts += 1
            return state.timeouts
        }
        if count >= timing.hangingBeforeReconnect, threads.hanging.count >= timing.hangingBeforeReconnect {
            signals.lost("\(threads.hanging.count) calls to the node hang")
        }
    }

    /// Ends the consoles and closes the connection; waits for that a little while only.
    func close() async {
        signals.lost("the connection was closed here")
        await pumps.endAll(within: .seconds(2))
        let taken = state.withLock { state in
            defer { state.owner = nil }
            return state.owner.map { ($0, state.registrations) }
        }
        guard let (owner, registrations) = taken else { return }
        try? await threads.reads.finish(within: .seconds(5)) {
            owner.connection.deregister(registrations)
        }
    }
}
