// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Synchronization

/// How many calls to one node nobody waits for any more, although they have not come back.
final class HangingCalls: Sendable {
    private let number = Mutex(0)
    /// From this many on no new call is begun.
    let limit: Int

    /// Starts at none.
    init(limit: Int) { self.limit = limit }

    /// How many hang now.
    var count: Int { number.withLock { $0 } }

    /// Counts one more, or one less.
    func change(by step: Int) { number.withLock { $0 += step } }
}

/// A few threads of one node for calls that may block.
///
/// A thread exists only while there is work, so nothing has to be stopped. A call whose waiter left
/// keeps its thread until libvirt comes back; another thread takes its place, until
/// `HangingCalls.limit` calls hang.
final class Workers: Sendable {
    private struct State {
        var waiting: [any Job] = []
        var threads = 0
    }

    private let name: String
    private let limit: Int
    private let hanging: HangingCalls
    private let state = Mutex(State())
    /// The most calls that wait for a thread.
    private let queueLimit = 4096

    /// Makes workers that run at most `limit` calls at once.
    init(name: String, limit: Int, hanging: HangingCalls) {
        self.name = name
        self.limit = limit
        self.hanging = hanging
    }

    /// Runs a blocking body on a thread of its own and waits for it, at most for the deadline.
    ///
    /// - Throws: what the body throws, a `CallFailure`, or `CancellationError`.
    func run<Value: Sendable>(
        within deadline: Duration, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        guard hanging.count < hanging.limit else { throw CallFailure.tooManyHanging }
        return try await finish(within: deadline, body)
    }

    /// The same for what has to be done even where too much hangs, such as closing.
    func finish<Value: Sendable>(
        within deadline: Duration, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let call = Call(whenLeft: { self.replaceThread() }, body: body)
        do {
            try submit(call)
        } catch {
            call.leave()
            throw error
        }
        do {
            return try await withThrowingTaskGroup(of: Value.self) { group in
                group.addTask { try await call.value() }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    throw CallFailure.deadlinePassed
                }
                defer { group.cancelAll() }
                guard let value = try await group.next() else { throw CancellationError() }
                return value
            }
        } catch CallFailure.deadlinePassed {
            throw call.wasBegun ? CallFailure.deadlinePassed : CallFailure.neverBegun
        }
    }

    /// Runs a blocking body on a thread of its own for which nobody waits.
    func start(_ body: @escaping @Sendable () -> Void) throws(CallFailure) {
        try submit(Call(whenLeft: {}, body: body))
    }

    private func submit(_ job: any Job) throws(CallFailure) {
        let needsThread = state.withLock { state -> Bool? in
            guard state.waiting.count < queueLimit else { return nil }
            state.waiting.append(job)
            guard state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        guard let needsThread else { throw .tooManyHanging }
        if needsThread, !startThread() { throw .noThread }
    }

    /// A call hangs: its thread does not count any more, and another may do what is left.
    private func replaceThread() {
        hanging.change(by: 1)
        let needsThread = state.withLock { state in
            state.threads -= 1
            guard !state.waiting.isEmpty, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread { _ = startThread() }
    }

    private func startThread() -> Bool {
        do {
            try OwnThread.start(name) { self.work() }
            return true
        } catch {
            state.withLock { $0.threads -= 1 }
            return false
        }
    }

    private func work() {
        while let job = next() {
            guard job.execute() else {
                hanging.change(by: -1)
                return
            }
        }
    }

    private func next() -> (any Job)? {
        state.withLock { state in
            guard !state.waiting.isEmpty, state.threads <= limit else {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
