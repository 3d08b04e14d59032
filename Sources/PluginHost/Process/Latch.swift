// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that happens once, and that any number of tasks may wait for.
package final class Latch: Sendable {
    private enum Waiter {
        case announced
        case waiting(CheckedContinuation<Bool, Never>)
    }

    private struct State {
        var isOpen = false
        var next = 0
        var waiters: [Int: Waiter] = [:]
    }

    private let state = Mutex(State())

    /// Makes one for something that has not happened.
    package init() {}

    /// Whether it has happened.
    package var isOpen: Bool { state.withLock { $0.isOpen } }

    /// It has happened.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for case .waiting(let continuation) in waiters { continuation.resume(returning: true) }
    }

    /// Waits until it has happened, even when the task is cancelled.
    package func wait() async { _ = await wait(as: announce()) }

    /// Waits until it has happened or the time has passed; the answer is whether it has happened.
    ///
    /// A cancelled task does not wait.
    package func wait(atMost time: Duration) async -> Bool {
        let waiter = announce()
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: time)
                self.leave(waiter)
            }
            let hasHappened = await wait(as: waiter)
            group.cancelAll()
            return hasHappened
        }
    }

    private func announce() -> Int {
        state.withLock { state in
            state.next += 1
            state.waiters[state.next] = .announced
            return state.next
        }
    }

    private func wait(as waiter: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.isOpen || state.waiters[waiter] == nil { return state.isOpen }
                state.waiters[waiter] = .waiting(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func leave(_ waiter: Int) {
        let left = state.withLock { $0.waiters.removeValue(forKey: waiter) }
        if case .waiting(let continuation) = left { continuation.resume(returning: false) }
    }
}
