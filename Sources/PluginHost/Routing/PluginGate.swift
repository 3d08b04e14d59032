// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Where requests for a plugin go in: it keeps to the number that may be under way, and lets others wait.
final class PluginGate: Sendable {
    private enum Door {
        case open(PluginInstance)
        /// The plugin is expected back.
        case pending
        case closed(GatehouseError)
    }

    private enum Waiter {
        case announced
        case waiting(CheckedContinuation<PluginInstance, any Error>)
    }

    private struct State {
        var door: Door
        var limits = PluginQueueLimits()
        var inFlight = 0
        var nextTicket = 0
        /// The tickets of those that wait, in order; those that left are no longer among `waiters`.
        var order: [Int] = []
        var waiters: [Int: Waiter] = [:]

        /// Whether one more may go in; a process that has just died is about to be replaced.
        func isFree(for instance: PluginInstance) -> Bool {
            inFlight < limits.inFlight && instance.process.connection.isOpen
        }
    }

    private typealias Admission = (CheckedContinuation<PluginInstance, any Error>, PluginInstance)

    private let plugin: String
    private let state: Mutex<State>

    /// Makes a gate that is closed.
    init(plugin: String) {
        self.plugin = plugin
        state = Mutex(State(door: .closed(GatehouseError.pluginNotFound)))
    }

    /// How many requests may be under way and wait.
    func setLimits(_ limits: PluginQueueLimits) { state.withLock { $0.limits = limits } }

    /// A place among the requests under way; waits for one, and for the plugin to come back, as long as given.
    ///
    /// Whoever got in must `leave`.
    /// - Throws: what the gate was closed with, `limitExceeded` where too many wait, `pluginFailed` or `timeout`.
    func enter(within time: Duration) async throws -> PluginInstance {
        if let instance = try attempt().get() { return instance }
        return try await wait(atMost: time)
    }

    /// A place among the requests under way, where one is free at this moment; whoever got in must `leave`.
    func enterAtOnce() -> PluginInstance? { try? attempt().get() }

    private func attempt() -> Result<PluginInstance?, GatehouseError> {
        state.withLock { state in
            switch state.door {
            case .closed(let error): return .failure(error)
            case .open(let instance) where state.isFree(for: instance):
                state.inFlight += 1
                instance.begin()
                return .success(instance)
            case .open, .pending: return .success(nil)
            }
        }
    }

    /// Gives the place back.
    func leave(_ instance: PluginInstance) {
        instance.end()
        let admissions = state.withLock { state in
            state.inFlight -= 1
            return Self.admit(&state)
        }
        for (continuation, instance) in admissions { continuation.resume(returning: instance) }
    }

    /// Lets requests through, to that process.
    func open(to instance: PluginInstance) {
        let admissions = state.withLock { state in
            state.door = .open(instance)
            return Self.admit(&state)
        }
        for (continuation, instance) in admissions { continuation.resume(returning: instance) }
    }

    /// Lets requests wait, because the plugin is expected back.
    func pend() { state.withLock { $0.door = .pending } }

    /// Turns away everybody, those that wait too.
    func close(_ error: GatehouseError) {
        let waiters = state.withLock { state in
            state.door = .closed(error)
            state.order = []
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for case .waiting(let continuation) in waiters { continuation.resume(throwing: error) }
    }

    private static func admit(_ state: inout State) -> [Admission] {
        guard case .open(let instance) = state.door else { return [] }
        var admissions: [Admission] = []
        var taken = 0
        for ticket in state.order where state.isFree(for: instance) {
            taken += 1
            switch state.waiters[ticket] {
            case .waiting(let continuation):
                state.inFlight += 1
                instance.begin()
                state.waiters[ticket] = nil
                admissions.append((continuation, instance))
            // It is about to wait, and looks at the door first.
            case .announced: continue
            case nil: continue
            }
        }
        state.order.removeFirst(taken)
        return admissions
    }

    private func wait(atMost time: Duration) async throws -> PluginInstance {
        let ticket = try state.withLock { state in
            guard state.waiters.count < state.limits.waiting else { throw busy() }
            state.nextTicket += 1
            state.waiters[state.nextTicket] = .announced
            return state.nextTicket
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: time)
                self.giveUp(ticket)
            }
            defer { group.cancelAll() }
            return try await withCheckedThrowingContinuation { continuation in
                if let answer = begin(ticket, continuation) { continuation.resume(with: answer) }
            }
        }
    }

    private func begin(
        _ ticket: Int, _ continuation: CheckedContinuation<PluginInstance, any Error>
    ) -> Result<PluginInstance, any Error>? {
        state.withLock { state in
            guard state.waiters[ticket] != nil else { return .failure(late(state)) }
            switch state.door {
            case .closed(let error):
                state.waiters[ticket] = nil
                return .failure(error)
            case .open(let instance) where state.isFree(for: instance):
                state.waiters[ticket] = nil
                state.inFlight += 1
                instance.begin()
                return .success(instance)
            case .open, .pending:
                state.waiters[ticket] = .waiting(continuation)
                state.order.append(ticket)
                return nil
            }
        }
    }

    private func giveUp(_ ticket: Int) {
        let (waiter, error) = state.withLock { state in (state.waiters.removeValue(forKey: ticket), late(state)) }
        if case .waiting(let continuation) = waiter { continuation.resume(throwing: error) }
    }

    private func busy() -> GatehouseError {
        GatehouseError(
            .limitExceeded, "Too many requests wait for the plugin \(plugin). Try again in a second.",
            details: ["retryAfter": 1])
    }

    private func late(_ state: State) -> GatehouseError {
        if case .pending = state.door {
            return GatehouseError(
                .pluginFailed, "The plugin \(plugin) is being started again and was not ready in time. Try again.",
                details: ["retryAfter": 1])
        }
        return GatehouseError(
            .timeout, "The plugin \(plugin) had no time for the request. Try again.", details: ["retryAfter": 1])
    }
}
