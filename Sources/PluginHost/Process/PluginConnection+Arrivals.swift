// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
import PluginProtocol
import Synchronization

/// What the plugin says, and how the conversation ends.
extension PluginConnection {
    /// Takes in what the assembler made of the plugin's output.
    func receive(_ arrivals: [MessageAssembler.Arrival]) {
        guard !arrivals.isEmpty else { return }
        for arrival in arrivals {
            switch arrival {
            case .message(let message): receive(message)
            case .answer(let id, let answer): receive(.success(.handled(answer)), to: id)
            case .broken(let error): receiveBroken(error)
            // That is what the host says.
            case .call: break
            }
        }
    }

    private func receive(_ answer: Result<Answer, GatehouseError>, to id: Int64?) {
        let pending = state.withLock { state in
            state.lastArrival = .now
            return id.flatMap { state.pending.removeValue(forKey: $0) }
        }
        // One without a waiter came too late.
        pending?.answer(.success(answer))
    }

    private func receive(_ message: Message) {
        switch message {
        case .response(let id, let outcome):
            receive(outcome.map { .value($0) }, to: id.intValue)
        case .call(let id, let method, let parameters):
            let request = Request(id: id, method: method, parameters: parameters)
            let isTaken = state.withLock { state in
                state.lastArrival = .now
                state.openRequests += 1
                return state.openRequests <= Self.mostRequests
            }
            if isTaken {
                self.arrivals.yield(request)
            } else {
                let what = "More than \(Self.mostRequests) calls of the plugin are under way; wait for some of them."
                answer(request, .failure(GatehouseError(.limitExceeded, what)))
            }
        case .notification:
            // The contract knows none from a plugin but chunks, which are put together already.
            state.withLock { $0.lastArrival = .now }
        }
    }

    private func receiveBroken(_ error: GatehouseError) {
        let count = state.withLock { state in
            state.brokenLines += 1
            return state.brokenLines
        }
        if count <= 5 { log.note("The plugin wrote a line that is no message: \(error.message)") }
        guard count >= Self.mostBrokenLines else { return }
        fail(
            GatehouseError(
                .pluginFailed,
                "The plugin \(plugin) wrote \(count) lines on its output that are no messages (\(error.message)) "
                    + "Text for people belongs on its error output."), breaksContract: true)
    }

    /// Ends the conversation: every call that waits fails at once.
    func fail(_ error: GatehouseError, breaksContract: Bool = false) {
        let pending = state.withLock { state in
            guard state.failure == nil else { return [Pending]() }
            state.failure = error
            isOver.store(true, ordering: .releasing)
            state.hasBrokenContract = breaksContract
            state.input = nil
            state.queue = SendQueue()
            defer { state.pending = [:] }
            return Array(state.pending.values)
        }
        for call in pending { call.answer(.failure(error)) }
        arrivals.finish()
        ended.open()
        thread.wake()
    }

    /// Fails calls that have waited too long; the answer is when to look again.
    func expire(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (late, next) = state.withLock { state -> ([Pending], ContinuousClock.Instant?) in
            guard let wakeAt = state.wakeAt, wakeAt <= now else { return ([], state.wakeAt) }
            let late = state.pending.filter { $0.value.deadline <= now }
            for id in late.keys { state.pending[id] = nil }
            state.wakeAt = state.pending.values.map(\.deadline).min()
            return (Array(late.values), state.wakeAt)
        }
        for call in late {
            call.answer(
                .failure(GatehouseError(.timeout, "The plugin \(plugin) did not answer \(call.method) in time.")))
        }
        return next
    }

    /// The error for calls to a process that is gone.
    static func ended(_ plugin: String, _ why: String) -> GatehouseError {
        GatehouseError(.pluginFailed, "The plugin \(plugin) did not answer: \(why). Try again.")
    }
}
