// SPDX-License-Identifier: Apache-2.0

package import Model
import Synchronization

/// Something that changed, for whoever may know of it.
package enum CoreEvent: Sendable, Equatable {
    case machineChanged(MachineID)
    /// A machine is gone; the address is the one it was known by.
    case machineRemoved(MachineID, address: String)
    case nodeChanged(NodeID)
    case consoleChanged(MachineID, ConsoleType)
    /// A session is about to end; `idle` tells whether doing something would keep it.
    case sessionEnding(SessionID, idle: Bool)
    case sessionEnded(SessionID, reason: String)
    case usersChanged
    case privilegesChanged
    /// Something about a plugin changed: state, switches, version.
    case pluginChanged(String)
    case jobChanged(JobID)
    /// There may be a job to hand out.
    case jobReady
    /// A job that is being done is to end.
    case jobCancel(JobID)
    /// A user's alerts changed: there is a new one, or one is over, acknowledged or deleted.
    case alertsChanged(UserID)
    /// Samples of a node and its machines were appended.
    case sampleAdded(NodeID)
}

/// Hands every event to every listener, in order; a listener that falls behind is cut off.
package final class EventBus: Sendable {
    /// One listener's side.
    package struct Subscription: Sendable {
        /// The events; ends early when the listener has fallen behind.
        package let events: AsyncStream<CoreEvent>
        /// The number to unsubscribe with.
        package let id: UInt64
    }

    private struct State {
        var nextID: UInt64 = 0
        var listeners: [UInt64: AsyncStream<CoreEvent>.Continuation] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let maximumListeners: Int
    private let backlog: Int

    /// Makes a bus.
    ///
    /// - Parameters:
    ///   - maximumListeners: how many may listen at once.
    ///   - backlog: how many events may wait for one listener before it is cut off.
    package init(maximumListeners: Int = 500, backlog: Int = 1000) {
        self.maximumListeners = maximumListeners
        self.backlog = backlog
    }

    /// Starts listening; end it with `unsubscribe`.
    ///
    /// - Throws: `limitExceeded` where too many listen already.
    package func subscribe() throws -> Subscription {
        let (stream, continuation) = AsyncStream.makeStream(
            of: CoreEvent.self, bufferingPolicy: .bufferingOldest(backlog))
        return try state.withLock { state in
            guard state.listeners.count < maximumListeners else {
                throw GatehouseError(
                    .limitExceeded, "\(maximumListeners) event listeners are connected; close some windows.")
            }
            state.nextID += 1
            if state.isClosed { continuation.finish() } else { state.listeners[state.nextID] = continuation }
            return Subscription(events: stream, id: state.nextID)
        }
    }

    /// Ends a subscription; nothing happens where it has ended already.
    package func unsubscribe(_ id: UInt64) {
        state.withLock { $0.listeners.removeValue(forKey: id) }?.finish()
    }

    /// Tells everybody.
    package func publish(_ event: CoreEvent) {
        state.withLock { state in
            for (id, listener) in state.listeners {
                guard case .dropped = listener.yield(event) else { continue }
                listener.finish()
                state.listeners[id] = nil
            }
        }
    }

    /// How many listen.
    package var listenerCount: Int { state.withLock { $0.listeners.count } }

    /// Ends every subscription and takes no more events.
    package func close() {
        let open = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values.map { $0 }
        }
        for listener in open { listener.finish() }
    }
}
