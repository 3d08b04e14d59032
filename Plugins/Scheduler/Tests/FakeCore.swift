// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization

/// A core with a ledger of jobs, whose methods answer as a test says.
final class FakeCore: Sendable {
    typealias Method = @Sendable (_ parameters: [String: JSONValue], _ token: String?) async throws -> JSONValue

    private struct State {
        var waiting: [JSONValue] = []
        var handed: Int64 = 0
        var claims = 0
        var methods: [String: Method] = [:]
        var progressed: [[String: JSONValue]] = []
        var cancelled: Set<Int64> = []
    }

    private let state = Mutex(State())
    private let finished: AsyncStream<[String: JSONValue]>
    private let finishing: AsyncStream<[String: JSONValue]>.Continuation
    let configuration: JSONValue
    let parts: Set<String>

    init(configuration: JSONValue = [:], parts: Set<String> = ["scheduler"]) {
        (finished, finishing) = AsyncStream.makeStream()
        self.configuration = configuration
        self.parts = parts
    }

    var claims: Int { state.withLock { $0.claims } }
    var progressed: [[String: JSONValue]] { state.withLock { $0.progressed } }

    /// Puts a job where it can be claimed.
    func submit(_ id: Int64, _ kind: String, _ parameters: JSONValue = [:], lease: Double = 30) {
        state.withLock {
            $0.waiting.append([
                "id": .int(id), "kind": .string(kind), "parameters": parameters, "attempt": 1,
                "fence": .int(100 + id), "leaseSeconds": .double(lease),
            ])
        }
    }

    func answer(_ method: String, _ body: @escaping Method) { state.withLock { $0.methods[method] = body } }
    func cancel(_ id: Int64) { _ = state.withLock { $0.cancelled.insert(id) } }

    /// The parameters of the next `job.finish`.
    func nextEnd() async -> [String: JSONValue]? {
        for await end in finished { return end }
        return nil
    }

    var host: Host {
        Host(
            testing: { method, parameters, token in
                if let own = self.state.withLock({ $0.methods[method] }) { return try await own(parameters, token) }
                return try self.answer(method, parameters)
            }, configuration: configuration, parts: parts)
    }

    private func answer(_ method: String, _ parameters: [String: JSONValue]) throws -> JSONValue {
        switch method {
        case "job.claim":
            return state.withLock { state in
                state.claims += 1
                guard !state.waiting.isEmpty else { return ["job": nil] }
                let job = state.waiting.removeFirst()
                return ["job": job, "callToken": .string("token \(job["id"]?.intValue ?? 0)")]
            }
        case "job.progress":
            return state.withLock { state in
                state.progressed.append(parameters)
                return ["cancelled": .bool(state.cancelled.contains(parameters["job"]?.intValue ?? 0))]
            }
        case "job.finish":
            finishing.yield(parameters)
            return ["job": [:]]
        default: throw GatehouseError(.methodNotFound, "There is no method \(method).")
        }
    }
}

/// A door that calls wait at until it is opened.
final class Door: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watching: [(count: Int, CheckedContinuation<Void, Never>)] = []
        var arrived = 0
    }

    private let state = Mutex(State())

    var arrived: Int { state.withLock { $0.arrived } }

    /// Waits until the door is opened.
    func pass() async {
        await withCheckedContinuation { continuation in
            let (goesOn, seen) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                state.arrived += 1
                let arrived = state.arrived
                let seen = state.watching.filter { $0.count <= arrived }.map(\.1)
                state.watching.removeAll { $0.count <= arrived }
                if !state.isOpen { state.waiting.append(continuation) }
                return (state.isOpen, seen)
            }
            for watcher in seen { watcher.resume() }
            if goesOn { continuation.resume() }
        }
    }

    /// Waits until that many have come to the door.
    func arrival(of count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrived < count { state.watching.append((count, continuation)) }
                return state.arrived >= count
            }
            if isThere { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
