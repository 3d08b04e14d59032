// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that comes or fails to come, once, and that any number of tasks wait for.
final class Latch: Sendable {
    private struct State {
        var outcome: Bool?
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Says whether it came; only the first word counts.
    func settle(_ outcome: Bool) {
        let waiting = state.withLock { state in
            guard state.outcome == nil else { return [CheckedContinuation<Bool, Never>]() }
            state.outcome = outcome
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    /// Waits for the word; false where the task is cancelled meanwhile.
    func wait() async -> Bool {
        let place = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Bool? in
                    if let outcome = state.outcome { return outcome }
                    if Task.isCancelled { return false }
                    state.waiting[place] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: place) }?.resume(returning: false)
        }
    }
}
