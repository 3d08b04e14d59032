// SPDX-License-Identifier: Apache-2.0

package import Logging
import Model
import Synchronization

/// A node that is reached through libvirt.
///
/// Make one, run `run(events:)` in a task for as long as the node is enabled, and cancel the task to
/// end the connection and every console that goes through it. Calls work while it runs, and throw
/// `nodeUnreachable` while there is no connection.
package final class LibvirtHypervisor: Hypervisor {
    private struct State {
        var isRunning = false
        var session: NodeSession?
        var reason = "it has not been connected yet"
    }

    /// The node as it was declared.
    package let node: LibvirtNode
    let timing: LibvirtTiming
    let threads: NodeThreads
    let logger: Logger
    private let state = Mutex(State())

    /// Makes a node; nothing happens before `run(events:)`.
    package init(_ node: LibvirtNode, timing: LibvirtTiming = LibvirtTiming(), logger: Logger) {
        self.node = node
        self.timing = timing
        self.logger = logger
        threads = NodeThreads(hangingLimit: timing.hangingLimit)
    }

    /// How many calls have not come back although nobody waits for them any more.
    package var hangingCalls: Int { threads.hanging.count }

    /// Takes the right to run; false where somebody has it.
    func beginRunning() -> Bool {
        state.withLock { state in
            guard !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
    }

    /// Gives the right to run back.
    func endRunning() {
        state.withLock { $0.isRunning = false }
    }

    /// Makes a session the one that calls go through; nil with the reason why there is none.
    func use(_ session: NodeSession?, reason: String = "") {
        state.withLock { state in
            state.session = session
            state.reason = reason
        }
    }

    /// The session that calls go through.
    func session() throws -> NodeSession {
        try state.withLock { state in
            if let session = state.session { return session }
            throw GatehouseError(
                .nodeUnreachable, "The machine's node can not be reached: \(state.reason). Try again later.")
        }
    }

    /// Runs one call and gives its failure the one error type.
    func calling<Value: Sendable>(
        _ action: String, _ body: (NodeSession) async throws -> Value
    ) async throws -> Value {
        let session = try session()
        do {
            return try await body(session)
        } catch {
            throw Failures.translate(error, action: action, isConnected: session.signals.lossReason == nil)
        }
    }
}
