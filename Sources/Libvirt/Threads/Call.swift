// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Why a call has no result of its own.
enum CallFailure: Error, Equatable {
    /// It took longer than it may; it may still be carried out.
    case deadlinePassed
    /// It was not begun within its time.
    case neverBegun
    /// Too many calls to the node hang already.
    case tooManyHanging
    /// The system gives no thread.
    case noThread
    /// There is no connection.
    case notConnected
}

/// What a worker thread takes from its queue.
protocol Job: Sendable {
    /// Carries the job out on this thread; false where the waiter left in the meantime.
    func execute() -> Bool
}

/// One blocking call: a worker carries it out, a task waits for it and may leave early.
final class Call<Value: Sendable>: Job {
    private enum Phase {
        case queued
        case running
        case done
        case left
    }

    private struct State {
        var phase = Phase.queued
        var wasBegun = false
        var body: (@Sendable () throws -> Value)?
        var result: Result<Value, any Error>?
        var waiter: CheckedContinuation<Value, any Error>?
    }

    private let state: Mutex<State>
    private let whenLeft: @Sendable () -> Void

    /// Makes a call; `whenLeft` runs once if the waiter leaves while the body runs.
    init(whenLeft: @escaping @Sendable () -> Void, body: @escaping @Sendable () throws -> Value) {
        state = Mutex(State(body: body))
        self.whenLeft = whenLeft
    }

    /// The result; leaves when the task is cancelled.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Value, any Error>? = state.withLock { state in
                    if state.phase == .left { return .failure(CancellationError()) }
                    if state.phase == .done { return state.result }
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            leave()
        }
    }

    /// Whether the body has been begun.
    var wasBegun: Bool { state.withLock { $0.wasBegun } }

    /// Gives up waiting: a queued body is never run, a running one goes on alone.
    func leave() {
        let (waiter, wasRunning) = state.withLock { state -> (CheckedContinuation<Value, any Error>?, Bool) in
            guard state.phase == .queued || state.phase == .running else { return (nil, false) }
            let wasRunning = state.phase == .running
            state.phase = .left
            defer { state.waiter = nil }
            return (state.waiter, wasRunning)
        }
        if wasRunning { whenLeft() }
        waiter?.resume(throwing: CancellationError())
    }

    func execute() -> Bool {
        // The body, with all it holds, is gone before the waiter goes on.
        guard let result = evaluate() else { return true }
        let (waiter, isWanted) = state.withLock { state -> (CheckedContinuation<Value, any Error>?, Bool) in
            guard state.phase == .running else { return (nil, false) }
            state.phase = .done
            state.result = result
            defer { state.waiter = nil }
            return (state.waiter, true)
        }
        waiter?.resume(with: result)
        return isWanted
    }

    private func evaluate() -> Result<Value, any Error>? {
        let (body, mayRun) = state.withLock { state -> ((@Sendable () throws -> Value)?, Bool) in
            defer { state.body = nil }
            guard state.phase == .queued else { return (state.body, false) }
            state.phase = .running
            state.wasBegun = true
            return (state.body, true)
        }
        guard mayRun, let body else { return nil }
        return Result { try body() }
    }
}
