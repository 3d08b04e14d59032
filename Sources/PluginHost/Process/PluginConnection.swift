// SPDX-License-Identifier: Apache-2.0

import HostSystem
package import Model
package import PluginProtocol
import Synchronization

/// The conversation with one process of a plugin: calls in both directions over its standard streams.
///
/// One thread of its own reads what the plugin writes, carries out the plugin's calls, and sends what did not fit into
/// the pipe at once; whoever calls writes directly while nothing is waiting. So a call costs no change of threads on
/// its way out, and one of the plugin's none at all.
package final class PluginConnection: Sendable {
    /// A call of the plugin, to be answered.
    package struct Request: Sendable {
        /// What the answer repeats.
        package let id: JSONValue
        /// The method's name.
        package let method: String
        /// The parameters.
        package let parameters: [String: JSONValue]
    }

    /// Why a call was never sent, so that it can be made again elsewhere.
    struct Unsent: Error {
        let reason: GatehouseError
    }

    /// What a plugin answered, as far as it has been read.
    enum Answer: Sendable {
        case value(JSONValue)
        case handled(HandleAnswer)

        /// The answer as a JSON value.
        var value: JSONValue {
            switch self {
            case .value(let value): value
            case .handled(let answer): .object(answer.parameters())
            }
        }

        /// The answer to a request.
        ///
        /// - Throws: `invalidParameters`, with the field that is wrong.
        func handled() throws -> HandleAnswer {
            switch self {
            case .value(let value): try HandleAnswer(result: value)
            case .handled(let answer): answer
            }
        }
    }

    /// What became of a call: the plugin's answer, be it an error, or why there is none.
    typealias Outcome = Result<Result<Answer, GatehouseError>, any Error>

    struct Pending {
        let method: String
        let deadline: ContinuousClock.Instant
        /// Hears once what became of the call.
        let answer: @Sendable (Outcome) -> Void
    }

    struct State {
        var input: OpenDescriptor?
        var queue = SendQueue()
        var lines = MessageLines()
        var pending: [Int64: Pending] = [:]
        /// Calls whose task was cancelled before they began.
        var abandoned: Set<Int64> = []
        var nextID: Int64 = 1
        /// Why there is no conversation any more.
        var failure: GatehouseError?
        /// Whether it ended because the plugin does not keep to the contract.
        var hasBrokenContract = false
        var brokenLines = 0
        var openRequests = 0
        /// When the thread looks for deadlines that have passed.
        var wakeAt: ContinuousClock.Instant?
        var lastArrival = ContinuousClock.now
    }

    /// Calls of the plugin that may be under way at once.
    static let mostRequests = 256
    /// Lines that are no messages after which the conversation is ended.
    static let mostBrokenLines = 20
    /// Bytes that may wait for a plugin which does not read, before nothing more is taken.
    static let mostQueuedBytes = 128 << 20
    /// Bytes that may wait before notices are left out.
    static let mostQueuedBytesForNotices = 1 << 20

    /// The plugin's name, for messages.
    package let plugin: String
    /// Where its error output goes.
    package let log: LogRing
    /// The plugin's calls; ends with the conversation.
    package let requests: AsyncStream<Request>
    /// Opens when there is no conversation any more.
    let ended = Latch()
    /// Opens when nothing more can come from the process.
    package let finished = Latch()

    let state: Mutex<State>
    /// Whether there is no conversation any more; apart from the state, because every request asks it.
    let isOver = Atomic(false)
    /// Whether somebody writes what waits at the end of his round.
    private let isWriteDue = Atomic(false)
    /// Where the plugin is read and its calls are carried out.
    let thread: TaskThread
    let arrivals: AsyncStream<Request>.Continuation

    /// Makes a conversation over the host's ends of the pipes; `start()` begins it.
    init(plugin: String, input: OpenDescriptor, log: LogRing) throws {
        self.plugin = plugin
        self.log = log
        (requests, arrivals) = AsyncStream.makeStream(of: Request.self)
        do {
            try input.stopBlocking()
            thread = try TaskThread()
        } catch {
            throw PluginConnection.noResources(plugin, error)
        }
        state = Mutex(State(input: input))
    }

    /// The error for a system that gives no descriptor, thread or process.
    static func noResources(_ plugin: String, _ reason: any Error) -> GatehouseError {
        GatehouseError(
            .pluginFailed, "The plugin \(plugin) can not be started: \(reason).", cause: String(describing: reason))
    }

    /// Whether calls can be made.
    package var isOpen: Bool { !isOver.load(ordering: .acquiring) }

    /// Whether it ended because the plugin does not keep to the contract.
    var hasBrokenContract: Bool { state.withLock { $0.hasBrokenContract } }

    /// Why there is no conversation any more.
    var failure: GatehouseError? { state.withLock { $0.failure } }

    /// When the plugin last said anything.
    var lastArrival: ContinuousClock.Instant { state.withLock { $0.lastArrival } }
}

// MARK: - What the host says

extension PluginConnection {
    /// Calls a method and returns what the plugin answered, be it an error.
    ///
    /// - Throws: `timeout`, `pluginFailed` where the process ended, `limitExceeded` where it does not read what it is
    ///   sent, `CancellationError`.
    package func request(
        _ method: String, _ parameters: [String: JSONValue], within time: Duration
    ) async throws -> Result<JSONValue, GatehouseError> {
        do {
            return try await attempt(method, parameters, within: time).map(\.value)
        } catch let error as Unsent {
            throw error.reason
        }
    }

    /// Calls a method as `request` does; one that was never sent is told apart.
    func attempt(
        _ method: String, _ parameters: [String: JSONValue], within time: Duration
    ) async throws -> Result<Answer, GatehouseError> {
        let id = nextID()
        let encoded = Encoded(.call(id: .int(id), method: method, parameters: parameters))
        defer { if Task.isCancelled { state.withLock { _ = $0.abandoned.remove(id) } } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let pending = Pending(method: method, deadline: .now + time) { continuation.resume(with: $0) }
                if let failure = begin(id, pending, encoded) { continuation.resume(throwing: failure) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    /// Hands a request over without waiting: `answer` hears what became of it, once, where the plugin is read.
    ///
    /// - Parameter text: writes the message with the id it gets.
    /// - Returns: gives the call up, which `answer` then hears; nil where nothing was sent, and then it hears nothing.
    func begin(
        within time: Duration, later: (@escaping @Sendable () -> Void) -> Void, text: (Int64) -> [UInt8],
        answer: @escaping @Sendable (Outcome) -> Void
    ) -> (@Sendable () -> Void)? {
        let id = nextID()
        let pending = Pending(method: HandleCall.method, deadline: .now + time, answer: answer)
        guard enqueue(id, pending, Encoded(text: text(id))) == nil else { return nil }
        if !isWriteDue.exchange(true, ordering: .acquiringAndReleasing) {
            later {
                self.isWriteDue.store(false, ordering: .releasing)
                self.write()
            }
        }
        return { self.state.withLock { $0.pending.removeValue(forKey: id) }?.answer(.failure(CancellationError())) }
    }

    /// Calls a method; an error that the plugin answers is thrown.
    @discardableResult
    package func call(
        _ method: String, _ parameters: [String: JSONValue] = [:], within time: Duration
    ) async throws -> JSONValue {
        try await request(method, parameters, within: time).get()
    }

    /// Calls a method of the contract.
    ///
    /// - Throws: what `call` throws, and `pluginFailed` where the result is not what the contract says.
    @discardableResult
    package func call<Call: ContractCall>(_ call: Call, within time: Duration) async throws -> Call.Answer {
        let result = try await self.call(Call.method, try call.parameters(), within: time)
        do {
            return try Call.Answer(result: result)
        } catch let error as GatehouseError {
            throw GatehouseError(
                .pluginFailed, "The plugin \(plugin) answered \(Call.method) wrongly: \(error.message)")
        }
    }

    /// Says something that wants no answer; false where it was left out because the plugin does not keep up.
    @discardableResult
    package func notify(_ method: String, _ parameters: [String: JSONValue]) -> Bool {
        let encoded = Encoded(.notification(method: method, parameters: parameters))
        let isTaken = state.withLock { state in
            guard state.queue.bytes < Self.mostQueuedBytesForNotices else { return false }
            return enqueue(encoded, &state) == nil
        }
        if isTaken { write() }
        return isTaken
    }

    /// Answers a call of the plugin.
    package func answer(_ request: Request, _ outcome: Result<JSONValue, GatehouseError>) {
        let encoded = Encoded(.response(id: request.id, outcome: outcome))
        let failure = state.withLock { state in
            state.openRequests -= 1
            return enqueue(encoded, &state)
        }
        if let failure, failure.code == .limitExceeded {
            let short = Encoded(.response(id: request.id, outcome: .failure(failure)))
            state.withLock { state in _ = enqueue(short, &state) }
        }
        write()
    }

    /// Closes the plugin's input, which tells it to end.
    package func closeInput() {
        state.withLock { state in
            state.input = nil
            state.queue = SendQueue()
        }
    }

    private func nextID() -> Int64 {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    private func begin(_ id: Int64, _ pending: Pending, _ encoded: Encoded) -> (any Error)? {
        let failure = enqueue(id, pending, encoded)
        if failure == nil { write() }
        return failure
    }

    /// Notes a call and puts it at the end of the queue; `write` must follow.
    private func enqueue(_ id: Int64, _ pending: Pending, _ encoded: Encoded) -> (any Error)? {
        state.withLock { state in
            if state.abandoned.remove(id) != nil { return CancellationError() }
            if let failure = enqueue(encoded, &state) { return Unsent(reason: failure) }
            state.pending[id] = pending
            if state.wakeAt.map({ pending.deadline < $0 }) ?? true {
                state.wakeAt = pending.deadline
                thread.wake()
            }
            return nil
        }
    }

    private func abandon(_ id: Int64) {
        let pending = state.withLock { state in
            let pending = state.pending.removeValue(forKey: id)
            if pending == nil, state.failure == nil { state.abandoned.insert(id) }
            return pending
        }
        pending?.answer(.failure(CancellationError()))
    }

    /// Puts a message at the end of the queue; the answer is why that can not be.
    ///
    /// `write` must follow, outside of the lock.
    private func enqueue(_ encoded: Encoded, _ state: inout State) -> GatehouseError? {
        if let failure = state.failure { return failure }
        guard state.input != nil else { return Self.ended(plugin, "it is being ended") }
        guard state.queue.bytes < Self.mostQueuedBytes else {
            return GatehouseError(
                .limitExceeded, "The plugin \(plugin) does not read what it is sent; try again later.")
        }
        do {
            for line in try encoded.lines(&state.lines) { state.queue.append(line) }
        } catch {
            return error as? GatehouseError ?? GatehouseError(.limitExceeded, "The message is too long.")
        }
        return nil
    }

    /// Writes what waits, unless somebody does already; false where the plugin has closed its input.
    ///
    /// The lock is not held over the system call: whoever comes meanwhile leaves his line to the one who writes.
    @discardableResult
    func write(afterRoom: Bool = false) -> Bool {
        let mayWrite = state.withLock { state in
            guard !state.queue.isBusy || (afterRoom && state.queue.isBlocked) else { return false }
            state.queue.isBusy = true
            state.queue.isBlocked = false
            return true
        }
        guard mayWrite else { return true }
        while let (input, piece) = nextPiece() {
            let taken: Int
            switch input.write(piece[...]) {
            case .taken(let count): taken = count
            case .full: taken = 0
            case .failed:
                state.withLock { $0.queue.isBusy = false }
                fail(Self.ended(plugin, "it closed its input"))
                return false
            }
            guard taken < piece.count else { continue }
            let isBlocked = state.withLock { state in
                guard state.input != nil else { return false }
                state.queue.putBack(piece[taken...])
                state.queue.isBlocked = taken == 0
                return taken == 0
            }
            if isBlocked {
                thread.wake()
                return true
            }
        }
        return true
    }

    private func nextPiece() -> (OpenDescriptor, [UInt8])? {
        state.withLock { state in
            guard let input = state.input, let piece = state.queue.takePiece() else {
                state.queue.isBusy = false
                return nil
            }
            return (input, piece)
        }
    }
}
